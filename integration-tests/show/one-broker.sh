#!/bin/bash
# Shows, with a figure for each point, what one broker must be able to do. Runs for about ten minutes on two cores.
#
#   integration-tests/show/one-broker.sh            all but the duel
#   integration-tests/show/one-broker.sh --duel DIR  also the duel with Apache Kafka, with the benchmark harness in DIR
#   integration-tests/show/one-broker.sh --quick     fewer rounds and seconds
#
# Ends with exit code 0 only where every point held.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

ROUNDS=25 SECONDS_OF_LOAD=30 HARNESS="" RUNS=1
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) ROUNDS=3 SECONDS_OF_LOAD=8 ;;
    --duel) HARNESS="${2:?--duel needs the folder of the harness}"; shift ;;
    --runs) RUNS="${2:?}"; shift ;;
    *) sed -n '2,9p' "$0"; exit 2 ;;
  esac
  shift
done

OUT="$(mktemp -d)"
trap 'rm -rf "$OUT"' EXIT
FAILED=0

title() { printf '\n\033[1m%s\033[0m\n' "$*"; }
verdict() { # STATUS TEXT
  if [ "$1" = 0 ]; then printf '  \033[32mok\033[0m    %s\n' "$2"; else printf '  \033[31mFAILED\033[0m %s\n' "$2"; FAILED=1; fi
}
# Runs one test class of a module and shows the lines of its output that match; the whole output stays in $OUT.
run_test() { # NAME MODULE KIND(test|it) CLASS PATTERN [-D...]
  local name="$1" module="$2" kind="$3" class="$4" pattern="$5"; shift 5
  local select=(-Dtest="$class" -Dsurefire.failIfNoSpecifiedTests=false)
  [ "$kind" = it ] && select=(-Dtest=None -Dsurefire.failIfNoSpecifiedTests=false -Dit.test="$class" -Dfailsafe.failIfNoSpecifiedTests=false)
  ./mvnw -B -ntp -pl "$module" -am verify -Dspotless.check.skip=true -Djacoco.skip=true "${select[@]}" "$@" > "$OUT/$name.txt" 2>&1
  local status=$?
  grep -E "$pattern" "$OUT/$name.txt" | sed -E 's/^\[[A-Z]+\] *//; s/^/  /' | tail -30
  # A class that did not run proves nothing.
  grep -qE "Tests run: [1-9][0-9]*, Failures: 0, Errors: 0" "$OUT/$name.txt" || status=1
  if [ $status != 0 ]; then grep -E "ERROR|FAIL" "$OUT/$name.txt" | head -20; fi
  verdict $status "$name"
}

title "1. The demo: real events, replayed, and resumed by a group after kill -9"
./millrace demo > "$OUT/demo.txt" 2>&1
status=$?
cat "$OUT/demo.txt"
for fact in '200,000' '1,809,922' '223' '11,015' '10,460' '8,242' '86,507'; do
  grep -qF "$fact" "$OUT/demo.txt" || { echo "  not printed: $fact"; status=1; }
done
verdict $status "demo (exit code and every figure)"

title "2. Crash test: kill -9 at random instants, $ROUNDS rounds"
run_test crash integration-tests it CrashIT 'crash round' -Dmillrace.rounds="$ROUNDS"

title "3. Model test of the shard log"
run_test shard-log-model log-storage test 'ShardLogModelTest' 'Tests run:.*ShardLogModel'
awk '/model: seed/ { steps += $4; seeds++ } END { printf "  %d steps against the model, %d seeds\n", steps, seeds }' "$OUT/shard-log-model.txt"

title "4. A power cut after an acknowledgement loses nothing"
run_test power-cut replication test '*PowerCut*' 'power cut|Tests run:.*PowerCut'
run_test force-order integration-tests it ForceOrderIT 'force order'

title "5. Bounded: $SECONDS_OF_LOAD s of full-speed produce beside stalled consumers, heap 256 MiB"
run_test bounded-memory integration-tests it BoundedMemoryIT 'bounded memory' -Dmillrace.seconds="$SECONDS_OF_LOAD"

title "6. Bad input: a typed error each"
run_test bad-input broker-node test 'BadInputTest,BrokerStartTest,DataDirectoryTest' 'Tests run:.*(BadInput|BrokerStart|DataDirectory)Test'
run_test damage integration-tests it DamageIT '^damage'

if [ -n "$HARNESS" ]; then
  title "7. One node beside Apache Kafka, 1 KiB records, one producer (Kafka without fsync, Millrace with)"
  MR_BENCH_PEERS="$PWD/benchmarks" "$HARNESS/run.py" --runs "$RUNS" duel:w8 > "$OUT/duel.txt" 2> "$OUT/duel.err"
  status=$?
  grep -E '"duel"' "$OUT/duel.txt" || { tail -5 "$OUT/duel.err"; status=1; }
  verdict $status "duel:w8 ran"
fi

title "Result"
verdict $FAILED "one broker, end to end"
exit $FAILED

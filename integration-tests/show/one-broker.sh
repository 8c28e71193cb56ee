#!/bin/bash
# Shows, with a figure for each point, what one broker must be able to do. Runs for about ten minutes on two cores, with strace installed.
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

BOLD="" GREEN="" RED="" PLAIN=""
[ -t 1 ] && [ -z "${NO_COLOR:-}" ] && BOLD=$'\e[1m' GREEN=$'\e[32m' RED=$'\e[31m' PLAIN=$'\e[0m'
title() { printf '\n%s%s%s\n' "$BOLD" "$*" "$PLAIN"; }
verdict() { # STATUS TEXT
  if [ "$1" = 0 ]; then printf '  %sok%s     %s\n' "$GREEN" "$PLAIN" "$2"; else printf '  %sFAILED%s %s\n' "$RED" "$PLAIN" "$2"; FAILED=1; fi
}
# What one Maven run printed: the lines that match, and whether every class named ran and passed.
show() { # NAME PATTERN CLASS...
  local name="$1" pattern="$2" status=0 class; shift 2
  grep -E "$pattern" "$OUT/tests.txt" | sed -E 's/^\[[A-Z]+\] *//; s/^/  /' | tail -30
  for class in "$@"; do
    # A class that did not run proves nothing.
    grep -qE "Tests run: [1-9][0-9]*, Failures: 0, Errors: 0, Skipped: 0,.*[.]$class\$" "$OUT/tests.txt" || { echo "  did not pass: $class"; status=1; }
  done
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

title "(one Maven run for the tests of points 2 to 7; its output, while it lasts: $OUT/tests.txt)"
UNIT='ShardLogModelTest,RewriterTest,PowerCutTest,BadInputTest,BrokerStartTest,DataDirectoryTest'
FORKED='CrashIT,ForceOrderIT,BoundedMemoryIT,DamageIT,ReclaimIT'
./mvnw -B -pl integration-tests -am verify -Dspotless.check.skip=true -Djacoco.skip=true \
  -Dtest="$UNIT" -Dsurefire.failIfNoSpecifiedTests=false -Dit.test="$FORKED" -Dfailsafe.failIfNoSpecifiedTests=false \
  -Dmillrace.rounds="$ROUNDS" -Dmillrace.seconds="$SECONDS_OF_LOAD" > "$OUT/tests.txt" 2>&1 || grep -E "ERROR" "$OUT/tests.txt" | head -20

title "2. Crash test: kill -9 at random instants, $ROUNDS rounds"
show crash '^crash round' CrashIT

title "3. Model test of the shard log"
awk '/model: seed/ { steps += $4; seeds++ } END { printf "  %d steps equal to the byte-array model, %d seeds\n", steps, seeds }' "$OUT/tests.txt"
show shard-log-model 'Tests run:.*ShardLogModelTest' ShardLogModelTest

title "4. A power cut after an acknowledgement loses nothing"
show power-cut '^power cut' PowerCutTest
show force-order '^force order' ForceOrderIT

title "5. Bounded: $SECONDS_OF_LOAD s of full-speed produce beside stalled consumers, heap 256 MiB"
show bounded-memory '^bounded memory' BoundedMemoryIT

title "6. Bad input and damage: a typed error each"
show bad-input 'Tests run:.*(BadInput|BrokerStart|DataDirectory)Test' BadInputTest BrokerStartTest DataDirectoryTest
show damage '^damage' DamageIT

title "7. A deleted topic gives its space back, also where every file holds another one too"
show reclaim '^reclaim|^rewrite' ReclaimIT RewriterTest

if [ -n "$HARNESS" ]; then
  title "8. One node beside Apache Kafka, 1 KiB records, one producer (Kafka without fsync, Millrace with)"
  MR_BENCH_PEERS="$PWD/benchmarks" "$HARNESS/run.py" --runs "$RUNS" duel:w8 > "$OUT/duel.txt" 2> "$OUT/duel.err"
  status=$?
  grep -E '"duel"' "$OUT/duel.txt" || { tail -5 "$OUT/duel.err"; status=1; }
  verdict $status "duel:w8 ran"
fi

title "Result"
verdict $FAILED "one broker, end to end"
exit $FAILED

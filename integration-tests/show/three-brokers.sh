#!/bin/bash
# Shows, with a figure for each point, what three brokers must be able to do together. Network faults need root and the `ip` command.
#
#   integration-tests/show/three-brokers.sh                 every point in a short form, about fifteen minutes on two cores
#   integration-tests/show/three-brokers.sh --quick         fewer and shorter rounds
#   integration-tests/show/three-brokers.sh --long          an hour of mixed faults for each of three seeds
#   integration-tests/show/three-brokers.sh --duel DIR      also the duels with Apache Kafka, with the benchmark harness in DIR
#   integration-tests/show/three-brokers.sh --only LIST     these points alone, such as 1,2
#
# Ends with exit code 0 only where every point is built and held. A point whose part of the product is not there yet says so, and counts as failed.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

MINUTES=5 SEEDS="1 2" HARNESS="" RUNS=1 ONLY=""
while [ $# -gt 0 ]; do
  case "$1" in
    --quick) MINUTES=1.5 SEEDS="1" ;;
    --long) MINUTES=60 SEEDS="1 2 3" ;;
    --duel) HARNESS="${2:?--duel needs the folder of the harness}"; shift ;;
    --runs) RUNS="${2:?}"; shift ;;
    --only) ONLY=",${2:?},"; shift ;;
    *) sed -n '2,11p' "$0"; exit 2 ;;
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
not_built() { printf '  %snot built%s %s\n' "$RED" "$PLAIN" "$1"; FAILED=1; }
wanted() { [ -z "$ONLY" ] || case "$ONLY" in *",$1,"*) true ;; *) false ;; esac; }

# Runs integration tests and prints the lines that match; the verdict is whether every class named ran and passed.
tests() { # NAME PATTERN CLASSES MAVEN-OPTION...
  local name="$1" pattern="$2" classes="$3" status=0 class; shift 3
  ./mvnw -B -pl integration-tests -am verify -Dspotless.check.skip=true -Djacoco.skip=true \
    -Dtest=NoUnitTests -Dsurefire.failIfNoSpecifiedTests=false -Dit.test="$classes" -Dfailsafe.failIfNoSpecifiedTests=false "$@" > "$OUT/tests.txt" 2>&1
  grep -E "$pattern" "$OUT/tests.txt" | sed -E 's/^\[[A-Z]+\] *//; s/^/  /' | tail -40
  for class in ${classes//,/ }; do
    # A class that did not run proves nothing.
    grep -qE "Tests run: [1-9][0-9]*, Failures: 0, Errors: 0, Skipped: 0,.*[.]$class\$" "$OUT/tests.txt" || { echo "  did not pass: $class"; status=1; }
  done
  [ $status = 0 ] || grep -E "ERROR" "$OUT/tests.txt" | head -20
  verdict $status "$name"
}

if wanted 1; then
  title "1. Three brokers under load: the leader killed, stopped, silenced, cut off one way"
  tests cluster '^cluster:' ClusterIT
fi

if wanted 2; then
  for seed in $SEEDS; do
    title "2. Mixed faults for $MINUTES minutes, seed $seed: the checker finds nothing, every wait ends"
    tests endurance '^endurance:' EnduranceIT -Dmillrace.minutes="$MINUTES" -Dmillrace.seed="$seed"
  done
fi

if wanted 3; then
  title "3. kill -9 of the leader at 2,000 records/s, and a planned stop, beside Apache Kafka"
  if [ -n "$HARNESS" ]; then
    MR_BENCH_PEERS="$PWD/benchmarks" "$HARNESS/run.py" --runs "$RUNS" duel:w5 > "$OUT/duel.txt" 2> "$OUT/duel.err"
    status=$?
    grep -E '"duel"' "$OUT/duel.txt" || { tail -5 "$OUT/duel.err"; status=1; }
    verdict $status "duel:w5 ran"
  else
    echo "  left out: needs --duel DIR (point 1 prints our own gaps)"
  fi
fi

if wanted 4; then
  title "4. CPU seconds per GB, 1 KiB records, replication 3, with fsync, beside Apache Kafka"
  if [ -n "$HARNESS" ]; then
    MR_BENCH_PEERS="$PWD/benchmarks" "$HARNESS/run.py" --runs "$RUNS" duel:w1 > "$OUT/duel.txt" 2> "$OUT/duel.err"
    status=$?
    grep -E '"duel"' "$OUT/duel.txt" || { tail -5 "$OUT/duel.err"; status=1; }
    verdict $status "duel:w1 ran"
  else
    echo "  left out: needs --duel DIR"
  fi
fi

wanted 5 && { title "5. A fourth broker under 20 MB/s, and drained again"; not_built "adding and draining brokers"; }
wanted 6 && { title "6. A follower that was down while the log was purged comes back by snapshot"; not_built "snapshots between brokers"; }
wanted 7 && { title "7. Restart with 20 GB and 1,000 partitions: serving within 10 s"; not_built "a test of it"; }
if wanted 8; then
  title "8. millrace verify: replicas hold equal records under load; a flipped bit is named, and repaired"
  tests verify '^verify:' VerifyIT
fi

title "Result"
verdict $FAILED "three brokers, one cluster"
exit $FAILED

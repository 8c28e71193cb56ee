#!/bin/bash
# Stops what up.sh started, each by its own pid.
MR_BENCH_HOME="${MR_BENCH_HOME:-${TMPDIR:-/tmp}/mrbench}"
for file in "$MR_BENCH_HOME"/run/millrace/node*.pid; do
  [ -f "$file" ] || continue
  pid="$(cat "$file")"
  kill -TERM "$pid" 2>/dev/null
  for _ in $(seq 1 150); do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  kill -KILL "$pid" 2>/dev/null
  rm -f "$file"
done
exit 0

#!/bin/bash
# Starts NODES (default 3) brokers with Millrace's defaults, as processes of their own: node i, broker id i, on client port 17070+i.
# env: KEEP=1 keep old data   ONLY=i start node i again   NOWAIT=1 do not wait for the ports
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
MR_BENCH_HOME="${MR_BENCH_HOME:-${TMPDIR:-/tmp}/mrbench}"
NODES="${NODES:-3}"
RUN="$MR_BENCH_HOME/run/millrace"; DATA="$MR_BENCH_HOME/data/millrace"; LOGS="$MR_BENCH_HOME/logs/millrace"
mkdir -p "$RUN" "$LOGS"
# More than one form a cluster; the ports between brokers of node i are 17270+i (joining), 17370+i (Raft) and 17470+i (payload).
CLUSTER=()
if [ "$NODES" -gt 1 ]; then
  SEEDS=""
  for i in $(seq 1 "$NODES"); do SEEDS="${SEEDS:+$SEEDS,}127.0.0.1:$((17270 + i))"; done
  CLUSTER=(--set "cluster.seeds=$SEEDS")
fi
if [ -z "${ONLY:-}" ]; then
  "$HERE/down.sh"
  [ "${KEEP:-}" = 1 ] || rm -rf "$DATA"
fi
mkdir -p "$DATA"
for i in ${ONLY:-$(seq 1 "$NODES")}; do
  NODE=()
  if [ "$NODES" -gt 1 ]; then
    NODE=("${CLUSTER[@]}" --set cluster.broker-id="$i" --set cluster.port=$((17270 + i))
      --set cluster.raft-port=$((17370 + i)) --set cluster.payload-port=$((17470 + i)))
  fi
  "$MR_BENCH_HOME/dist/millrace/millrace" broker --data "$DATA/node$i" --port $((17070 + i)) --http-port $((17170 + i)) "${NODE[@]}" \
    > "$LOGS/node$i.log" 2>&1 < /dev/null &
  echo $! > "$RUN/node$i.pid"
done
disown -a
[ "${NOWAIT:-}" = 1 ] && exit 0
for i in ${ONLY:-$(seq 1 "$NODES")}; do
  for _ in $(seq 1 600); do
    (exec 3<>"/dev/tcp/127.0.0.1/$((17070 + i))") 2>/dev/null && continue 2
    kill -0 "$(cat "$RUN/node$i.pid")" 2>/dev/null || break
    sleep 0.1
  done
  tail -20 "$LOGS/node$i.log" >&2
  exit 1
done

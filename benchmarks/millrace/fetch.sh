#!/bin/bash
# Puts the jars of client and broker, built from this checkout, into $MR_BENCH_HOME/lib/millrace.
set -euo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
MR_BENCH_HOME="${MR_BENCH_HOME:-${TMPDIR:-/tmp}/mrbench}"
CHECKOUT="$HERE/../.."
"$CHECKOUT/millrace" version   # builds where the build is missing or older than the sources
rm -rf "$MR_BENCH_HOME/lib/millrace" "$MR_BENCH_HOME/dist/millrace"
mkdir -p "$MR_BENCH_HOME/lib/millrace" "$MR_BENCH_HOME/dist/millrace"
cp "$CHECKOUT"/deploy/target/lib/*.jar "$MR_BENCH_HOME/lib/millrace/"
# The launcher beside a lib/ folder, as in a release archive: what is measured is what a user would run.
cp "$CHECKOUT/millrace" "$MR_BENCH_HOME/dist/millrace/"
ln -s "$MR_BENCH_HOME/lib/millrace" "$MR_BENCH_HOME/dist/millrace/lib"

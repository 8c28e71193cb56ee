#!/bin/bash
# Puts the jars of client and broker, built from this checkout, into $MR_BENCH_HOME/lib/millrace.
set -euo pipefail
HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
MR_BENCH_HOME="${MR_BENCH_HOME:-${TMPDIR:-/tmp}/mrbench}"
LIB="$("$HERE/../../millrace" --lib)"   # builds where the build is missing or older than the sources
rm -rf "$MR_BENCH_HOME/lib/millrace"
mkdir -p "$MR_BENCH_HOME/lib/millrace"
cp "$LIB"/*.jar "$MR_BENCH_HOME/lib/millrace/"

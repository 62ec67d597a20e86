#!/usr/bin/env bash
# npm run bench [-- figure ...]: the figures of README.md, on the programs of the test bed, in a network namespace of their own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
SLUICE_BENCH_COMMIT="$(git rev-parse --short HEAD 2>/dev/null || echo none)$([ -z "$(git status --porcelain -- src scripts 2>/dev/null)" ] || echo '+changes')"
export SLUICE_BENCH_COMMIT
exec bash test/cluster/run.sh --run bench/main.ts "$@"

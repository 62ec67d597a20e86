#!/usr/bin/env bash
# npm run test:cluster [vitest arguments]: the scenarios on a real control plane, in a network namespace of their own.
# run.sh --run FILE.ts [arguments]: a program that starts what it needs of the bed by itself, such as bench/main.ts.
# run.sh --up [command ...]: the same bed without tests, for a look around or a benchmark; ends with the command (default: a shell).
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"

say() { printf '[test bed] %s\n' "$*" >&2; }
fail() { printf '[test bed] FAILED: %s\n' "$*" >&2; exit 1; }

if [ "${1:-}" = --inside ]; then
  shift
  ip link set lo up
  # Every Pod IP and every ClusterIP is local: whoever binds it answers there.
  for range in 10.244.0.0/16 10.96.0.0/16 10.0.0.1/32; do ip route add local "$range" dev lo; done
  child=
  trap '[ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM
  trap '[ -z "$child" ] || kill -INT "$child" 2>/dev/null' INT
  if [ "${1:-}" = --up ]; then
    shift
    node scripts/run.mjs test/cluster/kit/up.ts "$@" <&0 &
  elif [ "${1:-}" = --run ]; then
    shift
    node scripts/run.mjs "$@" <&0 &
  else
    npx vitest run --project cluster --maxConcurrency=32 "$@" <&0 &
  fi
  child=$!
  code=0
  wait "$child" || code=$?
  # A signal ends `wait` early; the child still has its own end to finish.
  while kill -0 "$child" 2>/dev/null; do code=0; wait "$child" || code=$?; done
  exit "$code"
fi

case "${1:-}" in
  -h | --help)
    sed -n '2,4s/^# //p' "${BASH_SOURCE[0]}"
    exit 0
    ;;
esac

[ "$(uname -s)" = Linux ] || fail "the test bed needs Linux (network namespaces); this is $(uname -s)"
# Small tools that a lean image may lack; what is bigger (Go, Prometheus) binaries/ensure.sh sees to.
declare -A package=([openssl]=openssl [ip]=iproute2 [unshare]=util-linux [flock]=util-linux [python3]=python3)
wanted=()
for tool in "${!package[@]}"; do command -v "$tool" >/dev/null || wanted+=("${package[$tool]}"); done
python3 -m pip --version >/dev/null 2>&1 || wanted+=(python3-pip)
if [ ${#wanted[@]} -gt 0 ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  say "installing ${wanted[*]}"
  (apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "${wanted[@]}") >&2 || fail "apt-get install ${wanted[*]}"
fi
for tool in node npx openssl ip unshare flock sha256sum; do command -v "$tool" >/dev/null || fail "$tool is not installed"; done
[ -d node_modules/vitest ] || fail "dependencies are not installed: run npm ci first"
# --kill-child: should this script be killed outright, the kernel ends everything inside with it.
inside=(unshare --user --map-root-user --net --pid --fork --kill-child)
if ! "${inside[@]}" true 2>/dev/null && [ "$(id -u)" = 0 ]; then inside=(unshare --net --pid --fork --kill-child); fi
"${inside[@]}" true 2>/dev/null ||
  fail "this user may not make user and network namespaces (sysctl kernel.unprivileged_userns_clone, user.max_user_namespaces, or the container's seccomp profile)"
# With /proc of its own where that is allowed, so that process ids mean the same to everyone inside.
if "${inside[@]}" --mount-proc true 2>/dev/null; then inside+=(--mount-proc); fi

started=$(date +%s)
binaries=$(bash "$here/binaries/ensure.sh")
say "binaries ready: $(($(date +%s) - started)) s"

if [ -e src/main.ts ]; then
  started=$(date +%s)
  npm run --silent build >&2 || fail "npm run build"
  say "dist/sluice.js built: $(($(date +%s) - started)) s"
else
  say "src/main.ts is not there yet: dist/sluice.js is not built"
fi

run=$(mktemp -d "${TMPDIR:-/tmp}/sluice-bed.XXXXXX")
say "folder of this run: $run"
pid=
cleanup() {
  if [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; then kill -TERM "$pid" 2>/dev/null || true; wait "$pid" 2>/dev/null || true; fi
  if [ "${SLUICE_BED_KEEP:-}" = 1 ]; then say "kept: $run"; else rm -rf "$run"; fi
}
trap cleanup EXIT
trap 'exit 143' TERM
trap : INT
# A bed of its own, also when started from the shell of another one.
unset SLUICE_BED_INFO
SLUICE_BED_BINARIES="$binaries" SLUICE_BED_RUN="$run" "${inside[@]}" bash "$here/run.sh" --inside "$@" <&0 &
pid=$!
code=0
wait "$pid" || code=$?
while kill -0 "$pid" 2>/dev/null; do code=0; wait "$pid" || code=$?; done
pid=
if [ "$code" != 0 ] && [ -d "$run/logs" ] && [ "${SLUICE_BED_KEEP:-}" != 1 ]; then
  say "failed with code $code; SLUICE_BED_KEEP=1 keeps the logs of this run"
fi
exit "$code"

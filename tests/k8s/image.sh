#!/usr/bin/env bash
# tests/k8s/image.sh [--node NODE] FILE.tar | NAME:TAG BINARY: loads an image into the nodes: an archive that .ci/image made, or one of a static binary.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$here/../../.ci/oci"

where=$(nodes)
if [ "$1" = --node ]; then
  where=$2
  shift 2
fi
archive=$1
if [ $# -eq 2 ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  mkdir "$work/root"
  install -m 755 "$2" "$work/root/$(basename "$2")"
  archive=$work/image.tar
  oci_archive "$work/root" "{\"User\":\"65532\",\"Entrypoint\":[\"/$(basename "$2")\"]}" "$1" 0 "$archive" >/dev/null
fi
for node in $where; do
  said=$("$bin/ctr" --address "$state/$node/containerd.sock" -n k8s.io images import --local "$archive" 2>&1) || die "$said"
done

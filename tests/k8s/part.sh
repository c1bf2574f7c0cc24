#!/usr/bin/env bash
# tests/k8s/part.sh start|stop|pause|resume NAME: one part of the cluster that runs, such as kube-apiserver, as if it died, came back, or hung.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ -f "$state/commands/${2:?which part}" ] || die "no part $2: there are $(ls "$state/commands" | tr '\n' ' ')"
case $1 in
  start) running "$2" || start "$2" ;;
  stop) stop "$2" ;;
  pause) kill -STOP "$(cat "$state/pids/$2")" ;;
  resume) kill -CONT "$(cat "$state/pids/$2")" ;;
  *) die "unknown word $1" ;;
esac

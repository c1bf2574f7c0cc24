#!/usr/bin/env bash
# tests/k8s/down.sh: ends what up.sh started, and undoes its mounts, control groups, network namespace and sysctls. At will when nothing is up.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ -d "$state/pids" ] || exit 0

parts() { find "$state/pids" -name "$1" -printf '%f\n'; }

for part in $(parts 'kubelet-*'); do
  stop "$part"
done
# What is left in the pods' groups belongs to this cluster, and to nothing else.
for group in /sys/fs/cgroup/pids$cgroup /sys/fs/cgroup$cgroup; do
  [ -d "$group" ] || continue
  for _ in 1 2 3 4 5; do
    left=$(find "$group" -name cgroup.procs -exec cat {} + 2>/dev/null)
    [ -n "$left" ] || break
    kill -KILL $left 2>/dev/null
    sleep 0.2
  done
done
for node in $(nodes); do
  running "containerd-${node#node-}" || continue
  ctr() { timeout 20 "$bin/ctr" --address "$state/$node/containerd.sock" -n k8s.io "$@"; }
  for task in $(ctr tasks ls -q 2>/dev/null); do
    ctr tasks delete -f "$task" >/dev/null 2>&1
  done
done
for part in $(parts '*'); do
  stop "$part"
done
awk -v below="$state/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r mount; do
  umount -l "$mount"
done
[ ! -e "/run/netns/$netns" ] || ip netns del "$netns"
for group in /sys/fs/cgroup/*$cgroup /sys/fs/cgroup$cgroup; do
  [ -d "$group" ] && find "$group" -depth -type d -exec rmdir {} + 2>/dev/null
done
if [ -w "$kept_sysctls" ] && [ -n "$(nodes)" ]; then
  while read -r name value; do
    echo "$value" >"/proc/sys/$name"
  done <"$kept_sysctls"
  rm -f "$kept_sysctls"
fi
exit 0

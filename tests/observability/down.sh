#!/usr/bin/env bash
# tests/observability/down.sh [--wipe]: stops what up.sh started. --wipe also forgets everything that was stored; the binaries stay.
set -uo pipefail
state=${CROSSDOCK_OBS_STATE:-${CROSSDOCK_OBS_CACHE:-$HOME/.cache/crossdock-obs}/run}

# alive NAME: the process of its pid file is there, is what we started, and has not ended.
alive() {
  local pid
  pid=$(cat "$state/$1.pid" 2>/dev/null) && { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF "$(cat "$state/$1.is")"
}

stopping=()
for name in collector jaeger prometheus alertmanager zipkin; do
  alive "$name" || continue
  kill "$(cat "$state/$name.pid")"
  stopping+=("$name")
done
# Jaeger waits for idle connections to end: after five seconds it need not.
for name in "${stopping[@]}"; do
  for _ in $(seq 25); do
    alive "$name" || break
    sleep 0.2
  done
  ! alive "$name" || kill -9 "$(cat "$state/$name.pid")"
  rm -f "$state/$name.pid" "$state/$name.is"
done
[ "${1:-}" != --wipe ] || rm -rf "$state"

# Where everything of the test bed lies, and how its parts are started and stopped. Sourced by the scripts beside it.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$(readlink -m "${CROSSDOCK_K8S_CACHE:-$HOME/.cache/crossdock-k8s}")
bin=$(readlink -m "$cache/bin")           # may be a link to another cache's
state=$cache/state                        # of the one cluster that runs; a fresh start wipes it
port=${CROSSDOCK_K8S_PORT:-16443}         # the API server on 127.0.0.1; etcd takes the next two
netns=${CROSSDOCK_K8S_NETNS:-crossdock}   # with nodes everything runs in it, and only the API server's port comes out
cgroup=/$netns
first_ip=10.250.0.1                       # of the first node, of DNS, and of whatever a test puts beside the cluster
kept_sysctls=/run/crossdock-k8s.sysctls
kubeconfig=$state/kubeconfig
kubernetes_version=1.37.2
helm_version=4.3.1
containerd_version=2.4.2

say() { echo "k8s: $*" >&2; }
die() { say "$*"; exit 1; }
inside() { nsenter --net="/run/netns/$netns" -- "$@"; }
nodes() { ls -d "$state"/node-* 2>/dev/null | xargs -rn1 basename; }

# A process that has ended and was not waited for yet answers kill -0 too.
alive() { kill -0 "$1" 2>/dev/null && ! grep -qs '^State:.Z' "/proc/$1/status"; }

# running NAME: the process of its pid file is there, and is a program of ours.
running() {
  [ -s "$state/pids/$1" ] && alive "$(cat "$state/pids/$1")" &&
    case $(readlink "/proc/$(cat "$state/pids/$1")/exe") in "$bin"/*) ;; *) false ;; esac
}

# start NAME [COMMAND…]: a part of the cluster; without a command as it was started last.
start() {
  local name=$1
  shift
  mkdir -p "$state/pids" "$state/log" "$state/commands"
  [ $# -eq 0 ] || printf '%q ' exec "$@" >"$state/commands/$name"
  (
    cd "$state"
    PATH=$bin:$PATH setsid nohup bash "commands/$name" >>"log/$name.log" 2>&1 </dev/null 9>&- &
    echo $! >"pids/$name"
  )
}

# stop NAME: with nothing to save, since the next cluster begins empty.
stop() {
  local pid
  if running "$1"; then
    pid=$(cat "$state/pids/$1")
    kill -KILL "$pid" 2>/dev/null
    for _ in $(seq 200); do
      alive "$pid" || break
      sleep 0.02
    done
  fi
  rm -f "$state/pids/$1"
}

# until_ok WHAT SECONDS COMMAND…
until_ok() {
  local what=$1 end=$((SECONDS + $2))
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$end" ]; then
      tail -n 15 "$state"/log/*.log >&2
      die "$what: not ready in time"
    fi
    sleep 0.1
  done
}

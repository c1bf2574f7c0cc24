#!/usr/bin/env bash
# tests/observability/up.sh [--build | --eyes]: real backends for the telemetry, on loopback and without containers.
#
# Builds what is missing, starts what does not run, waits until all is ready; run it again at will. --build only builds; --eyes also starts Zipkin,
# whose page draws traces (Jaeger's own page is in no package). Needs go, python3 and curl; Debian's Alertmanager; for --eyes maven and Java 17.
# CROSSDOCK_OBS_CACHE (~/.cache/crossdock-obs) keeps binaries and Python packages, CROSSDOCK_OBS_STATE (its run/) configurations, logs and data.
# A first build takes 12 minutes of two idle cores and 6 GB meanwhile; OBS_KEEP_GO=1 keeps Go's caches.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
shipped=$here/../../k8s/observability
cache=${CROSSDOCK_OBS_CACHE:-$HOME/.cache/crossdock-obs}
bin=$cache/bin
export OBS_STATE=${CROSSDOCK_OBS_STATE:-$cache/run}
mode=${1:-}
mkdir -p "$bin" "$OBS_STATE/targets" "$OBS_STATE/rules"
exec 9>"$cache/lock"
flock 9

say() { echo "observability: $*"; }

# --- building -----------------------------------------------------------------------------------------------------------------------------------

digest() { cksum "$here/go/$1/go.mod" | cut -d' ' -f1; }

# wrapper NAME TAGS PACKAGE…: builds PACKAGEs as go/NAME's go.mod and go.sum say, if they were not built so already.
wrapper() {
  local name=$1 tags=$2 began=$SECONDS
  shift 2
  [ "$(cat "$bin/.$name" 2>/dev/null)" = "$(digest "$name")" ] && return
  say "building $name; the log is $cache/build-$name.log"
  if ! (cd "$here/go/$name" && GOMODCACHE="$cache/go/mod" GOCACHE="$cache/go/build" GOFLAGS="-modcacherw -buildvcs=false" GOVCS='*:off' \
    nice go build -mod=readonly -tags "$tags" -trimpath -ldflags='-s -w' -o "$bin/" "$@") >"$cache/build-$name.log" 2>&1; then
    tail -20 "$cache/build-$name.log" >&2
    exit 1
  fi
  digest "$name" >"$bin/.$name"
  say "built $name in $((SECONDS - began)) s"
}

# Debian's package, unpacked and not installed: no service starts. Its binary wants its templates where the package has them.
alertmanager() {
  local templates=/usr/share/prometheus/alertmanager deb
  [ ! -x "$bin/alertmanager" ] || [ ! -f "$templates/email.tmpl" ] || return 0
  deb=$(mktemp -d)
  (
    cd "$deb"
    apt-get download -qq prometheus-alertmanager 2>/dev/null || { apt-get update -qq && apt-get download -qq prometheus-alertmanager; }
    dpkg-deb -x prometheus-alertmanager_*.deb x
    cp x/usr/bin/prometheus-alertmanager "$bin/alertmanager"
    mkdir -p "$templates"
    cp "x$templates"/*.tmpl "$templates/"
  )
  rm -rf "$deb"
}

python_packages() {
  cmp -s "$here/requirements.txt" "$cache/venv/requirements.txt" && return
  python3 -m venv "$cache/venv"
  "$cache/venv/bin/pip" -q --disable-pip-version-check install -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$cache/venv/"
}

zipkin() {
  [ -s "$cache/zipkin-server-3.5.1-exec.jar" ] && return
  mvn -q -B -Dmaven.repo.local="$cache/m2" dependency:copy -Dartifact=io.zipkin:zipkin-server:3.5.1:jar:exec -DoutputDirectory="$cache"
  rm -rf "$cache/m2"
}

wrapper otelcol "" .
wrapper prometheus remove_all_sd github.com/prometheus/prometheus/cmd/prometheus github.com/prometheus/prometheus/cmd/promtool
wrapper jaeger "" github.com/jaegertracing/jaeger/cmd/jaeger
alertmanager
python_packages
[ "$mode" != --eyes ] || zipkin
[ -n "${OBS_KEEP_GO:-}" ] || rm -rf "$cache/go"
[ "$mode" != --build ] || exit 0

# --- running ------------------------------------------------------------------------------------------------------------------------------------

# alive NAME: the process of its pid file is there, and is what we started.
alive() {
  local pid
  pid=$(cat "$OBS_STATE/$1.pid" 2>/dev/null) && { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF "$(cat "$OBS_STATE/$1.is")"
}

# start NAME PROGRAM ARGUMENT…
start() {
  local name=$1
  shift
  alive "$name" && return
  echo "$1" >"$OBS_STATE/$name.is"
  (
    cd "$OBS_STATE"
    exec 9>&-
    setsid nohup "$@" >"$name.log" 2>&1 </dev/null &
    echo $! >"$name.pid"
  )
}

# ready NAME URL
ready() {
  for _ in $(seq 300); do
    curl -sf -m 2 "$2" >/dev/null 2>&1 && return
    alive "$1" || break
    sleep 0.2
  done
  say "$1 is not ready; the end of $OBS_STATE/$1.log:"
  tail -5 "$OBS_STATE/$1.log" >&2
  exit 1
}

cp "$here"/conf/alertmanager.yaml "$here"/conf/prometheus.yaml "$OBS_STATE/"
rm -f "$OBS_STATE"/rules/*.yaml
# What is looked at every five minutes in earnest is looked at every five seconds here.
for file in "$shipped"/rules/*.yaml; do
  sed 's/interval: 5m$/interval: 5s/' "$file" >"$OBS_STATE/rules/$(basename "$file")"
done

start alertmanager "$bin/alertmanager" --config.file=alertmanager.yaml --storage.path=am --web.listen-address=127.0.0.1:29093 --cluster.listen-address=
start prometheus "$bin/prometheus" --config.file=prometheus.yaml --storage.tsdb.path=tsdb --storage.tsdb.retention.time=2d \
  --web.listen-address=127.0.0.1:29090 --web.enable-lifecycle --enable-feature=exemplar-storage
start jaeger "$bin/jaeger" --config "$shipped/jaeger.yaml" --config "$here/conf/jaeger.yaml"
TRACES_KEPT_PERCENT=${TRACES_KEPT_PERCENT:-100} start collector "$bin/otelcol" --config "$shipped/collector.yaml" --config "$here/conf/collector.yaml"
if [ "$mode" = --eyes ]; then
  STORAGE_TYPE=mem start zipkin java -Xmx256m -jar "$cache/zipkin-server-3.5.1-exec.jar" \
    '--armeria.ports[0].port=29411' '--armeria.ports[0].ip=127.0.0.1' '--armeria.ports[0].protocols[0]=http'
fi
ready alertmanager http://127.0.0.1:29093/-/ready
ready prometheus http://127.0.0.1:29090/-/ready
ready jaeger http://127.0.0.1:26686/api/services
ready collector http://127.0.0.1:23134/
[ "$mode" != --eyes ] || ready zipkin http://127.0.0.1:29411/health
curl -sf -X POST http://127.0.0.1:29090/-/reload
say "ready: OTLP 127.0.0.1:24317 (gRPC) and 24318 (HTTP), Jaeger 26686, Prometheus 29090, Alertmanager 29093"

#!/usr/bin/env bash
# tests/k8s/up.sh [--nodes N | --build]: starts a Kubernetes of real parts, as plain processes, and prints the path of its kubeconfig.
#
#   up.sh              etcd, API server, controller manager, scheduler: for charts, custom resources and operators
#   up.sh --nodes N    and N real nodes (root): kubelet, containerd, runc, pod network, kube-proxy, DNS, in a network namespace of their own
#   up.sh --build      builds what is missing, and starts nothing
#
# Builds what is missing first. Run again while it is up, it only prints the path. down.sh ends it; the next start is an empty cluster, so tests need
# not clean up. Environment: CROSSDOCK_K8S_CACHE (~/.cache/crossdock-k8s), CROSSDOCK_K8S_PORT (16443), CROSSDOCK_K8S_NETNS (crossdock): with others a
# second cluster runs beside the first.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$here/pki.sh"

count=0
case ${1:-} in
  "") ;;
  --nodes) count=${2:?--nodes wants a number} ;;
  --build) exec "$here/build.sh" ;;
  *) die "unknown option $1" ;;
esac

"$here/build.sh"
exec 9>"$cache/up.lock"
flock 9

export KUBECONFIG=$kubeconfig
kubectl() { "$bin/kubectl" "$@"; }
if running kube-apiserver && kubectl get --raw /readyz >/dev/null 2>&1; then
  echo "$kubeconfig"
  exit 0
fi
"$here/down.sh"
rm -rf "$state"
mkdir -p "$state/pki" "$state/conf"
began=$(date +%s%N)

api=127.0.0.1:$port address=127.0.0.1 advertised=192.0.2.1 endpoints=none
etcd=http://127.0.0.1:$((port + 1)) etcd_peers=http://127.0.0.1:$((port + 2))
run=()
if [ "$count" -gt 0 ]; then
  [ "$(id -u)" -eq 0 ] || die "--nodes wants root"
  source "$here/node.sh"
  packages
  network "$count"
  run=(nsenter --net="/run/netns/$netns" --)
  api=127.0.0.1:6443 address=0.0.0.0 advertised=$first_ip endpoints=master-count
  start forward "$bin/kube" forward --netns "$netns" "127.0.0.1:$port=$api"
fi

authority
names=DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local
certificate apiserver /CN=kube-apiserver "$names,IP:127.0.0.1,IP:10.96.0.1,IP:$first_ip"
certificate admin /O=system:masters/CN=admin
certificate controller-manager /CN=system:kube-controller-manager
certificate scheduler /CN=system:kube-scheduler
certificate front-proxy /CN=front-proxy
access "$kubeconfig" admin "127.0.0.1:$port"
for who in admin controller-manager scheduler; do
  access "$state/conf/$who.kubeconfig" "$who" "$api"
done

start etcd "${run[@]}" "$bin/etcd" --name default --data-dir "$state/etcd" --unsafe-no-fsync --log-level warn \
  --listen-client-urls "$etcd" --advertise-client-urls "$etcd" \
  --listen-peer-urls "$etcd_peers" --initial-advertise-peer-urls "$etcd_peers" --initial-cluster "default=$etcd_peers"
start kube-apiserver "${run[@]}" "$bin/kube-apiserver" --etcd-servers="$etcd" \
  --secure-port="${api##*:}" --bind-address=$address --advertise-address=$advertised --endpoint-reconciler-type=$endpoints \
  --service-cluster-ip-range=10.96.0.0/16 --client-ca-file=pki/ca.crt \
  --tls-cert-file=pki/apiserver.crt --tls-private-key-file=pki/apiserver.key \
  --service-account-issuer=https://kubernetes.default.svc.cluster.local \
  --service-account-key-file=pki/accounts.pub --service-account-signing-key-file=pki/accounts.key \
  --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged \
  --requestheader-client-ca-file=pki/ca.crt --requestheader-allowed-names=front-proxy \
  --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
  --requestheader-extra-headers-prefix=X-Remote-Extra- \
  --proxy-client-cert-file=pki/front-proxy.crt --proxy-client-key-file=pki/front-proxy.key \
  --kubelet-client-certificate=pki/admin.crt --kubelet-client-key=pki/admin.key \
  --kubelet-certificate-authority=pki/ca.crt --kubelet-preferred-address-types=InternalIP
until_ok "the API server" 90 kubectl get --raw /readyz
# At its usual 20 calls a second it takes five seconds more to begin.
start kube-controller-manager "${run[@]}" "$bin/kube-controller-manager" --kubeconfig=conf/controller-manager.kubeconfig \
  --authentication-kubeconfig=conf/controller-manager.kubeconfig --authorization-kubeconfig=conf/controller-manager.kubeconfig \
  --secure-port=0 --leader-elect=false --use-service-account-credentials --kube-api-qps=500 --kube-api-burst=1000 \
  --service-account-private-key-file=pki/accounts.key --root-ca-file=pki/ca.crt \
  --cluster-signing-cert-file=pki/ca.crt --cluster-signing-key-file=pki/ca.key --node-monitor-grace-period=20s
start kube-scheduler "${run[@]}" "$bin/kube-scheduler" --kubeconfig=conf/scheduler.kubeconfig \
  --authentication-kubeconfig=conf/scheduler.kubeconfig --authorization-kubeconfig=conf/scheduler.kubeconfig --secure-port=0 --leader-elect=false
until_ok "the default service account" 60 kubectl get serviceaccount default
if [ "$count" -gt 0 ]; then
  for number in $(seq "$count"); do
    node "$number"
  done
  until_ok "the nodes" 90 kubectl wait --for=condition=Ready nodes --all --timeout=90s
fi
say "up after $((($(date +%s%N) - began) / 1000000)) ms"
echo "$kubeconfig"

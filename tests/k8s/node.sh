# Real nodes, all in one network namespace. Sourced by up.sh, as root.

packages() {
  local missing=()
  command -v runc >/dev/null || missing+=(runc)
  [ -x /usr/lib/cni/ptp ] || missing+=(containernetworking-plugins)
  command -v nft >/dev/null || missing+=(nftables)
  command -v iptables >/dev/null || missing+=(iptables)
  command -v ip >/dev/null || missing+=(iproute2)
  [ "${#missing[@]}" -gt 0 ] || return 0
  say "installing ${missing[*]}"
  apt-get -qq update
  DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" >/dev/null
}

ip_of() { echo "${first_ip%.*}.$1"; }

# network COUNT: the addresses of the nodes on a pair of which both ends are in the namespace, and a default route, without which the address of a
# Service is unreachable.
network() {
  local number
  ip netns add "$netns"
  ip -n "$netns" link set lo up
  ip -n "$netns" link add node0 type veth peer name node0p
  for number in $(seq "$1"); do
    ip -n "$netns" addr add "$(ip_of "$number")/24" dev node0
  done
  ip -n "$netns" link set node0 up
  ip -n "$netns" link set node0p up
  ip -n "$netns" route add default via "${first_ip%.*}.254" dev node0
  inside sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
  groups "$cgroup"
  sysctls
  : >"$state/conf/resolv.conf"
}

# groups PATH: the pods of a node live below a group of ours in each hierarchy.
groups() {
  local hierarchy file
  for hierarchy in /sys/fs/cgroup/*/; do
    grep -q . "$hierarchy/cgroup.procs" 2>/dev/null && mkdir -p "$hierarchy$1" 2>/dev/null || true
  done
  # Pods get the cores before everything else on this machine does: they are what is looked at.
  [ ! -f "/sys/fs/cgroup/cpu$1/cpu.shares" ] || echo 20480 >"/sys/fs/cgroup/cpu$1/cpu.shares"
  [ ! -f "/sys/fs/cgroup$1/cpu.weight" ] || echo 800 >"/sys/fs/cgroup$1/cpu.weight"
  # A cpuset of version 1 takes no process before it has cores and memory.
  [ -d "/sys/fs/cgroup/cpuset$1" ] || return 0
  for file in cpuset.cpus cpuset.mems; do
    cat "/sys/fs/cgroup/cpuset/$file" >"/sys/fs/cgroup/cpuset$1/$file"
  done
}

# A kubelet sets these for the whole machine; down.sh puts them back. Of the first cluster: a second one would keep what the first has set.
sysctls() {
  local name
  [ ! -s "$kept_sysctls" ] || return 0
  for name in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys kernel/keys/root_maxbytes; do
    echo "$name $(cat "/proc/sys/$name")"
  done >"$kept_sysctls"
}

# filled TEMPLATE: with what it asks for.
filled() {
  sed -e "s#@STATE@#$state#g; s#@HOME@#$state/$name#g; s#@NODE@#$name#g; s#@NUMBER@#$number#g; s#@IP@#$ip#g; s#@FIRST_IP@#$first_ip#g; s#@CGROUP@#$cgroup#g" \
    "$here/conf/$1"
}

# node NUMBER: its kubelet and containerd; with the first one what a cluster has once.
node() {
  local number=$1 name=node-$1 ip home
  ip=$(ip_of "$number")
  home=$state/$name
  mkdir -p "$home/cni" "$home/conf"
  groups "$cgroup/$name"
  certificate "$name" "/O=system:nodes/CN=system:node:$name" "DNS:$name,IP:$ip"
  access "$home/conf/kubelet.kubeconfig" "$name" "$api"
  filled cni.json >"$home/cni/10-pods.conflist"
  filled containerd.toml >"$home/conf/containerd.toml"
  filled kubelet.yaml >"$home/conf/kubelet.yaml"
  start "containerd-$number" "${run[@]}" "$bin/containerd" --config "$home/conf/containerd.toml"
  until_ok "containerd" 30 "$bin/ctr" --address "$home/containerd.sock" version
  "$here/image.sh" --node "$name" crossdock.test/pause:1 "$bin/pause"
  start "kubelet-$number" "${run[@]}" "$bin/kubelet" --config "$home/conf/kubelet.yaml" --kubeconfig "$home/conf/kubelet.kubeconfig" \
    --hostname-override="$name" --node-ip="$ip" --root-dir="$home/kubelet" --cert-dir="$home/kubelet/pki"
  volumes
  [ "$number" -ne 1 ] || once
  until_ok "$name" 60 kubectl get node "$name"
}

# Local volumes, made beforehand: they honour fsGroup, so that a pod that is not root can write.
volumes() {
  local volume
  for volume in $(seq 8); do
    mkdir -p "$home/volumes/$volume"
    chmod 770 "$home/volumes/$volume"
    filled volume.yaml | sed "s/@VOLUME@/$volume/g"
  done | kubectl apply -f - >/dev/null
}

# One proxy serves the namespace, whichever node a pod is on.
once() {
  certificate kube-proxy /CN=system:kube-proxy
  access "$state/conf/kube-proxy.kubeconfig" kube-proxy "$api"
  filled kube-proxy.yaml >"$state/conf/kube-proxy.yaml"
  filled Corefile >"$state/conf/Corefile"
  kubectl apply -f "$here/conf/storageclass.yaml" >/dev/null
  start kube-proxy "${run[@]}" "$bin/kube-proxy" --config conf/kube-proxy.yaml
  start dns "${run[@]}" "$bin/dns" -conf conf/Corefile
}

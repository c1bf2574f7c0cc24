#!/usr/bin/env python3
"""sound.py RENDERED.yaml…: what has to be so in whatever the chart renders. Prints each rule, and what breaks it.

Each function below is one rule over the objects of one rendering; its first line says what it asks for.
"""
import collections
import pathlib
import sys

import yaml

WORKLOADS = {"Deployment", "StatefulSet", "Job"}
CONTRACT = {7400, 7401, 7402}


class Rendered:
    def __init__(self, path):
        self.name = path.stem
        self.objects = [one for one in yaml.load_all(path.read_text(), yaml.CSafeLoader) if one]
        self.of = collections.defaultdict(dict)
        for one in self.objects:
            self.of[one["kind"]][one["metadata"]["name"]] = one

    def all(self, *kinds):
        return [one for kind in kinds for one in self.of[kind].values()]

    def pods(self):
        """Pods and templates of pods: name, labels and annotations, spec."""
        for one in self.all(*WORKLOADS):
            yield one["metadata"]["name"], one["spec"]["template"]["metadata"], one["spec"]["template"]["spec"]
        for one in self.all("Pod"):
            yield one["metadata"]["name"], one["metadata"], one["spec"]

    def configs(self):
        for name, one in self.of["ConfigMap"].items():
            if "crossdock.yaml" in one["data"]:
                yield name, yaml.safe_load(one["data"]["crossdock.yaml"])

    def chosen(self, selector):
        wanted = selector["matchLabels"] if "matchLabels" in selector else selector
        return [name for name, meta, _ in self.pods() if wanted.items() <= meta["labels"].items()]


def no_object_comes_twice(r):
    """A name is given once to a kind."""
    names = collections.Counter((one["kind"], one["metadata"]["name"]) for one in r.objects)
    yield from (f"{kind} {name} is there {count} times" for (kind, name), count in names.items() if count > 1)


def labels(r):
    """Every object says what it belongs to, by the recommended labels."""
    for one in r.objects:
        for label in ("name", "instance", "component", "version", "part-of", "managed-by"):
            if f"app.kubernetes.io/{label}" not in one["metadata"]["labels"]:
                yield f"{one['kind']} {one['metadata']['name']} has no label {label}"


def restricted(r):
    """Pods are what the standard `restricted` asks for, and cannot write to their root."""
    for name, _, spec in r.pods():
        pod = spec["securityContext"]
        if not pod["runAsNonRoot"] or pod["seccompProfile"] != {"type": "RuntimeDefault"} or pod.get("runAsUser") == 0:
            yield f"{name}: securityContext of the pod"
        for container in spec["containers"]:
            if container["securityContext"] != {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}:
                yield f"{name}: securityContext of the container"


def only_the_operator_has_a_token(r):
    """No other pod, and no account, mounts one."""
    for name, meta, spec in r.pods():
        if spec["automountServiceAccountToken"] != (meta["labels"]["app.kubernetes.io/component"] == "operator"):
            yield f"{name}: automountServiceAccountToken"
    for one in r.all("ServiceAccount"):
        if one["automountServiceAccountToken"]:
            yield f"the account {one['metadata']['name']} mounts tokens"


def the_operator_may_nothing_else(r):
    """The Role is what the operator needs, to the verb."""
    for one in r.all("Role"):
        if one["rules"] != [
            {"apiGroups": ["crossdock.dev"], "resources": ["connections", "policies"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": ["crossdock.dev"], "resources": ["connections/status", "policies/status"], "verbs": ["patch"]},
            {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create", "patch"]},
        ]:
            yield "the Role is another"
    if r.all("ClusterRole", "ClusterRoleBinding"):
        yield "something reaches beyond the namespace"


def resources(r):
    """Each container says what it needs, and how much memory it gets at most."""
    for name, _, spec in r.pods():
        for container in spec["containers"]:
            said = container["resources"]
            if set(said["requests"]) != {"cpu", "memory"} or set(said["limits"]) != {"memory"}:
                yield f"{name}: resources {said}"


def secrets_stay_elsewhere(r):
    """No Secret is rendered, and the database's is known to those who use it."""
    if r.all("Secret"):
        yield "there is a Secret"
    for name, meta, spec in r.pods():
        component = meta["labels"]["app.kubernetes.io/component"]
        knows = any("secretKeyRef" in str(variable) for container in spec["containers"] for variable in container.get("env", []))
        if knows != (component not in ("all-in-one", "operator", "test")):
            yield f"{name}: knows the database: {knows}"


def what_is_named_is_there(r):
    """Accounts, ConfigMaps, claims and Services that something names are rendered too."""
    for name, _, spec in r.pods():
        if spec.get("serviceAccountName", "default") not in [*r.of["ServiceAccount"], "default"]:
            yield f"{name}: no account {spec['serviceAccountName']}"
        mounted = {volume["name"] for volume in spec.get("volumes", [])}
        for container in spec["containers"]:
            if {mount["name"] for mount in container.get("volumeMounts", [])} != mounted or any("subPath" in mount for mount in container.get("volumeMounts", [])):
                yield f"{name}: mounts are not the volumes, as whole folders"
        for volume in spec.get("volumes", []):
            if volume["name"] in ("config", "policy") and volume["configMap"]["name"] not in r.of["ConfigMap"]:
                yield f"{name}: no ConfigMap {volume['configMap']['name']}"
            claim = volume.get("persistentVolumeClaim", {}).get("claimName", "mine")
            if claim not in [*r.of["PersistentVolumeClaim"], "mine"]:
                yield f"{name}: no claim {claim}"
    for name, config in r.configs():
        for address in config.get("peers", {}).values():
            if address.removeprefix("https://").removesuffix(":7400") not in r.of["Service"]:
                yield f"{name}: no Service for {address}"
    for one in r.all("StatefulSet"):
        if one["spec"]["serviceName"] not in r.of["Service"]:
            yield f"no Service {one['spec']['serviceName']}"


def selectors(r):
    """What is of one component selects its pods and no others."""
    for one in r.all("Service", "PodDisruptionBudget", "Deployment", "StatefulSet"):
        selector = one["spec"]["selector"]
        found = r.chosen(selector)
        if len(found) != 1:
            yield f"{one['kind']} {one['metadata']['name']} selects {found}"
    for one in r.all("NetworkPolicy"):
        if len(r.chosen(one["spec"]["podSelector"])) != 1:
            yield f"NetworkPolicy {one['metadata']['name']} selects {r.chosen(one['spec']['podSelector'])}"


def every_pod_is_fenced(r):
    """With NetworkPolicies each pod has one, in both directions."""
    policies = r.all("NetworkPolicy")
    fenced = [name for one in policies for name in r.chosen(one["spec"]["podSelector"])]
    if policies and sorted(fenced) != sorted(name for name, _, _ in r.pods()):
        yield f"fenced are {fenced}"
    if any(one["spec"]["policyTypes"] != ["Ingress", "Egress"] for one in policies):
        yield "a NetworkPolicy looks one way only"


def fences_have_gates(r):
    """A NetworkPolicy names a port in each rule, and lets whoever calls a peer get to it."""
    for one in r.all("NetworkPolicy"):
        for rule in one["spec"].get("ingress", []) + one["spec"].get("egress", []):
            if not rule.get("ports"):
                yield f"NetworkPolicy {one['metadata']['name']} opens every port"


def ports(r):
    """Ports are those of the contract, and each probe asks one that is listened on."""
    configs = dict(r.configs())
    for name, _, spec in r.pods():
        if name not in configs:
            continue
        container = spec["containers"][0]
        open_here = {port["containerPort"] for port in container["ports"]}
        listens = {int(address.rsplit(":", 1)[1]) for address in (configs[name].get("listen"), configs[name]["health"], configs[name]["telemetry"]["metrics"]) if address}
        if open_here != listens or not listens <= CONTRACT:
            yield f"{name}: listens on {listens}, says {open_here}"
        probes = {kind: container[kind]["grpc"] for kind in ("startupProbe", "livenessProbe", "readinessProbe")}
        live = {"port": 7402, "service": "liveness"}
        if probes != {"startupProbe": live, "livenessProbe": live, "readinessProbe": {"port": 7402}}:
            yield f"{name}: probes {probes}"


def there_is_time_to_end(r):
    """The kubelet waits longer than the process takes to end."""
    configs = dict(r.configs())
    for name, _, spec in r.pods():
        if name in configs and spec["terminationGracePeriodSeconds"] < sum(configs[name]["stop"].values()) + 5:
            yield f"{name}: is killed before it has ended"


def writers(r):
    """SQLite has one writer; on PostgreSQL each service has two replicas or more, and none goes before its successor is there."""
    for one in r.all("StatefulSet"):
        if one["spec"]["replicas"] != 1 or one["spec"]["podManagementPolicy"] != "Parallel":
            yield "replicas of the StatefulSet"
    for one in r.all("Deployment"):
        if one["spec"]["strategy"] != {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}:
            yield f"{one['metadata']['name']}: strategy"
        scaled = one["metadata"]["name"] in r.of["HorizontalPodAutoscaler"]
        if scaled == ("replicas" in one["spec"]):
            yield f"{one['metadata']['name']}: two say how many replicas there are, or nobody does"


def certificates(r):
    """A certificate of a service has the names of the Services that lead to it, and by its URI is a service; the operator's is none."""
    for name, one in r.of["Certificate"].items():
        if name not in dict(r.configs()):
            yield f"a certificate for nobody: {name}"
            continue
        hosts = {service["metadata"]["name"] for service in r.all("Service") if name in r.chosen(service["spec"]["selector"])}
        is_service = "listen" in dict(r.configs())[name]
        if is_service and not hosts <= set(one["spec"]["dnsNames"]):
            yield f"{name}: no certificate for {hosts - set(one['spec']['dnsNames'])}"
        if one["spec"]["uris"] != ["urn:crossdock:service" if is_service else "urn:crossdock:operator"]:
            yield f"{name}: {one['spec']['uris']}"


def metrics_stay_inside(r):
    """Only Services without an address of their own have the port of metrics."""
    for one in r.all("Service"):
        if "metrics" in [port["name"] for port in one["spec"]["ports"]] and one["spec"].get("clusterIP") != "None":
            yield f"Service {one['metadata']['name']} shows metrics"


def only_ready_pods_are_called(r):
    """A Service leads to pods that are ready, but for the operator's, which brings what makes them so."""
    for one in r.all("Service"):
        if one["spec"].get("publishNotReadyAddresses", False) != one["metadata"]["name"].endswith("-policy"):
            yield f"Service {one['metadata']['name']}"
    for name, config in r.configs():
        if "listen" not in config and not config["peers"]["governance"].endswith("-policy:7400"):
            yield f"{name} calls {config['peers']}"
        if config.get("await_policy") and not r.all("Role"):
            yield f"{name} waits for a policy, and there is no operator"


RULES = [
    no_object_comes_twice, labels, restricted, only_the_operator_has_a_token, the_operator_may_nothing_else, resources, secrets_stay_elsewhere,
    what_is_named_is_there, selectors, every_pod_is_fenced, fences_have_gates, ports, there_is_time_to_end, writers, certificates, metrics_stay_inside,
    only_ready_pods_are_called,
]

wrong = 0
every = [Rendered(pathlib.Path(path)) for path in sys.argv[1:]]
for rule in RULES:
    found = [f"{rendered.name}: {what}" for rendered in every for what in rule(rendered)]
    print(f"{'FAILED' if found else 'ok'}      {rule.__name__.replace('_', ' ')}: {rule.__doc__}")
    print("".join(f"          {what}\n" for what in found[:20]), end="")
    wrong += bool(found)
sys.exit(wrong)

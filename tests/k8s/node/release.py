"""A release of the chart in a namespace of its own, with the certificates and secrets that it wants."""

import contextlib
import json
import socket
import subprocess

from bed import CACHE, NETNS, WORK, Failed, ask, expect, helm, kubectl, objects, run, wait
from builds import BINARY, REPOSITORY

SERVICES = ["governance", "master-data", "demand-signal", "recommendation-writeback", "execution-feedback"]


class Release:
    """`helm` in a namespace; NAME of the objects is `crossdock`."""

    def __init__(self, namespace, charts, database=None):
        self.namespace, self.charts, self.database = namespace, charts, database
        kubectl("create", "namespace", namespace)
        # What the chart promises: the strictest of the standards.
        kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
        self.certificates = WORK / f"certificates-{namespace}"
        self._certify()

    def _certify(self):
        hosts = ["crossdock", "crossdock-policy", *(f"crossdock-{service}" for service in SERVICES)]
        hosts += [f"{host}-headless" for host in hosts]
        named = [word for host in hosts for name in (host, f"{host}.{self.namespace}.svc", f"{host}.{self.namespace}.svc.cluster.local") for word in ("--host", name)]
        at = self.certificates
        run(BINARY, "certs", "dev", "--to", at, "--cluster", *named, "--connection=erp", "--connection=loop+erp", "--connection=operator")
        for secret, name in (("crossdock-tls", "server"), ("crossdock-operator", "cluster"), ("crossdock-test", "loop"), ("load", "erp")):
            files = [f"--from-file=tls.crt={at}/{name}.pem", f"--from-file=tls.key={at}/{name}-key.pem", f"--from-file=ca.crt={at}/authority.pem"]
            self.kubectl("create", "secret", "generic", secret, *files)
        if self.database:
            self.kubectl("create", "secret", "generic", "crossdock-database", f"--from-literal=url={self.database.url}")
            self.kubectl("create", "configmap", "crossdock-trust", f"--from-file=ca.crt={self.database.authority}")

    def kubectl(self, *words, **more):
        return kubectl("-n", self.namespace, *words, **more)

    def helm(self, command, *words, timeout=600):
        return helm(command, "crossdock", "-n", self.namespace, *words, timeout=timeout)

    def install(self, values, tag="now", chart=None, *settings):
        """Installs or upgrades, and waits until all that is there is ready."""
        image = [f"--set={setting}" for setting in (f"image.repository={REPOSITORY}", f"image.tag={tag}", *settings)]
        self.helm("upgrade", chart or self.charts / "crossdock", "--install", "--wait", "--timeout=10m", *(f"--values={file}" for file in values), *image)

    def uninstall(self):
        self.helm("uninstall", "--wait")

    def loop(self):
        """`helm test`: one record through the loop and back."""
        try:
            self.helm("test", "--timeout=5m")
        except Failed as failed:
            raise Failed(f"{self.logs('crossdock-test')}\n{failed}") from None
        return self.logs("crossdock-test").strip().splitlines()[-1]

    def policy(self):
        """The policy in force."""
        return self.crossdock("policy", "show")[0]

    @contextlib.contextmanager
    def reached(self, ip):
        """An address on this machine's loopback that leads to a Service or a pod."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        forward = subprocess.Popen([CACHE / "bin/kube", "forward", "--netns", NETNS, f"127.0.0.1:{port}={ip}:7400"])
        try:
            wait("the way in", 10, lambda: socket.create_connection(("127.0.0.1", port), 1).close() or True)
            yield f"https://localhost:{port}"
        finally:
            forward.kill()
            forward.wait()

    def crossdock(self, *words, ip=None):
        """The command line as the operator, called on this machine; gives the JSON objects that it prints. `ip` is that of the only Service if nothing is said."""
        at = self.certificates
        proof = ["--authorities", at / "authority.pem", "--certificate", at / "operator.pem", "--certificate-key", at / "operator-key.pem"]
        ip = ip or json.loads(ask(f"/api/v1/namespaces/{self.namespace}/services/crossdock"))["spec"]["clusterIP"]
        with self.reached(ip) as address:
            told = run(BINARY, *words, "--output", "json", "--address", address, "--connection", "operator", *proof)
        return [json.loads(line) for line in told.splitlines()]

    def pods(self, component=None):
        selector = "app.kubernetes.io/instance=crossdock,app.kubernetes.io/component" + (f"={component}" if component else "!=test")
        return [pod for pod in objects("pods", self.namespace, selector) if "deletionTimestamp" not in pod["metadata"]]

    def ready(self, component=None):
        return [pod for pod in self.pods(component) if is_ready(pod)]

    def logs(self, pod, **query):
        words = "&".join(f"{key}={value}" for key, value in query.items())
        return ask(f"/api/v1/namespaces/{self.namespace}/pods/{pod}/log?{words}")

    def none_restarted(self):
        again = {name(pod): restarts(pod) for pod in self.pods() if restarts(pod)}
        expect(not again, f"restarted: {again}")


def name(thing):
    return thing["metadata"]["name"]


def is_ready(pod):
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in pod["status"].get("conditions", []))


def restarts(pod):
    return sum(status["restartCount"] for status in pod["status"].get("containerStatuses", []))

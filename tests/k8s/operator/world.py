"""What the checks of the operator need: a cluster, governance and operators as processes, and waiting for conditions."""

import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import urllib.request

BED = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BED))
from checks import Checks, Failed, expect, wait  # noqa: E402, F401

ROOT = BED.parents[1]
BIN = pathlib.Path(os.environ.get("CROSSDOCK_K8S_CACHE", pathlib.Path.home() / ".cache/crossdock-k8s")) / "bin"
CROSSDOCK = os.environ.get("CROSSDOCK_BIN", ROOT / "target/release/crossdock")
WORK = pathlib.Path(tempfile.mkdtemp(prefix="crossdock-operator."))
DEFINITIONS = ROOT / "charts/crossdock-crds/templates/crds.yaml"
FIRST_TRY = ROOT / "services/governance/policy/first-try.yaml"
GROUP = "crossdock.dev/v1alpha1"


def run(*command, text=None, env=None):
    """How a command ended, and what it said."""
    done = subprocess.run([str(word) for word in command], input=text, capture_output=True, text=True, timeout=120, env=env)
    return done.returncode, done.stdout, done.stderr


def good(*command, **more):
    code, out, error = run(*command, **more)
    expect(code == 0, f"{' '.join(str(word) for word in command)[:200]} ended with {code}: {error[-1500:]}")
    return out


def kubectl(*words, **more):
    return good(BIN / "kubectl", *words, **more)


def read(text):
    """The objects that kubectl printed as JSON, one after the other or as lists."""
    found = []
    while text := text.strip():
        one, end = json.JSONDecoder().raw_decode(text)
        found += one["items"] if one["kind"] == "List" else [one]
        text = text[end:]
    return found


def document(kind, name, spec, namespace):
    return {"apiVersion": GROUP, "kind": kind, "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def policy_of(file):
    """A policy file as JSON; kubectl reads the YAML."""
    indented = "".join(f"  {line}\n" for line in file.read_text().splitlines())
    wrapped = f"apiVersion: {GROUP}\nkind: Policy\nmetadata: {{name: x}}\nspec:\n{indented}"
    return json.loads(kubectl("create", "--dry-run=client", "--validate=false", "-o", "json", "-f", "-", text=wrapped))["spec"]


class Namespace:
    """A namespace with objects in it."""

    def __init__(self, name):
        self.name = name
        kubectl("create", "namespace", name)

    def kubectl(self, *words, **more):
        return kubectl("-n", self.name, *words, **more)

    def apply(self, *objects):
        listed = {"apiVersion": "v1", "kind": "List", "items": [document(kind, name, spec, self.name) for kind, name, spec in objects]}
        return self.kubectl("apply", "-f", "-", text=json.dumps(listed))

    def delete(self, *names):
        return self.kubectl("delete", *names)

    def all(self):
        return json.loads(self.kubectl("get", "connections,policies", "-o", "json"))["items"]

    def get(self, kind, name):
        return json.loads(self.kubectl("get", kind, name, "-o", "json"))

    def settled(self, version=None, seconds=40):
        """Waits until every object as it is now is in force, in this version."""

        def are_in_force():
            for held in self.all():
                status = held.get("status", {})
                of = conditions(held)
                expect(status.get("observedGeneration") == held["metadata"]["generation"], f"{held['metadata']['name']} was not looked at")
                expect(of["Accepted"]["status"] == of["Applied"]["status"] == "True", f"{held['metadata']['name']}: {of}")
                expect(version is None or status["version"] == version, f"{held['metadata']['name']} is of {status['version']}")
            return True

        return wait(f"all of {self.name} is in force", seconds, are_in_force)

    def said(self, kind, name, condition, reason, seconds=40):
        """Waits until a condition has this reason; gives it."""

        def is_said():
            held = self.get(kind, name)
            of = conditions(held).get(condition, {})
            current = of.get("observedGeneration") == held["metadata"]["generation"]
            return of if current and of.get("reason") == reason else expect(False, f"{name}: {of}")

        return wait(f"{condition} of {name} is {reason}", seconds, is_said)

    def events(self, name):
        listed = json.loads(self.kubectl("get", "events.events.k8s.io", "-o", "json"))["items"]
        return [event for event in listed if event["regarding"]["name"] == name]


def conditions(held):
    return {condition["type"]: condition for condition in held.get("status", {}).get("conditions", [])}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    wait("it listens", 30, lambda: socket.create_connection(("127.0.0.1", port), 1).close() is None)


class Process:
    """A process of ours, whose words go into a file."""

    def __init__(self, name, *command, **env):
        self.log = WORK / f"{name}.log"
        with self.log.open("ab") as log:
            self.started = subprocess.Popen([str(word) for word in command], stdout=log, stderr=log, env={**os.environ, **env})
        ALL.append(self.started)

    def signal(self, number):
        self.started.send_signal(number)

    def kill(self):
        self.started.kill()
        self.started.wait()

    def ends(self, seconds):
        """Asks it to end; gives its exit code."""
        self.signal(signal.SIGTERM)
        return self.started.wait(seconds)

    def is_there(self):
        return self.started.poll() is None


ALL = []


class Governance:
    """Governance, or the whole suite, on a port and a folder of its own."""

    def __init__(self, name, *services, flags=("--await-policy",)):
        self.port, self.name, self.services, self.flags = free_port(), name, services, flags
        self.address = f"http://127.0.0.1:{self.port}"
        self.start()

    def start(self, flags=None):
        self.process = Process(
            self.name, CROSSDOCK, "serve", *self.services, "--insecure", *(flags or self.flags),
            "--listen", f"127.0.0.1:{self.port}", "--data-dir", WORK / f"{self.name}-data",
        )  # fmt: skip
        listens(self.port)
        return self

    def crossdock(self, *words, **more):
        return good(CROSSDOCK, *words, "--address", self.address, **more)

    def version(self):
        return json.loads(self.crossdock("policy", "show", "--output", "json"))["version"]

    def decisions(self):
        """What the audit chain has of policies: each is [version before, version]."""
        return [(entry["values"].get("version_before", ""), entry["values"]["version"]) for entry in self.audit("POLICY_CHANGED")]

    def audit(self, action):
        self.crossdock("audit", "verify", "--service", "governance")
        lines = self.crossdock("list", "audit-entry", "--service", "governance", "--output", "json", "--limit", "0").splitlines()
        entries = [json.loads(line)["audit_entry"] for line in lines]
        return [entry for entry in entries if entry["action"] == action]


class Operator(Process):
    """An operator of a namespace, which calls the API server as the chart's service account."""

    def __init__(self, name, namespace, governance, kubeconfig):
        self.port, self.health, self.namespace = free_port(), free_port(), namespace
        super().__init__(
            name, CROSSDOCK, "operator", "run", "--insecure", "--peer", f"governance={governance.address}",
            "--metrics", f"127.0.0.1:{self.port}", "--health", f"127.0.0.1:{self.health}",
            CROSSDOCK_NAMESPACE=namespace.name, KUBECONFIG=str(kubeconfig),
        )  # fmt: skip
        listens(self.port)

    def metric(self, name):
        """The sum of a metric over its labels."""
        text = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5).read().decode()
        return sum(float(line.split()[-1]) for line in text.splitlines() if line.split("{")[0] == name)

    def looks(self):
        return self.metric("crossdock_operator_reconciles_total")

    def looks_again(self):
        """Waits until it has looked twice: the second look began after this call."""
        for _ in range(2):
            before = self.looks()
            # It looks at whatever changes, so that nobody has to wait half a minute; with no object there is nothing to change.
            for held in self.namespace.all()[:1]:
                mark = f"crossdock.test/look={before:.0f}-{self.port}"
                self.namespace.kubectl("annotate", "--overwrite", held["kind"].lower(), held["metadata"]["name"], mark)
            wait("it looks again", 40, lambda: self.looks() > before)

    def is_ready(self, service=""):
        """What `grpc.health.v1` says of it."""
        return call(self.health, "/grpc.health.v1.Health/Check", b"\x0a" + bytes([len(service)]) + service.encode()) == b"\x08\x01"


def call(port, path, message, **metadata):
    """One gRPC call in plain text: the answer's message, in bytes."""
    text = lambda value: bytes([len(value)]) + value.encode()
    headers = {":method": "POST", ":scheme": "http", ":path": path, ":authority": "x", "content-type": "application/grpc", "te": "trailers"}
    headers |= {name.replace("_", "-"): value for name, value in metadata.items()}
    block = b"".join(b"\x00" + text(name) + text(value) for name, value in headers.items())
    frame = lambda kind, flags, stream, body: struct.pack(">I", len(body))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + body
    with socket.create_connection(("127.0.0.1", port), 10) as to:
        to.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(1, 4, 1, block))
        to.sendall(frame(0, 1, 1, b"\x00" + struct.pack(">I", len(message)) + message))
        stream, body = to.makefile("rb"), b""
        while head := stream.read(9):
            length, kind, flags = int.from_bytes(head[:3], "big"), head[3], head[4]
            payload = stream.read(length)
            if kind == 0:
                body += payload
            elif kind == 4 and not flags & 1:
                to.sendall(frame(4, 1, 0, b""))
            if kind in (0, 1) and flags & 1:
                return body[5:]
    raise Failed(f"no answer to {path}")


def part(word, name):
    """Starts or stops a part of the cluster."""
    good(BED / "part.sh", word, name)


def clean():
    for process in ALL:
        process.kill()
    shutil.rmtree(WORK, ignore_errors=True)

"""The cluster as the checks see it: its API, its commands, and waiting for conditions."""

import json
import os
import pathlib
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

BED = pathlib.Path(__file__).resolve().parent.parent
ROOT = BED.parents[1]
CACHE = pathlib.Path(os.environ.get("CROSSDOCK_K8S_CACHE", pathlib.Path.home() / ".cache/crossdock-k8s")).resolve()
STATE = CACHE / "state"
NETNS = os.environ.get("CROSSDOCK_K8S_NETNS", "crossdock")
NODES = ["node-1", "node-2"]
# For certificates and a database; `down` removes it.
WORK = pathlib.Path(tempfile.mkdtemp(prefix="crossdock-k8s."))
# The address of the first node, where the cluster's DNS listens too.
BESIDE = "10.250.0.1"


class Failed(Exception):
    """A check did not find what it looked for."""


def run(*command, timeout=600, **more):
    """What a command prints; its own words if it fails."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=timeout, **more)
    if done.returncode != 0:
        raise Failed(f"{' '.join(str(word) for word in command)[:200]} ended with {done.returncode}: {(done.stderr + done.stdout)[-2000:]}")
    return done.stdout


def kubectl(*arguments, **more):
    return run(CACHE / "bin/kubectl", *arguments, **more)


def helm(*arguments, **more):
    return run(CACHE / "bin/helm", *arguments, **more)


def inside(*command, **more):
    """Runs in the network namespace of the nodes."""
    return run("nsenter", f"--net=/run/netns/{NETNS}", "--", *command, **more)


def up():
    os.environ["KUBECONFIG"] = run(BED / "up.sh", "--nodes", len(NODES), timeout=3600).strip()
    os.environ["PATH"] = f"{CACHE / 'bin'}:{os.environ['PATH']}"


def down():
    subprocess.run([BED / "down.sh"], check=False)
    shutil.rmtree(WORK, ignore_errors=True)


def request(path, method="GET", body=None, timeout=30):
    """Asks the API server; gives its status and its answer's stream."""
    context = ssl.create_default_context(cafile=STATE / "pki/ca.crt")
    context.load_cert_chain(STATE / "pki/admin.crt", STATE / "pki/admin.key")
    server = f"https://127.0.0.1:{os.environ.get('CROSSDOCK_K8S_PORT', '16443')}"
    data = None if body is None else json.dumps(body).encode()
    asked = urllib.request.Request(server + path, data=data, method=method, headers={"Content-Type": "application/json"})
    try:
        answer = urllib.request.urlopen(asked, context=context, timeout=timeout)
        return answer.status, answer
    except urllib.error.HTTPError as error:
        return error.code, error


def ask(path, **more):
    status, answer = request(path, **more)
    told = answer.read().decode()
    if status >= 300:
        raise Failed(f"{path}: {status} {told[:500]}")
    return told


def objects(kind, namespace, selector="", group="api/v1"):
    return json.loads(ask(f"/{group}/namespaces/{namespace}/{kind}?labelSelector={urllib.request.quote(selector)}"))["items"]


def wait(what, seconds, condition):
    """The first answer of `condition` that is something; it is asked until the time is over."""
    end, last = time.monotonic() + seconds, None
    while time.monotonic() < end:
        try:
            last = condition()
            if last:
                return last
        except (Failed, OSError) as error:
            last = error
        time.sleep(0.2)
    raise Failed(f"{what}: not within {seconds} s; the last word was {last}")


def expect(holds, said):
    if not holds:
        raise Failed(said)


class Checks:
    """Counts what was looked at, a line each."""

    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, what, check, *arguments):
        began = time.monotonic()
        took = lambda: f"{(time.monotonic() - began) * 1000:7.0f} ms"
        try:
            found = check(*arguments)
        except (Failed, OSError, subprocess.TimeoutExpired, LookupError, ValueError) as error:
            self.failed += 1
            print(f"FAIL {took()}  {what}: {type(error).__name__}: {error}", flush=True)
            self.look()
        else:
            self.passed += 1
            print(f"ok   {took()}  {what}{f': {found}' if isinstance(found, str) and found else ''}", flush=True)

    def look(self):
        """What somebody who reads of a failure wants to see next."""
        for words in (["pods", "--output=wide"], ["events", "--field-selector=type!=Normal", "--sort-by=.lastTimestamp"]):
            try:
                print("\n".join(f"     | {line[:220]}" for line in kubectl("get", "-A", *words).splitlines()[-12:]), flush=True)
            except Failed:
                pass

"""The cluster as the checks see it: its API, its commands, and waiting for conditions."""

import json
import os
import pathlib
import shutil
import ssl
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request

BED = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(BED))
from checks import Checks, Failed, expect, wait  # noqa: E402, F401

ROOT = BED.parents[1]
CACHE = pathlib.Path(os.environ.get("CROSSDOCK_K8S_CACHE", pathlib.Path.home() / ".cache/crossdock-k8s")).resolve()
STATE = CACHE / "state"
NETNS = os.environ.get("CROSSDOCK_K8S_NETNS", "crossdock")
NODES = ["node-1", "node-2"]
# For certificates and a database; `down` removes it.
WORK = pathlib.Path(tempfile.mkdtemp(prefix="crossdock-k8s."))
# The address of the first node, where the cluster's DNS listens too.
BESIDE = "10.250.0.1"


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


def look():
    """What somebody who reads of a failure wants to see next."""
    for words in (["pods", "--output=wide"], ["events", "--field-selector=type!=Normal", "--sort-by=.lastTimestamp"]):
        try:
            print("\n".join(f"     | {line[:220]}" for line in kubectl("get", "-A", *words).splitlines()[-12:]), flush=True)
        except Failed:
            pass

"""Production, broken: processes killed, a budget that says no, a database that goes away, a pod that is asked to end."""

import json
import os
import pathlib
import re
import signal
import time

from bed import NODES, Failed, ask, expect, request, wait
from load import Load, whole
from release import SERVICES, is_ready, name, restarts

NOTICE, GRACE = 5, 40


class Breaking:
    def __init__(self, release, database):
        self.release, self.database = release, database

    def checks(self, check):
        check("budget: the eviction of a second pod is refused", self.evicted)
        check("SIGTERM: a pod goes on for the notice, and ends by itself within its grace", self.ended)
        with Load(self.release, "kills") as load:
            check("kill -9 of a process of each service, under load: they come back", self.killed)
            check("kill -9, under load: nothing that was acknowledged is missing", lambda: whole(load.end()))
        check("database away: no pod is ready, calls that fail are in the log with their trace, and no pod is killed", self.without_database)
        check("database back: all pods are ready again, and none was restarted", self.with_database)
        check("database back: helm test", self.release.loop)
        check("logs: every line is JSON", self.logs)

    def evict(self, pod):
        body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod, "namespace": self.release.namespace}}
        status, answer = request(f"/api/v1/namespaces/{self.release.namespace}/pods/{pod}/eviction", "POST", body)
        return status, answer.read().decode()

    def evicted(self):
        first, second, *_ = [name(pod) for pod in self.release.ready("demand-signal")]
        status, said = self.evict(first)
        expect(status == 201, f"the first: {status} {said}")
        status, said = self.evict(second)
        expect(status == 429 and "disruption budget" in said, f"the second: {status} {said}")
        wait("three ready pods", 90, lambda: len(self.release.ready("demand-signal")) == 3)
        return json.loads(said)["message"]

    def ended(self):
        pod = name(self.release.ready("demand-signal")[0])
        path = f"/api/v1/namespaces/{self.release.namespace}/pods"
        _, watch = request(f"{path}?watch=1&fieldSelector=metadata.name={pod}", timeout=GRACE + 20)
        began = time.monotonic()
        self.release.kubectl("delete", "pod", pod, "--wait=false")
        unready = code = None
        for line in watch:
            event = json.loads(line)
            if unready is None and not is_ready(event["object"]):
                unready = time.monotonic() - began
            for status in event["object"]["status"].get("containerStatuses", []):
                code = status["state"].get("terminated", {}).get("exitCode", code)
            if event["type"] == "DELETED":
                break
        took = time.monotonic() - began
        expect(code == 0, f"it ended with {code}")
        expect(NOTICE <= took < GRACE, f"it took {took:.1f} s")
        return f"not ready after {unready or took:.1f} s, ended with 0 after {took:.1f} s"

    def process(self, pod):
        """The process in a pod, as this machine numbers it."""
        for folder in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if pod["metadata"]["uid"] in (folder / "cgroup").read_text() and "crossdock" in os.readlink(folder / "exe"):
                    return int(folder.name)
            except OSError:
                continue
        return None

    def killed(self):
        for service in SERVICES:
            pod = self.release.ready(service)[0]
            os.kill(wait("the process", 10, lambda: self.process(pod)), signal.SIGKILL)
            again = lambda: [other for other in self.release.ready(service) if name(other) == name(pod) and restarts(other) == restarts(pod) + 1]
            wait(f"{name(pod)} with one restart more", 60, again)

    def liveness(self):
        """How often each pod answered the probe of life, and how often it did not."""
        found = {}
        for node in NODES:
            told = ask(f"/api/v1/nodes/{node}/proxy/metrics/probes")
            for line in told.splitlines():
                if line.startswith("prober_probe_total{") and f'namespace="{self.release.namespace}"' in line and 'probe_type="Liveness"' in line:
                    labels = dict(re.findall(r'(\w+)="([^"]*)"', line))
                    found[labels["pod"], labels["result"]] = float(line.split()[-1])
        return found

    def without_database(self):
        self.was = {name(pod): restarts(pod) for pod in self.release.pods()}
        self.database.stop()
        began = time.monotonic()
        wait("no ready pod", 60, lambda: not [pod for pod in self.release.ready() if "operator" not in name(pod)])
        took, then = time.monotonic() - began, self.liveness()
        # Each is looked at twice more at least, and answers.
        alive = lambda pod, now: now.get((pod, "successful"), 0) >= then.get((pod, "successful"), 0) + 2
        wait("two more looks at each", 120, lambda: all(alive(pod, now) for now in [self.liveness()] for pod in self.was))
        missed = {pod: count for (pod, result), count in self.liveness().items() if result != "successful" and count > then.get((pod, result), 0)}
        expect(not missed, f"the probe of life failed: {missed}")
        wait("a call that fails, in the log with its trace", 60, self.failed)
        self.same()
        return f"all unready after {took:.1f} s"

    def failed(self):
        """Calls a process whose database is away; some of the calls are traced."""
        pod = self.release.pods("demand-signal")[0]
        try:
            self.release.crossdock("list", "demand-line", ip=pod["status"]["podIP"])
        except Failed as refused:
            expect("STORE_UNAVAILABLE" in str(refused) or "cannot be reached" in str(refused), str(refused))
        return [line for line in parsed(self.release.logs(name(pod))) if re.fullmatch("[0-9a-f]{32}", line.get("trace_id", ""))]

    def same(self):
        now = {name(pod): restarts(pod) for pod in self.release.pods()}
        expect(now == self.was, f"there were {self.was}, there are {now}")

    def with_database(self):
        self.database.start()
        began = time.monotonic()
        wait("all pods ready", 60, lambda: len(self.release.ready()) == len(self.was))
        self.same()
        return f"after {time.monotonic() - began:.1f} s"

    def logs(self):
        lines = [line for pod in self.release.pods() for line in parsed(self.release.logs(name(pod)))]
        bare = [line for line in lines if not {"timestamp", "level", "target", "message"} <= line.keys()]
        expect(not bare, f"{bare[:2]}")
        return f"{len(lines)} lines"


def parsed(log):
    return [json.loads(line) for line in log.splitlines()]

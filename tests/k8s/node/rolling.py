"""Production, under load: an upgrade from the build before, the way back, pods that are deleted, a node that is drained. No call may fail."""

import json
import time

from bed import NODES, ask, expect, kubectl, wait
from load import Load, clean
from release import SERVICES, name


class Rolling:
    def __init__(self, release, builds, values):
        self.release, self.builds, self.values = release, builds, values

    def checks(self, check):
        before = f"the build before ({self.builds.before})"
        check(f"production: helm install --wait, {before}", self.release.install, self.values, "before", self.builds.charts_before / "crossdock")
        check("production: helm test", self.release.loop)
        with Load(self.release, "rolling") as load:
            check("production, under load: helm upgrade --wait to this build", self.moved, load, self.upgrade, "now")
            check("production, under load: helm rollback --wait", self.moved, load, self.rollback, "before")
            check("production, under load: no call failed, and nothing is missing", lambda: clean(load.end()))
        check("production: helm upgrade --wait again, with nobody to wait for", self.release.install, self.values, "now", None, "default.minReadySeconds=0")
        check("production: replicas are on both nodes", self.spread)
        with Load(self.release, "draining") as load:
            check("production, under load: a pod of each service is deleted", self.deleted)
            check("production, under load: the client finds those that came for them", self.found, load)
            check("production, under load: a node is drained", self.drained)
            check("production, under load: no call failed, and nothing is missing", lambda: clean(load.end()))
        check("production: nothing restarted", self.release.none_restarted)
        check("production: helm test, after all that", self.release.loop)

    def upgrade(self):
        self.release.install(self.values)

    def rollback(self):
        self.release.helm("rollback", "--wait", "--timeout=10m")

    def moved(self, load, how, to):
        calls, began = load.calls(), time.monotonic()
        how()
        took = time.monotonic() - began
        images = {pod["spec"]["containers"][0]["image"].split(":")[-1] for pod in self.release.pods() if "operator" not in name(pod)}
        expect(images == {to}, f"images: {images}")
        return f"{len(SERVICES)} services of 3 replicas in {took:.0f} s, meanwhile some {load.calls() - calls} calls"

    def spread(self):
        for service in SERVICES:
            nodes = {pod["spec"]["nodeName"] for pod in self.release.pods(service)}
            expect(nodes == set(NODES), f"{service} is on {nodes}")

    def settled(self):
        return all(len(self.release.ready(service)) == 3 for service in SERVICES)

    def deleted(self):
        for service in SERVICES:
            self.release.kubectl("delete", "pod", name(self.release.ready(service)[0]), "--wait=false")
        wait("three ready pods of each service", 90, self.settled)
        wait("the end of what was deleted", 60, self.none_ending)

    def found(self, load):
        """Cluster DNS keeps names for 30 seconds, and gRPC asks it no sooner than 30 seconds after it asked last."""
        words = len(load.progress()) + 1
        wait("answers of three of each service", 90, lambda: load.spread(3, words))

    def none_ending(self):
        pods = json.loads(ask(f"/api/v1/namespaces/{self.release.namespace}/pods"))["items"]
        return not [pod for pod in pods if "deletionTimestamp" in pod["metadata"]]

    def drained(self):
        """The other node is that of the load. The budget lets one pod of a service go at a time; `kubectl drain` waits for its successor."""
        kubectl("drain", NODES[1], "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=300s")
        left = {name(pod) for pod in self.release.pods() if pod["spec"]["nodeName"] == NODES[1]}
        kubectl("uncordon", NODES[1])
        expect(not left, f"still there: {left}")
        wait("three ready pods of each service", 90, self.settled)

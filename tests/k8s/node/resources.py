"""The operator in the cluster: the policy from custom resources, end to end."""

import json
import textwrap

from bed import ROOT, ask, expect, helm, run, wait
from builds import BINARY

VERSION = "crossdock.dev/v1alpha1"
FILE = ROOT / "services/governance/policy/first-try.yaml"


class Resources:
    def __init__(self, release, values):
        self.release, self.values = release, values

    def checks(self, check):
        check("operator: helm install of the custom resources", self.definitions)
        check("operator: Connections and a Policy are taken", self.applied)
        check("operator: helm install --wait with it", self.release.install, self.values)
        check("operator: all are in force, as the same policy that a file makes", self.in_force)
        check("operator: helm test", self.release.loop)
        check("operator: a change is in force, and its status says so", self.changed)
        check("operator: a Connection that is deleted is out of force", self.deleted)
        check("operator: its events are on the object", self.events)
        check("operator: nothing restarted", self.release.none_restarted)
        check("operator: helm uninstall --wait", self.release.uninstall)

    def definitions(self):
        helm("install", "crossdock-crds", self.release.charts / "crossdock-crds", "-n", self.release.namespace, "--wait")

    def applied(self):
        """What the policy file says, taken apart: each connection is an object, and the rest is one."""
        policy = f"apiVersion: {VERSION}\nkind: Policy\nmetadata: {{name: all}}\nspec:\n{textwrap.indent(FILE.read_text(), '  ')}"
        rest = json.loads(self.release.kubectl("create", "--dry-run=client", "--validate=false", "--output=json", "-f", "-", input=policy))
        connections = rest["spec"].pop("connections")
        self.connections = [spec.pop("name") for spec in connections]
        things = [{"apiVersion": VERSION, "kind": "Connection", "metadata": {"name": name}, "spec": spec} for name, spec in zip(self.connections, connections)]
        self.release.kubectl("apply", "-f", "-", input=json.dumps({"apiVersion": "v1", "kind": "List", "items": [rest, *things]}))
        return f"{len(things)} connections"

    def object(self, plural, called):
        return json.loads(ask(f"/apis/{VERSION}/namespaces/{self.release.namespace}/{plural}/{called}"))

    def settled(self, plural, called):
        """The object's status, once it speaks of what stands there now."""
        thing = self.object(plural, called)
        status = thing.get("status", {})
        applied = [condition for condition in status.get("conditions", []) if condition["type"] == "Applied"]
        if applied and applied[0]["status"] == "True" and applied[0].get("observedGeneration") == thing["metadata"]["generation"]:
            return status
        return None

    def version(self):
        return self.settled("policies", "all")["version"]

    def in_force(self):
        for connection in self.connections:
            wait(connection, 60, lambda: self.settled("connections", connection))
        wait("the policy", 60, lambda: self.settled("policies", "all"))
        by_file = run(BINARY, "policy", "check", FILE)
        expect(f"version {self.version()}," in by_file, f"in force is {self.version()}, by the file it is {by_file}")
        return self.version()

    def changed(self):
        before = self.version()
        self.release.kubectl("patch", "connection", "erp", "--type=merge", "-p", json.dumps({"spec": {"description": "Changed"}}))
        after = wait("the change", 60, lambda: (self.settled("connections", "erp") or {}).get("version"))
        expect(after != before, f"the version is {after}, as before")
        said = {connection["name"]: connection.get("description") for connection in self.release.policy()["connections"]}
        expect(said["erp"] == "Changed", f"{said}")
        return f"{before} to {after}"

    def deleted(self):
        self.release.kubectl("delete", "connection", "wms")
        wait("a policy without it", 60, lambda: "wms" not in {connection["name"] for connection in self.release.policy()["connections"]})

    def events(self):
        told = json.loads(ask(f"/apis/events.k8s.io/v1/namespaces/{self.release.namespace}/events"))["items"]
        ours = [event for event in told if event["regarding"].get("kind") in ("Connection", "Policy")]
        expect(ours, f"no event on a Connection or a Policy among {len(told)}")
        return f"{len(ours)}, such as {ours[0]['reason']}: {ours[0]['note']}"

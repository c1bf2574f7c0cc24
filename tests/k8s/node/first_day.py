"""All in one: one process, its data on a volume."""

from bed import expect, wait
from release import is_ready, name


class FirstDay:
    def __init__(self, release, values):
        self.release, self.values = release, values

    def checks(self, check):
        check("all in one: helm install --wait", self.release.install, self.values)
        check("all in one: helm test", self.release.loop)
        check("all in one: nothing restarted", self.release.none_restarted)
        check("all in one: a deleted pod comes back with its data", self.kept, self.deleted)
        check("all in one: an upgrade keeps the data", self.kept, self.upgraded)
        check("all in one: uninstalled and installed again, with its data", self.kept, self.again)
        check("all in one: helm uninstall --wait", self.release.uninstall)

    def items(self):
        return [record["envelope"] for record in self.release.crossdock("list", "item")]

    def kept(self, what):
        """Does what it says to the only pod; another one has to have the same items then."""
        before, was = self.items(), {pod["metadata"]["uid"] for pod in self.release.pods("all-in-one")}
        what()
        wait("another pod", 120, lambda: [pod for pod in self.release.ready("all-in-one") if pod["metadata"]["uid"] not in was])
        now = self.items()
        expect(before and before == now, f"there were {before}, and there are {now}")
        return f"{len(now)} items"

    def deleted(self):
        self.release.kubectl("delete", "pod", name(self.release.ready("all-in-one")[0]))

    def upgraded(self):
        self.release.install(self.values, "before")
        expect(is_ready(self.release.pods("all-in-one")[0]), "not ready after helm upgrade --wait")

    def again(self):
        self.release.uninstall()
        self.release.install(self.values)

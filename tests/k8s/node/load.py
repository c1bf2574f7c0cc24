"""The load client in a pod of the suite's namespace: it begins, goes on while something is done to the suite, and is asked what it saw."""

import json

from bed import BED, CACHE, Failed, ask, expect, wait
from release import SERVICES

RATE = 500
POD = (BED / "node/load.yaml").read_text()


class Load:
    def __init__(self, release, called):
        self.release, self.pod = release, f"load-{called}"

    def __enter__(self):
        targets = "".join(f"    - -service={service}=dns:///crossdock-{service}-headless:7400\n" for service in SERVICES)
        self.release.kubectl("apply", "-f", "-", input=POD.replace("@POD@", self.pod).replace("@RATE@", str(RATE)).replace("@SERVICES@", targets))
        wait("the load", 60, lambda: "acknowledged" in self.release.logs(self.pod))
        return self

    def __exit__(self, failure, *_):
        if failure:
            self.release.kubectl("delete", "pod", self.pod, "--wait=false")

    def phase(self):
        return json.loads(ask(f"/api/v1/namespaces/{self.release.namespace}/pods/{self.pod}"))["status"]["phase"]

    def progress(self):
        """Its words on how it goes, one every five seconds."""
        return [line for line in self.release.logs(self.pod).splitlines() if "answered by" in line]

    def calls(self):
        return int(self.progress()[-1].split(" calls")[0].split()[-1])

    def spread(self, replicas, words):
        """Whether in its latest words, after so many, it has found all processes: until then it counts on those that it knows, and no more should go."""
        told = self.progress()
        answered = told[-1].split("answered by ")[1].split(", ")
        return len(told) > words and sorted(answered) == sorted(f"{service} {replicas}" for service in SERVICES)

    def end(self):
        """What it saw, from its last line; all of them are kept in the cache."""
        self.release.kubectl("exec", self.pod, "--", "/load", "stop")
        wait("the end of the load", 90, lambda: self.phase() in ("Succeeded", "Failed"))
        log = self.release.logs(self.pod)
        (CACHE / f"{self.pod}.log").write_text(log)
        lines = log.strip().splitlines()
        try:
            return json.loads(lines[-1])
        except ValueError:
            raise Failed(f"the load ended with {lines[-3:]}") from None


def said(seen):
    return (
        f"{seen['calls']} calls at {seen['per_second']:.0f}/s, {seen['failed']} failed {seen['by_code'] or ''}, {seen['sent_again']} sent again by gRPC, "
        f"{seen['acknowledged']} lines acknowledged and {seen['missing']} of them missing, p50 {seen['p50_ms']:.1f} ms, p99 {seen['p99_ms']:.0f} ms, max {seen['max_ms']:.0f} ms"
    )


def whole(seen):
    """Everything that was acknowledged is there, whatever failed."""
    expect(seen["missing"] == 0 and seen["lost"] == 0 and seen["refused"] == 0, said(seen))
    return said(seen)


def clean(seen):
    """… and nothing failed, at the rate that was asked for."""
    expect(seen["failed"] == 0, f"{said(seen)}: {seen['messages']}")
    expect(seen["per_second"] > 0.9 * RATE, f"too slow: {said(seen)}")
    return whole(seen)

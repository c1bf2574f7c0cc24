"""What is installed: images and charts of this build, and of the one before.

The one before is the newest commit whose build passed here; it is kept outside the tree. With none, or none that is older, this build is both."""

import os
import pathlib
import shutil
import tempfile

from bed import BED, CACHE, ROOT, run

REPOSITORY = "crossdock.test/crossdock"
KEPT = CACHE / "builds"
BINARY = pathlib.Path(os.environ.get("CROSSDOCK_BIN", ROOT / "target/release/crossdock"))


def git(*words):
    return run("git", "-C", ROOT, *words).strip()


def previous():
    """The folder of the build before, if there is one."""
    if "CROSSDOCK_PREVIOUS" in os.environ:
        return pathlib.Path(os.environ["CROSSDOCK_PREVIOUS"])
    changed = bool(git("status", "--porcelain"))
    for commit in git("log", "--format=%H").splitlines()[0 if changed else 1 :]:
        if (KEPT / commit / "crossdock").exists():
            return KEPT / commit
    return None


def keep():
    """Remembers this build for the ones after it, if it is a commit; of others only the one before is kept."""
    if git("status", "--porcelain"):
        return
    before, here = previous(), KEPT / git("rev-parse", "HEAD")
    (here / "charts").mkdir(parents=True, exist_ok=True)
    shutil.copy2(BINARY, here / "crossdock")
    shutil.copytree(ROOT / "charts", here / "charts", dirs_exist_ok=True)
    for other in KEPT.iterdir():
        if other not in (here, before):
            shutil.rmtree(other)


def image(tag, binary, revision):
    """Makes an image, and loads it into the nodes."""
    with tempfile.TemporaryDirectory() as folder:
        archive = pathlib.Path(folder) / "image.tar"
        named = {**os.environ, "CROSSDOCK_IMAGE": f"{REPOSITORY}:{tag}", "CROSSDOCK_REVISION": revision}
        told = run(ROOT / ".ci/image", binary, archive, env=named)
        run(BED / "image.sh", archive)
    return told.split(": ", 1)[1].strip()


class Builds:
    """Both builds, loaded."""

    def __init__(self):
        before = previous()
        self.charts = ROOT / "charts"
        self.charts_before = before / "charts" if before else self.charts
        self.before = before.name[:12] if before else "the same build"
        self.said = image("now", BINARY, git("rev-parse", "HEAD"))
        image("before", before / "crossdock" if before else BINARY, self.before)
        run(BED / "image.sh", "crossdock.test/load:1", CACHE / "bin/load")

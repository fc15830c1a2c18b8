"""podman with its storage in a temporary folder, for machines without systemd and networks to set
up."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from tests.projects import write

_NEEDED = ("podman", "runc", "promtool", "ldd", "tar")
MISSING = [name for name in _NEEDED if shutil.which(name) is None]
if os.geteuid() != 0:
    MISSING.append("root")

_CONTAINERS = """
[containers]
default_ulimits=["nofile=1024:1024","nproc=1000:1000"]
netns="{network}"
[engine]
runtime="runc"
cgroup_manager="cgroupfs"
tmp_dir="{base}/tmp"
"""
_STORAGE = """
[storage]
driver = "vfs"
graphroot = "{base}/storage"
runroot = "{base}/run"
"""


@dataclass(frozen=True)
class Podman:
    """`base` is its folder, `environment` all variables that it sees."""

    base: Path
    environment: Mapping[str, str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["podman", *arguments],
            env=dict(self.environment),
            capture_output=True,
            text=True,
            check=False,
        )

    def load(self, root: Path, image: str) -> str:
        """Makes an image of all files below `root`, which go, and gives its name back."""
        archive = self.base / "root.tar"
        subprocess.run(["tar", "-C", str(root), "-cf", str(archive), "."], check=True)
        shutil.rmtree(root)
        done = self.run("import", "--quiet", str(archive), image)
        archive.unlink()
        if done.returncode:
            pytest.skip(f"podman cannot load an image here: {done.stderr.strip()[-300:]}")
        return image


@contextmanager
def podman(
    network: Literal["none", "host"], environment: Mapping[str, str] = os.environ
) -> Iterator[Podman]:
    """Its folder is short, as podman makes sockets in it."""
    with tempfile.TemporaryDirectory(prefix="smith", dir="/tmp") as name:
        base = Path(name)
        config = _CONTAINERS.format(base=base, network=network)
        write(base, {"containers.conf": config, "storage.conf": _STORAGE.format(base=base)})
        own = {
            "HOME": name,
            "CONTAINERS_CONF": str(base / "containers.conf"),
            "CONTAINERS_STORAGE_CONF": str(base / "storage.conf"),
        }
        found = Podman(base, {**environment, **own})
        try:
            yield found
        finally:
            reset = found.run("system", "reset", "--force")
            assert reset.returncode == 0, reset.stderr

"""kubectl as a reader of manifests."""

from __future__ import annotations

import functools
import re
import shutil
import subprocess

import pytest


@functools.cache
def _missing() -> str:
    """Why kubectl cannot judge kustomizations here; empty if it can."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        return "kubectl is not on PATH"
    run = subprocess.run(
        [kubectl, "version", "--client"], capture_output=True, text=True, check=False
    )
    found = re.search(r"v(\d+)\.(\d+)", run.stdout)
    if found and (int(found[1]), int(found[2])) < (1, 21):
        return f"kubectl {found[0]} is too old: its kustomize takes no folders (1.21 does)"
    return ""


needs_kubectl = pytest.mark.skipif(bool(_missing()), reason=f"not rendered: {_missing()}")

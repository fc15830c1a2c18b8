"""Generated artifacts → what is wrong with them, before anything is written.

The checks are closed: only the fields that slosmith writes are allowed. Every finding means a
fault in slosmith, or hostile input that got through the checks of the specs.
"""

from __future__ import annotations

from collections.abc import Sequence

from slosmith.artifacts import Artifact
from slosmith.problems import Place, Problem
from slosmith.validate.files import Files
from slosmith.validate.findings import Finding


def check(artifacts: Sequence[Artifact], *, out: str = "out") -> list[Problem]:
    """Everything that is wrong with `artifacts`, each alone and all together.

    All artifacts of a project have to be there: kustomizations and copies are compared with what
    they name. `out` is the output folder as problems name it. Never raises.
    """
    files = Files([artifact.path for artifact in artifacts])
    found = files.check_paths()
    # Plain files first: the copies in Kubernetes objects are compared with them.
    for artifact in sorted(artifacts, key=lambda item: (item.family == "kubernetes", item.path)):
        found += [(artifact.path, finding) for finding in _guarded(files, artifact)]
    found += files.check_together()
    return [
        Problem(finding.check, finding.message, Place(f"{out}/{path}"), finding.severity)
        for path, finding in found
    ]


def _guarded(files: Files, artifact: Artifact) -> list[Finding]:
    try:
        return files.check(artifact)
    except Exception as error:
        # A file that a check cannot cope with must not hide what is wrong with the others.
        text = f"cannot be checked ({type(error).__name__}: {error})"
        return [Finding("artifact-unchecked", (), text)]

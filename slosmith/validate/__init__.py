"""Generated artifacts → what is wrong with them, before anything is written.

The checks are closed: only the fields that slosmith writes are allowed. Every finding means a
fault in slosmith, or hostile input that got through the checks of the specs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from slosmith.artifacts import Made
from slosmith.problems import Place, Problem
from slosmith.validate.claims import Claim, conflicts
from slosmith.validate.files import Files
from slosmith.validate.findings import Finding


def check(artifacts: Sequence[Made], *, out: str = "out") -> list[Problem]:
    """Everything that is wrong with `artifacts`, each alone and all together.

    All artifacts of a project have to be there: kustomizations and copies are compared with what
    they name. `out` is the output folder as problems name it. Never raises.
    """
    files = Files([artifact.path for artifact in artifacts])
    return _problems(
        [*files.check_paths(), *_each(files, artifacts), *conflicts(files.claims)], out
    )


def check_service(artifacts: Sequence[Made], *, out: str) -> tuple[list[Problem], list[Claim]]:
    """What is wrong with the artifacts of one service, and what they claim for themselves: for
    `check_fleet`, which does not see them again."""
    files = Files([artifact.path for artifact in artifacts])
    return _problems(_each(files, artifacts), out), files.claims


def check_fleet(
    artifacts: Sequence[Made], paths: Sequence[str], claims: Iterable[Claim], *, out: str
) -> list[Problem]:
    """What is wrong with the artifacts of the whole fleet, and with all together. `paths` are
    those of all artifacts, `claims` those of all services."""
    files = Files(paths)
    found = [*files.check_paths(), *_each(files, artifacts)]
    return _problems([*found, *conflicts([*claims, *files.claims])], out)


def _each(files: Files, artifacts: Sequence[Made]) -> list[tuple[str, Finding]]:
    # Plain files first: the copies in Kubernetes objects are compared with them.
    in_order = sorted(artifacts, key=lambda item: (item.family == "kubernetes", item.path))
    return [(item.path, finding) for item in in_order for finding in _guarded(files, item)]


def _problems(found: Iterable[tuple[str, Finding]], out: str) -> list[Problem]:
    return [
        Problem(finding.check, finding.message, Place(f"{out}/{path}"), finding.severity)
        for path, finding in found
    ]


def _guarded(files: Files, artifact: Made) -> list[Finding]:
    try:
        return files.check(artifact)
    except Exception as error:
        # A file that a check cannot cope with must not hide what is wrong with the others.
        text = f"cannot be checked ({type(error).__name__}: {error})"
        return [Finding("artifact-unchecked", (), text)]

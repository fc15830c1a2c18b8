"""Artifacts in, files below the output folder out: only what changed, whole or not at all.

`write` is what `slosmith build` runs, `status` what `slosmith check` runs. Both start from `plan`,
which says for every path how the file that stands there relates to the one that is wanted.
"""

from __future__ import annotations

from slosmith.output.lock import hold, make_scratch, remove_unused_scratch
from slosmith.output.paths import CACHE, scratch_folder
from slosmith.output.seen import Digests
from slosmith.output.state import Content, Plan, State, Wanted, plan
from slosmith.output.status import status
from slosmith.output.tree import Tree
from slosmith.output.write import Result, write

__all__ = [
    "CACHE",
    "Content",
    "Digests",
    "Plan",
    "Result",
    "State",
    "Tree",
    "Wanted",
    "hold",
    "make_scratch",
    "plan",
    "remove_unused_scratch",
    "scratch_folder",
    "status",
    "write",
]

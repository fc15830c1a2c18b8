"""Services made into files, each only when it has changed: what builds and checks run.

`pipeline.compile_project` gives the same with every text in memory; this keeps what was made of
each service by digest (`memory`), makes the rest side by side (`workers`), and has the texts on
disk (`workshop`).
"""

from __future__ import annotations

from slosmith.making.progress import Progress
from slosmith.making.project import NoRoom, make_project, review_project
from slosmith.making.workshop import Workshop

__all__ = ["NoRoom", "Progress", "Workshop", "make_project", "review_project"]

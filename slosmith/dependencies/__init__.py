"""The kinds of dependencies, by name: every module of `slosmith.dependencies.kinds` has one as
`KIND`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping

from slosmith.dependencies import kinds
from slosmith.dependencies.interface import Kind


def _found() -> Mapping[str, Kind]:
    names = sorted(module.name for module in pkgutil.iter_modules(kinds.__path__))
    modules = [importlib.import_module(f"{kinds.__name__}.{name}") for name in names]
    return {module.KIND.name: module.KIND for module in modules}


KINDS = _found()

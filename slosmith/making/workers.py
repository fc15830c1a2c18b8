"""Work on many items, on all processors: a process for each, forked from this one.

A worker inherits everything and is only asked for results, over a pipe of its own. So a worker
whose parent died ends when it wants to hand over its next result, and a worker that was killed is
an end of its pipe.
"""

from __future__ import annotations

import gc
import os
import pickle
import selectors
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any, NoReturn, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# Below this a second process costs more than it brings.
_WORTH_IT = 12
# Each keeps a hundred megabytes or two of its own.
_MOST = 4
_LENGTH = 4


class WorkerDied(Exception):
    """A worker ended before its work did. The message says how."""


def each(items: Sequence[Item], work: Callable[[Item], Result]) -> Iterator[tuple[int, Result]]:
    """`work` of every item, with the item's number, as they come. What `work` raises is raised."""
    count = min(_processors(), _MOST, len(items) // (_WORTH_IT // 2))
    # A fork has one thread only: locks that others held would stay locked.
    able = sys.platform == "linux" and threading.active_count() == 1
    if count < 2 or not able:
        for number, item in enumerate(items):
            yield number, work(item)
        return
    gc.collect()
    gc.freeze()  # or the collector of each worker would copy all pages that hold objects
    workers: dict[int, int] = {}  # end of pipe → process
    try:
        for first in range(count):
            numbers = range(first, len(items), count)
            end, process = _start(items, numbers, work, list(workers))
            workers[end] = process
        yield from _results(workers, len(items))
    finally:
        gc.unfreeze()
        for end, process in workers.items():
            os.close(end)
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(process, 0)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _start(
    items: Sequence[Item],
    numbers: Sequence[int],
    work: Callable[[Item], Result],
    others: Sequence[int],
) -> tuple[int, int]:
    ours, theirs = os.pipe()
    process = os.fork()
    if process == 0:
        for end in (ours, *others):
            os.close(end)
        _work(items, numbers, work, theirs)
    os.close(theirs)
    return ours, process


def _work(
    items: Sequence[Item], numbers: Sequence[int], work: Callable[[Item], Result], pipe: int
) -> NoReturn:
    """Never returns, whatever happens: this is a copy of the parent in the midst of its work."""
    try:
        # The parent hears of Ctrl-C as well, and ends its workers.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        for number in numbers:
            try:
                answer: tuple[int, Any, BaseException | None] = (number, work(items[number]), None)
            except Exception as error:
                answer = (number, None, _portable(error))
            data = pickle.dumps(answer, protocol=5)
            _write(pipe, len(data).to_bytes(_LENGTH, "big") + data)
    finally:
        os._exit(0)


def _portable(error: Exception) -> Exception:
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def _write(pipe: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(pipe, view) :]


def _results(workers: dict[int, int], expected: int) -> Iterator[tuple[int, Any]]:
    buffers = {end: bytearray() for end in workers}
    left = expected
    with selectors.DefaultSelector() as selector:
        for end in workers:
            selector.register(end, selectors.EVENT_READ)
        while left:
            if not selector.get_map():
                raise WorkerDied("a process that compiles services was killed (out of memory?)")
            for key, _ in selector.select():
                data = os.read(key.fd, 1 << 20)
                if not data:
                    selector.unregister(key.fd)
                    continue
                buffers[key.fd] += data
                for number, result, error in _answers(buffers[key.fd]):
                    if error is not None:
                        raise error
                    left -= 1
                    yield number, result


def _answers(buffer: bytearray) -> Iterator[tuple[int, Any, BaseException | None]]:
    while len(buffer) >= _LENGTH:
        end = _LENGTH + int.from_bytes(buffer[:_LENGTH], "big")
        if len(buffer) < end:
            return
        answer = pickle.loads(bytes(buffer[_LENGTH:end]))
        del buffer[:end]
        yield answer

"""Processes started ahead of time, so that a study begins at once.

A process in reserve has imported what takes long and waits to be told what to run. Whoever needs
a process calls `start`, which takes one from the reserve or, when there is none, a new one. There
is a reserve for every purpose that needs other imports.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import os
import threading
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from hpo_gui.execution import processes

Started = tuple[SpawnProcess, "Connection[Any, Any]"]

WORK = "work"  # the usual purpose

_lock = threading.Lock()
_waiting: dict[str, list[Started]] = {}  # by purpose
_hooked = False


def keep_ready(count: int, modules: Sequence[str] = (), *, purpose: str = WORK) -> None:
    """Start processes until ``count`` wait in reserve for this purpose; returns at once.

    Parameters
    ----------
    modules : what they import while they wait; one that cannot be imported is left out
    """
    global _hooked
    with _lock:
        _bury()
        if not _hooked:
            # Before multiprocessing's own hook, which would wait for them for ever.
            atexit.register(dismiss, os.getpid())
            _hooked = True
        ready = _waiting.setdefault(purpose, [])
        while len(ready) < count:
            ready.append(processes.spawn(_wait, "hpo-reserve", tuple(modules)))


def start(target: Callable[..., None], name: str, *arguments: Any, purpose: str = WORK) -> Started:
    """Run ``target(connection, *arguments)`` in a process of its own.

    Parameters
    ----------
    purpose : whose reserve to take it from

    Returns
    -------
    The process, and the parent's end of a duplex pipe to it.
    """
    while (ready := _take(purpose)) is not None:
        process, connection = ready
        try:
            connection.send((target, arguments))
        except OSError:  # it has died meanwhile
            _end(ready)
            continue
        process.name = name
        return ready
    return processes.spawn(target, name, *arguments)


def dismiss(owner: int | None = None) -> None:
    """Kill what waits in reserve; in a fork of the program (another ``owner``) nothing."""
    if owner is not None and owner != os.getpid():
        return
    for purpose in tuple(_waiting):
        while (ready := _take(purpose)) is not None:
            _end(ready)


def _take(purpose: str) -> Started | None:
    with _lock:
        _bury()
        ready = _waiting.get(purpose)
        return ready.pop(0) if ready else None


def _bury() -> None:
    """Forget the dead."""
    for ready in _waiting.values():
        for started in [s for s in ready if s[0].exitcode is not None]:
            ready.remove(started)
            _end(started)


def _end(started: Started) -> None:
    process, connection = started
    processes.kill(process)
    connection.close()
    process.join()
    process.close()


def _wait(connection: Connection[Any, Any], modules: tuple[str, ...]) -> None:
    """The child's side."""
    processes.settle_in()
    for module in modules:
        with contextlib.suppress(ImportError):
            importlib.import_module(module)
    if not processes.wait_for_parent(connection):
        processes.die()
    try:
        target, arguments = connection.recv()
    except EOFError:  # dismissed
        return
    target(connection, *arguments)

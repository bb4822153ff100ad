"""Processes started ahead of time, so that a study begins at once.

A process in reserve has imported what takes long and waits to be told what to run. Whoever needs
a process calls `start`, which takes one from the reserve or, when there is none, a new one, and
may `give_back` one that has done its work well. There is a reserve for every purpose that needs
other imports.
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
AGAIN = "again"  # what a target returns whose process can be given back
LARGEST_MB = 600.0  # memory of a process that is worth keeping

_lock = threading.Lock()
_waiting: dict[str, list[Started]] = {}  # by purpose
_hooked = False
_full: dict[str, int] = {}  # how many were wanted last
_prepared: set[int] = set()  # those taken from a reserve, with everything imported


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
        _full[purpose] = count
        while len(ready) < count:
            ready.append(processes.spawn(_wait, "hpo-reserve", tuple(modules)))


def start(
    target: Callable[..., object], name: str, *arguments: Any, purpose: str = WORK
) -> Started:
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
            end(ready)
            continue
        process.name = name
        if process.pid is not None:
            _prepared.add(process.pid)
        return ready
    process, connection = processes.spawn(_wait, name, ())
    with contextlib.suppress(OSError):  # it died at once: its sentinel tells
        connection.send((target, arguments))
    return process, connection


def give_back(started: Started) -> None:
    """Keep a process whose target has returned for the next one; or end it.

    It is kept if it was prepared and has not grown large, and the reserve is not full.
    """
    process, _ = started
    pid = process.pid
    keep = pid in _prepared and pid is not None and processes.resident_mb(pid) <= LARGEST_MB
    with _lock:
        _bury()
        ready = _waiting.setdefault(WORK, [])
        if keep and len(ready) < _full.get(WORK, 0):
            ready.append(started)
            return
    end(started)


def dismiss(owner: int | None = None) -> None:
    """Kill what waits in reserve; in a fork of the program (another ``owner``) nothing."""
    if owner is not None and owner != os.getpid():
        return
    for purpose in tuple(_waiting):
        while (ready := _take(purpose)) is not None:
            end(ready)


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
            end(started)


def end(started: Started) -> None:
    """Kill a process that somebody has started, and forget it."""
    process, connection = started
    _prepared.discard(process.pid or 0)
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
    while True:
        if not processes.wait_for_parent(connection):
            processes.die()
        try:
            target, arguments = connection.recv()
        except EOFError:  # dismissed, or not given back
            return
        if target(connection, *arguments) is not AGAIN:
            return

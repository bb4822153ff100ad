"""Objectives that behave and misbehave, in a module that a worker process can import."""

# ruff: noqa: T201 - what is printed here is what the tests look for

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import subprocess
import sys
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hpo_gui.core.errors import ObjectiveError
from hpo_gui.core.trial import Learned


class Scripted:
    """Does in each step what the parameter ``do`` says; the score is ``x`` plus the step."""

    steps = 5

    def start(self, params: dict[str, Any], seed: int) -> int:
        if params.get("do") == "raise_at_start":
            raise ValueError("no start")
        return seed

    def step(self, state: int, params: dict[str, Any], index: int) -> tuple[Any, int]:
        if index >= params.get("at", 0):
            special = ACTIONS[params.get("do", "score")](params)
            if special is not None:
                return special
        return {"score": float(params.get("x", 0) + index), "seed": state}, state + 1


class SpeechlessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text either")


def _raise(error: BaseException) -> None:
    raise error


def _sleep(params: dict[str, Any]) -> None:
    Path(params["sign"]).touch() if "sign" in params else None
    time.sleep(params.get("seconds", 3600))


def _wait_for(params: dict[str, Any]) -> None:
    """Go on when the file is there."""
    while not Path(params["sign"]).exists():
        time.sleep(0.005)


def _hold_the_gil(params: dict[str, Any]) -> None:
    """C code that lets no other thread run and is deaf to SIGTERM."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Path(params["sign"]).touch()
    ctypes.PyDLL(None).sleep(3600)


def _eat_memory(params: dict[str, Any]) -> None:
    hoard = []
    while True:
        hoard.append(bytearray(b"x") * (4 * 2**20))
        time.sleep(0.001)


def _eat_fast(params: dict[str, Any]) -> None:
    bytearray(b"x") * (2**40)


def _print(params: dict[str, Any]) -> None:
    print("printed by Python")
    sys.stderr.write("written to stderr\n")
    os.write(1, b"written by C\n")
    warnings.warn("a warning", stacklevel=1)


def _chatter(params: dict[str, Any]) -> None:
    for _ in range(2000):
        print("chatter " * 100)
    print("the end of it")


def _have_child(params: dict[str, Any]) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
    Path(params["sign"]).write_text(str(child.pid))
    time.sleep(3600)


def _leave_orphan(params: dict[str, Any]) -> None:
    """Die and leave a fork behind, which keeps the worker's pipes open."""
    pid = os.fork()
    if pid == 0:
        time.sleep(3600)
        os._exit(0)
    Path(params["sign"]).write_text(str(pid))
    os._exit(5)


def _fork(params: dict[str, Any]) -> tuple[Any, int] | None:
    """Let a child end as ``end`` says; the score is its exit code."""
    pid = os.fork()
    if pid:
        return {"score": float(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))}, 0
    if params["end"] == "exit":
        sys.exit(3)
    if params["end"] == "raise":
        raise ValueError("the child fails")
    return None


def _environment(params: dict[str, Any]) -> tuple[Any, int]:
    import numpy as np
    import threadpoolctl

    _ = np.ones((2, 2)) @ np.ones((2, 2))
    threads = [library["num_threads"] for library in threadpoolctl.threadpool_info()]
    return {
        "omp": os.environ["OMP_NUM_THREADS"],
        "blas": max(threads, default=1),
        "daemon": multiprocessing.current_process().daemon,
        "pid": os.getpid(),
    }, 0


ACTIONS: dict[str, Any] = {
    "score": lambda params: None,
    "sleep": _sleep,
    "wait_for": _wait_for,
    "hold_the_gil": _hold_the_gil,
    "raise": lambda params: _raise(ValueError("C must be positive")),
    "raise_studio": lambda params: _raise(ObjectiveError("kernel", "must be rbf", "poly")),
    "raise_without_text": lambda params: _raise(SpeechlessError()),
    "raise_memory": lambda params: _raise(MemoryError()),
    "sys_exit": lambda params: sys.exit(3),
    "os_exit": lambda params: os._exit(7),
    "print_and_exit": lambda params: (print("last words"), os._exit(8)),
    "segfault": lambda params: ctypes.string_at(0),
    "die_by_signal": lambda params: os.kill(os.getpid(), signal.SIGKILL),
    "eat_memory": _eat_memory,
    "eat_fast": _eat_fast,
    "print": _print,
    "chatter": _chatter,
    "have_child": _have_child,
    "leave_orphan": _leave_orphan,
    "fork": _fork,
    "environment": _environment,
    "unpicklable": lambda params: ({"score": lambda: 0}, 0),
    "no_tuple": lambda params: 0.5,
    "nan": lambda params: ({"score": float("nan")}, 0),
    "numpy": lambda params: ({"score": __import__("numpy").float32(0.5)}, 0),
}


def scripted() -> Scripted:
    return Scripted()


@dataclass(frozen=True)
class Broken:
    """A factory that fails, and leaves a mark each time."""

    marks: str
    how: str = "raise"
    fields: dict[str, int] = field(default_factory=dict)

    def __call__(self) -> Scripted:
        with Path(self.marks).open("a") as file:
            file.write("x")
        if self.how == "raise":
            raise ValueError("the data are gone")
        os._exit(9)


@dataclass(frozen=True)
class SlowStart:
    """A factory that waits until a file exists."""

    sign: str

    def __call__(self) -> Scripted:
        while not Path(self.sign).exists():
            time.sleep(0.01)
        return Scripted()


class VanishesInTheWorker:
    """A factory that can be sent but not received."""

    def __reduce__(self) -> tuple[Any, ...]:
        return _unreadable, ()

    def __call__(self) -> Scripted:
        return Scripted()


def _unreadable() -> None:
    raise ImportError("no module named 'gone'")


class Learner:
    """Learns: its state is a list of the parameters that it has seen, one a step.

    ``do`` is done at step ``at``; the score is the sum of ``x`` over all steps.
    """

    learns = True
    steps = 6

    def start(self, params: dict[str, Any], seed: int) -> list[float]:
        return []

    def step(
        self, state: list[float], params: dict[str, Any], index: int
    ) -> tuple[Learned, list[Any]]:
        assert index == len(state), (index, state)
        seen: list[Any] = [*state, params["x"]]
        if index == params.get("at", -1):
            if params["do"] == "unpicklable":
                return Learned({"score": (sum(seen),)}), [*seen[:-1], lambda: None]
            ACTIONS[params["do"]](params)
        return Learned({"score": (sum(seen), sum(seen) + 2)}), seen

    def is_over(self, state: list[float]) -> bool:
        return bool(state) and callable(state[-1]) is False and sum(state) >= 100

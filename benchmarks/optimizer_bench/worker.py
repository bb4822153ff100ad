"""Another interpreter that has the peers and COCO: how it is made, and how it is talked to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from hpo_gui.core.space import Space
from hpo_gui.core.value import Params
from optimizer_bench.coco import CocoFunction

TORCH = "torch==2.13.0"
REQUIREMENTS = (
    "optuna==5.0.0",
    "cmaes==0.13.1",
    "coco-experiment==2.8.2",
    "scipy>=1.14",
)
TORCH_WITHOUT_GPU = "https://download.pytorch.org/whl/cpu"


class WorkerError(Exception):
    """The other interpreter could not do what it was asked."""


class Worker:
    """A process of another interpreter that answers.

    Parameters
    ----------
    python : the interpreter
    """

    def __init__(self, python: Path) -> None:
        self._process = subprocess.Popen(
            [python, "-m", "optimizer_bench.peers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            cwd=Path(__file__).resolve().parent.parent,
            env=os.environ | {"PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def call(self, command: str, **message: object) -> tuple[Any, float]:
        """The answer, and the processor seconds that it took.

        Raises
        ------
        WorkerError : what went wrong over there
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            self._process.stdin.write(json.dumps({"command": command, **message}) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except OSError as error:
            raise WorkerError(f"The process of the peers is gone: {error}") from error
        if not line:
            raise WorkerError("The process of the peers died.")
        answer = json.loads(line)
        if "error" in answer:
            raise WorkerError(answer["error"])
        return answer["value"], answer["seconds"]

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


class WorkerPool:
    """The one worker of this process, made when it is needed first.

    Parameters
    ----------
    python : the interpreter; None when there is none
    """

    def __init__(self, python: Path | None) -> None:
        self._python = python
        self._worker: Worker | None = None

    @property
    def worker(self) -> Worker:
        """The worker, started now or before."""
        if self._worker is None:
            if self._python is None:
                raise WorkerError("This needs --with-peers or --python PATH.")
            self._worker = Worker(self._python)
        return self._worker

    def coco(self, function: CocoFunction, x: list[float]) -> float:
        """The value of a COCO function at x (d,)."""
        return float(self.worker.call("coco", function=function, x=x)[0])

    def close(self) -> None:
        """End the worker."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None


class RemotePeer:
    """A peer in the worker, with the seconds that its own work takes."""

    def __init__(self, worker: Worker, name: str, space: Space, seed: int, goals: int = 1) -> None:
        self._worker = worker
        parameters = msgspec.to_builtins(space.parents_first)
        worker.call("new", name=name, space=parameters, seed=seed, goals=goals)

    def ask(self, count: int) -> tuple[list[Params], float]:
        """The next configurations."""
        return self._worker.call("ask", count=count)

    def tell(self, losses: Sequence[float] | Sequence[Sequence[float]]) -> float:
        """The losses of what was asked last; several for each where there are several goals."""
        return self._worker.call("tell", losses=list(losses))[1]


def make_interpreter(folder: Path) -> Path:
    """The interpreter of a virtual environment with the peers, made when it is not there.

    Raises
    ------
    WorkerError : the packages could not be installed
    """
    script = "Scripts/python.exe" if os.name == "nt" else "bin/python"
    python, complete = folder / script, folder / "complete"
    if complete.exists():
        return python
    print(f"Installing {', '.join((TORCH, *REQUIREMENTS))} into {folder} …", flush=True)
    venv.create(folder, with_pip=True, clear=True)
    pip = [python, "-m", "pip", "install", "-q", "--retries", "1", "--timeout", "30"]
    # On Linux the torch of PyPI brings gigabytes for graphics cards; where this address cannot be
    # reached, pip passes over it and takes that one.
    smaller = ["--extra-index-url", TORCH_WITHOUT_GPU] if sys.platform == "linux" else []
    for packages in ([*smaller, TORCH], REQUIREMENTS):
        if subprocess.run([*pip, *packages], check=False).returncode:
            raise WorkerError("The peers could not be installed; pip says why above.")
    complete.touch()
    return python


def has_package(python: Path | None, name: str) -> bool:
    """Whether an interpreter can import a package; False for None."""
    if python is None:
        return False
    code = f"import importlib.util, sys; sys.exit(importlib.util.find_spec({name!r}) is None)"
    return subprocess.run([python, "-c", code], check=False).returncode == 0

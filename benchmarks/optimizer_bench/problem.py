"""Problems: a space, a loss to minimise, and what is known of it; losses of training are kept."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from hpo_gui.core.space import Space
from hpo_gui.core.value import Params
from optimizer_bench.coco import CocoFunction

FAMILIES = ("tuning", "model choice", "bbob", "mixed integer", "classic", "noisy")


class Problem(msgspec.Struct, frozen=True):
    """Something to minimise.

    Attributes
    ----------
    name : its own
    family : one of `FAMILIES`; results are averaged by family as well
    space : what may be tried
    loss : without noise; depends on the configuration only
    trains : each loss takes the training of a model, so it is worth keeping
    noise : standard deviation of what is added to the loss that optimizers are told
    optimum : the least loss; None when nobody knows, or only COCO
    coco : what is computed, where it is a function of COCO
    """

    name: str
    family: str
    space: Space
    loss: Callable[[Params], float]
    trains: bool = False
    noise: float = 0.0
    optimum: float | None = None
    coco: CocoFunction | None = None

    def noise_at(self, key: str) -> float:
        """The noise of one trial; the same for the same key, whoever asks."""
        if not self.noise:
            return 0.0
        digest = hashlib.sha1(f"{self.name}|{key}".encode()).digest()
        rng = np.random.default_rng(int.from_bytes(digest[:8], "big"))
        return self.noise * float(rng.standard_normal())


def point(params: Params) -> list[float]:
    """The parameters x0, x1, … of a function, shape (d,)."""
    return [float(params[f"x{i}"]) for i in range(len(params))]


class KeptLosses:
    """The losses of one problem in an SQLite file, shared by processes.

    A loss is computed once for each configuration, whichever optimizer tries it, in whichever run.

    Parameters
    ----------
    folder : where the file is or will be
    problem : whose losses they are
    """

    def __init__(self, folder: Path, problem: Problem) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._problem = problem
        self._file = sqlite3.connect(
            folder / f"{problem.name}.sqlite", timeout=60, isolation_level=None
        )
        self._file.execute("pragma journal_mode=wal")
        self._file.execute("pragma synchronous=off")  # what a power cut loses is computed again
        self._file.execute("create table if not exists e (k text primary key, v text)")

    def __call__(self, params: Params) -> float:
        """The loss, computed or remembered."""
        key = hashlib.sha1(json.dumps(params, sort_keys=True).encode()).hexdigest()
        row = self._file.execute("select v from e where k=?", (key,)).fetchone()
        if row is not None:
            return float(json.loads(row[0]))
        loss = self._problem.loss(params)
        self._file.execute("insert or replace into e values (?,?)", (key, json.dumps(loss)))
        return loss

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

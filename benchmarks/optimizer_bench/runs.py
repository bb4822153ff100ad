"""Runs of one optimizer on one problem, as they are kept: one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

PROTOCOLS = {"seq": (50, 1), "batch": (16, 8), "timing": (104, 1)}
"""Rounds, and how many configurations are asked for in each."""


class RunKey(msgspec.Struct, frozen=True):
    """What tells one run from another."""

    protocol: str
    optimizer: str
    problem: str
    seed: int


class Run(msgspec.Struct, frozen=True):
    """What came out of a run.

    Attributes
    ----------
    losses : of the configuration that is recommended after each round, without noise
    seconds : of processor time for each round: the tell before it, and its ask
    error : why it ended early; empty when it did not
    versions : of the optimizer's packages
    """

    key: RunKey
    losses: tuple[float, ...]
    seconds: tuple[float, ...] = ()
    error: str = ""
    versions: dict[str, str] = {}

    def loss_after(self, rounds: int) -> float | None:
        """The loss after so many rounds; the last one when the run was shorter, None without."""
        return self.losses[min(rounds, len(self.losses)) - 1] if self.losses else None


def load_runs(path: Path) -> list[Run]:
    """The runs in a file, the last one of each key; a line that was cut short is passed over."""
    runs: dict[RunKey, Run] = {}
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            run = msgspec.json.decode(line, type=Run)
        except msgspec.DecodeError:
            continue
        runs[run.key] = run
    return list(runs.values())


def append_runs(path: Path, runs: Iterable[Run]) -> None:
    """Add runs to a file."""
    with path.open("ab") as file:
        for run in runs:
            file.write(msgspec.json.encode(run) + b"\n")

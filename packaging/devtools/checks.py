"""The stages of `dev.py test`: format, lint, types, imports, tests."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from devtools.console import INTERRUPTED, run, say

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from devtools.environment import Environment

SHARED_OUT = ("-n", "logical", "--maxprocesses", "4", "--dist", "worksteal")
"""Arguments for pytest: the tests are shared out among one process a core."""
TEST_VARIABLES = {"QT_QPA_PLATFORM": "offscreen", "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Stage:
    """One check: its name and the program that does it."""

    name: str
    command: tuple[str | Path, ...]


def all_stages(environment: Environment) -> list[Stage]:
    """Return the stages, the quick ones first; the closing line of pytest comes last."""
    python = environment.python
    return [
        Stage("format", (python, "-m", "ruff", "format", "--check", ".")),
        Stage("lint", (python, "-m", "ruff", "check", ".")),
        Stage("types", (python, "-m", "mypy")),
        Stage("imports", (environment.script("lint-imports"), "--no-logo")),
        pytest_stage(environment, SHARED_OUT),
    ]


def pytest_stage(environment: Environment, arguments: Sequence[str] = ()) -> Stage:
    """Return the stage that runs pytest, with further arguments for it."""
    return Stage("tests", (environment.python, "-m", "pytest", *arguments))


def run_stages(environment: Environment, stages: Sequence[Stage]) -> int:
    """Run every stage, also after a failed one, and return 0 when all of them passed."""
    failed: list[str] = []
    started = time.monotonic()
    for stage in stages:
        say(f"== {stage.name}")
        start = time.monotonic()
        code = run(
            stage.command, cwd=environment.root, env=environment.variables(**TEST_VARIABLES)
        )
        say(f"== {stage.name}: {'passed' if code == 0 else 'FAILED'}, {_seconds(start)}\n")
        if code in {INTERRUPTED, -2}:
            return INTERRUPTED
        if code:
            failed.append(stage.name)
    if failed:
        say(f"Failed after {_seconds(started)}: {', '.join(failed)}")
        return 1
    say(f"Passed in {_seconds(started)}: {', '.join(stage.name for stage in stages)}")
    return 0


def _seconds(start: float) -> str:
    return f"{time.monotonic() - start:.1f} s"

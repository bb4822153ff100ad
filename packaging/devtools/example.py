"""`dev.py run`: the window with the example study, or the same example without a screen."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from devtools.console import run, say

if TYPE_CHECKING:
    from pathlib import Path

    from devtools.environment import Environment

EXAMPLE = "penguins"
PICTURE = "window.png"


def open_window(environment: Environment) -> int:
    """Open the program with the example study ready, and return its exit code."""
    command = (environment.python, "-m", "hpo_gui", "--example", EXAMPLE)
    return run(command, env=environment.variables())


def run_without_window(environment: Environment, *, picture: bool) -> int:
    """Run the example in the terminal and name every file that it wrote.

    Parameters
    ----------
    environment : Environment
        Where the program is installed.
    picture : bool
        Whether to draw the window too; that needs the libraries of Qt.

    Returns
    -------
    int
        0 when the study ran and the picture, if wanted, was drawn.
    """
    started = datetime.now().strftime("%Y-%m-%d-%H%M%S")
    folder = environment.root / "results" / f"{EXAMPLE}-{started}"
    folder.parent.mkdir(exist_ok=True)
    say("No display here, so the example runs in the terminal.\n")
    program = (environment.python, "-m", "hpo_gui")
    code = run(
        (*program, "run", "--example", EXAMPLE, "--out", folder), env=environment.variables()
    )
    if code == 0 and picture:
        code = run(
            (*program, "--screenshot", folder / PICTURE, "--study", folder / "study.hpostudy"),
            env=environment.variables(QT_QPA_PLATFORM="offscreen"),
        )
        if code:
            say(f"The picture of the window could not be drawn (exit code {code}).")
    name_files(folder)
    return code


def name_files(folder: Path) -> None:
    """Print the full path of each file in the folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if files:
        say("\nThe results:")
    for path in files:
        say(f"    {path}")

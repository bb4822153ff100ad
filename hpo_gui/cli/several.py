"""Several specifications run one after another: a queue for the night, without a window."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hpo_gui.cli.printing import (
    INTERRUPTED,
    MISUSE,
    UNFINISHED,
    complain,
    our_mistake,
    output_fails,
    printable,
    say,
)
from hpo_gui.core.errors import StudioError


@dataclass(frozen=True)
class Ending:
    """How a run ended.

    Attributes
    ----------
    code : exit code, see `cli.printing`
    stopped : the user stopped it
    """

    code: int
    stopped: bool = False


Run = Callable[[Path, Path], Ending]
"""Runs one specification into a folder."""


def run_several(specs: Sequence[Path], out: Path, run: Run) -> int:
    """Run each into a folder of its own, ``out/<name of the file>``; one that fails is told.

    Returns
    -------
    0 when all are done; else the code of the first that was not. When the user stops a study the
    others are not begun: a queue that goes on would be the opposite of what was asked for

    Raises
    ------
    StudioError : a file is given twice; nothing was run
    """
    seen: set[Path] = set()
    for spec in specs:
        if spec.resolve() in seen:
            raise StudioError(str(spec), "must not be given twice", remedy="Name it once.")
        seen.add(spec.resolve())
    ended: list[tuple[Path, Ending]] = []
    for number, (spec, folder) in enumerate(zip(specs, folders(specs, out), strict=True), 1):
        say(f"\n[{number} of {len(specs)}] {spec}")
        ending = _attempt(spec, folder, run)
        ended.append((spec, ending))
        if ending.stopped:
            break
    _tell(specs, ended)
    return next((ending.code for _, ending in ended if ending.code), 0)


def folders(specs: Sequence[Path], out: Path) -> list[Path]:
    """A folder for each, named like its file; files of one name get numbers."""
    taken: set[str] = set()
    made = []
    for spec in specs:
        stem = re.sub(r"[^\w.-]+", "_", spec.stem).strip("._") or "study"
        name, number = stem, 1
        while name.lower() in taken:  # there are file systems to which A and a are the same
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.lower())
        made.append(out / name)
    return made


def _attempt(spec: Path, folder: Path, run: Run) -> Ending:
    try:
        return run(spec, folder)
    except StudioError as error:
        return Ending(complain(str(error), MISUSE))
    except OSError as error:
        if isinstance(error, BrokenPipeError) or output_fails():
            raise  # nobody reads what we say
        what = error.filename or spec
        return Ending(complain(f"{what} cannot be used: {error.strerror or error}.", MISUSE))
    except KeyboardInterrupt:
        return Ending(complain("Interrupted.", INTERRUPTED), stopped=True)
    except Exception as error:  # noqa: BLE001 - told with all its details; the night goes on
        return Ending(our_mistake(error))


def _tell(specs: Sequence[Path], ended: Sequence[tuple[Path, Ending]]) -> None:
    """How it went, in a line each."""
    words = {0: "done", MISUSE: "did not start", UNFINISHED: "not finished"}
    say("")
    for spec, ending in ended:
        said = "stopped" if ending.stopped else words.get(ending.code, f"failed ({ending.code})")
        print(printable(f"{spec}: {said}"), file=sys.stderr if ending.code else sys.stdout)
    for spec in specs[len(ended) :]:
        print(printable(f"{spec}: not begun"), file=sys.stderr)

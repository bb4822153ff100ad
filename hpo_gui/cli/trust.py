"""Asking whether the code that a study names may run."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from hpo_gui.cli.printing import printable
from hpo_gui.core.errors import TrustError
from hpo_gui.core.spec import StudySpec


def add_trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trust",
        action="store_true",
        help="run the code that the study names: a Python file, a class of another package",
    )


def ask_for_trust(spec: StudySpec, base: Path, given: bool) -> None:
    """Let the user say yes to the code that a study names, by ``--trust`` or in the terminal.

    Raises
    ------
    TrustError : nobody said yes
    """
    from hpo_gui.evaluation.trust import trust, untrusted_code

    codes = untrusted_code(spec, base)
    if not codes:
        return
    if not given:
        named = printable(", ".join(code.name for code in codes))
        changed = any(code.changed for code in codes)
        why = "which has changed since you trusted it" if changed else "which you have not trusted"
        if not can_ask():
            raise TrustError(
                "The study",
                f"runs code, {why}: {named}",
                remedy="Look at it first if it came from elsewhere; then add --trust.",
            )
        print(f"This study runs code, {why}: {named}", file=sys.stderr)
        print("It can do all that you can do on this computer.", file=sys.stderr)
        print("Trust it from now on? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise TrustError("The study", "was not run: its code is not trusted", remedy="")
    trust(codes)


def can_ask() -> bool:
    """Whether somebody sits at a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()

"""The subcommand that lists the example tables."""

from __future__ import annotations

import argparse
from typing import Any


def add_examples(commands: Any) -> None:
    examples = commands.add_parser("examples", help="list the bundled example tables")
    examples.set_defaults(action=_list_examples)


def _list_examples(parsed: argparse.Namespace) -> int:
    from hpo_gui.evaluation.samples import list_samples

    for sample in list_samples():
        print(f"{sample.name:<16} {sample.rows:>5} × {sample.columns:<4} {sample.sentence}")
    return 0

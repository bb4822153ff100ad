"""The subcommand that predicts the rows of a table with a model file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpo_gui.cli.printing import printable
from hpo_gui.cli.trust import can_ask
from hpo_gui.core.errors import TrustError

if TYPE_CHECKING:
    from hpo_gui.evaluation.model_file import ModelFile

MOST_NAMES = 60
FILE_NAME = "predictions.csv"


def add_predict(commands: Any) -> None:
    predict = commands.add_parser("predict", help="predict the rows of a table by a model file")
    predict.add_argument("model", type=Path, help="model.skops, .pkl or .joblib")
    predict.add_argument("table", type=Path, help="a table with the columns learnt from")
    predict.add_argument(
        "--out", type=Path, default=Path(FILE_NAME), metavar="CSV", help=f"file ({FILE_NAME})"
    )
    predict.add_argument(
        "--keep", nargs="+", default=[], metavar="COLUMN", help="columns to copy, such as an id"
    )
    predict.add_argument(
        "--trust",
        action="store_true",
        help="load the model although this program did not write it: loading can run code",
    )
    predict.set_defaults(action=_predict)


def _predict(parsed: argparse.Namespace) -> int:
    from hpo_gui.assembly.predicting import predict_table
    from hpo_gui.evaluation.model_file import look_into_model

    _ask(look_into_model(parsed.model), parsed.trust)
    done = predict_table(parsed.model, parsed.table, parsed.out, parsed.keep)
    for text in done.warnings:
        print(f"Note: {printable(text)}", file=sys.stderr)
    print(f"{done.path}: {done.rows:,} rows")
    return 0


def _ask(file: ModelFile, given: bool) -> None:
    """Let the user say yes to a model, by ``--trust`` or in the terminal.

    Raises
    ------
    TrustError : nobody said yes
    """
    from hpo_gui.evaluation.trust import trust_model

    if file.trusted:
        return
    print("\n".join(map(printable, about(file))), file=sys.stderr)
    if not given:
        if not can_ask():
            raise TrustError(
                f"The model {printable(file.path.name)}",
                "was not written by this program, and is not trusted",
                remedy="If you know who made it, add --trust.",
            )
        print("Trust this file from now on? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise TrustError("The model", "was not loaded: it is not trusted", remedy="")
    trust_model(file.sha256)


def about(file: ModelFile) -> list[str]:
    """What a file would import, and what that means."""
    from hpo_gui.evaluation.model_file import is_unusual, warning_of

    lines = [warning_of(file), "It names these types and functions:"]
    marks = {True: "!", False: " "}
    lines += [f"  {marks[is_unusual(name)]} {name}" for name in file.names[:MOST_NAMES]]
    if len(file.names) > MOST_NAMES:
        lines.append(f"    … and {len(file.names) - MOST_NAMES} more")
    if file.unusual:
        lines.append("Those with ! are of no package that models are usually made of.")
    if file.doubt:
        lines.append(f"There may be more: {file.doubt}.")
    return lines

"""The subcommand that compares studies: a table, what is different, and what may be concluded."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hpo_gui.cli.printing import say

if TYPE_CHECKING:
    from hpo_gui.analysis.study_comparison import Line, StudyComparison

COLUMNS = ("study", "best", "95 %", "trials", "time", "strategy", "models", "seed", "against best")


def add_compare(commands: Any) -> None:
    compare = commands.add_parser(
        "compare", help="compare the results of two to six studies, and name what is different"
    )
    compare.add_argument("studies", nargs="+", type=Path, help=".hpostudy files; only read")
    compare.add_argument(
        "--metric", default="", help="to compare by; the first goal that all have scores of"
    )
    compare.add_argument("--csv", type=Path, metavar="FILE", help="write the table")
    compare.add_argument(
        "--plot", type=Path, metavar="FILE", help="write the best scores as .png, .svg or .pdf"
    )
    compare.add_argument(
        "--along", choices=("trial", "time"), default="trial", help="what the picture counts"
    )
    compare.set_defaults(action=_compare)


def _compare(parsed: argparse.Namespace) -> int:
    from hpo_gui.analysis.study_comparison import verdict
    from hpo_gui.assembly.comparing import compare_files
    from hpo_gui.export.comparison import write_comparison_csv, write_comparison_plot
    from hpo_gui.export.figures import FORMATS
    from hpo_gui.export.files import check_suffix

    if parsed.plot is not None:
        check_suffix(parsed.plot, FORMATS)
    found = compare_files(parsed.studies, parsed.metric)
    direction = "" if found.goal.maximize else " (smaller is better)"
    say(f"{found.goal.metric}{direction}")
    for row in _aligned([COLUMNS, *(_row(found, line) for line in found.lines)]):
        say(row)
    say("")
    say(verdict(found))
    for breaks, head in (
        ("scores", "Scores do not compare"),
        ("folds", "No fold by fold test"),
        ("", "Tried in another way"),
    ):
        texts = [d.text for d in found.differences if d.breaks == breaks]
        if texts:
            say(f"\n{head}:")
            for text in texts:
                say(f"  {text}")
    if not found.differences:
        say("\nNothing is different.")
    if parsed.csv is not None:
        write_comparison_csv(found, parsed.csv)
        say(f"\n→ {parsed.csv}")
    if parsed.plot is not None:
        write_comparison_plot(found, parsed.plot, parsed.along)
        say(f"→ {parsed.plot}")
    return 0


def _row(found: StudyComparison, line: Line) -> tuple[str, ...]:
    from hpo_gui.export.comparison import comparison_row

    row = comparison_row(found, line)
    half, behind = row["half_width"], row["behind"]
    if row["leads"]:
        against = "best"
    elif behind is None:
        against = ""
    else:
        width = "" if row["behind_half_width"] is None else f" ± {row['behind_half_width']:.2g}"
        words = {"better": "worse", "worse": "better", "unknown": "cannot tell"}
        said = words.get(row["verdict"], "within noise")
        against = f"{said} ({behind:.3g}{width})"
    return (
        row["study"],
        "—" if row["best"] is None else f"{row['best']:.5g}",
        "" if half is None else f"± {half:.2g}",
        f"{row['scored']}/{row['trials']}",
        f"{row['seconds']:.1f} s",
        row["strategy"],
        row["models"],
        str(row["seed"]),
        against,
    )


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    """The rows with columns of one width each."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        lines.append("  ".join(cells).rstrip())
    return lines

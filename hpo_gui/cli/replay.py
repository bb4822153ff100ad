"""The subcommand that computes a study again, and says whether it comes to the same."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hpo_gui.cli.printing import DIFFERENT, say
from hpo_gui.cli.trust import add_trust, ask_for_trust


def add_replay(commands: Any) -> None:
    replay = commands.add_parser(
        "replay", help="compute a study again: the same trials and scores, or the first difference"
    )
    replay.add_argument("study", type=Path, help="a .hpostudy file; it is only read")
    replay.add_argument("--trials", type=int, metavar="N", help="only the first N trials")
    replay.add_argument(
        "--proposals-only", action="store_true", help="evaluate nothing again, which is quick"
    )
    replay.add_argument(
        "--leave-out",
        action="append",
        default=[],
        metavar="METRIC",
        help="a metric that cannot repeat, such as a time that your function measures; may be "
        "given more than once",
    )
    replay.add_argument("--workers", type=int, help="processes on this computer")
    add_trust(replay)
    replay.set_defaults(action=_replay)


def _replay(parsed: argparse.Namespace) -> int:
    from hpo_gui.assembly.recorded import read_recorded
    from hpo_gui.assembly.repeat import ReplayOptions, replay

    recorded = read_recorded(parsed.study)
    if parsed.trust or not parsed.proposals_only:
        ask_for_trust(recorded.spec, recorded.base, parsed.trust)
    wanted = ReplayOptions(
        parsed.trials, not parsed.proposals_only, parsed.workers, tuple(parsed.leave_out)
    )
    with _shown() as tell:
        found = replay(recorded, wanted, tell)
    say(found.head)
    for line in found.details:
        say(f"  {line}")
    return 0 if found.is_same else DIFFERENT


@contextmanager
def _shown() -> Iterator[Callable[[float, str], None]]:
    """A bar in a terminal, nothing elsewhere."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        yield lambda share, words: None
        return
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[text]}"))
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("replaying", total=1.0, text="")
        yield lambda share, words: bar.update(task, completed=max(share, 0.0), text=words)

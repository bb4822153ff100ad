"""The subcommands that run a study and go on with one."""

from __future__ import annotations

import argparse
import math
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import msgspec

from hpo_gui.assembly.crash_log import note_study
from hpo_gui.assembly.result_names import STUDY_FILE
from hpo_gui.cli.printing import UNFINISHED, printable, quoted, say
from hpo_gui.cli.progress import shown_live
from hpo_gui.cli.result import write_results
from hpo_gui.cli.several import Ending, run_several
from hpo_gui.cli.trust import add_trust, ask_for_trust, can_ask
from hpo_gui.core.errors import StudioError
from hpo_gui.core.spec import BudgetSpec, Choice, StudySpec
from hpo_gui.study.budget import finished_trials
from hpo_gui.study.events import Finished
from hpo_gui.study.runner import Runner

if TYPE_CHECKING:
    from hpo_gui.assembly.opened import Opened
    from hpo_gui.evaluation.notice import Notice

MOST_NOTICES = 12


def add_run(commands: Any) -> None:
    run = commands.add_parser(
        "run", help="run a study from its specification, or several one after another"
    )
    run.add_argument("specs", nargs="*", type=Path, metavar="spec", help="study.toml or .json")
    run.add_argument("--example", metavar="NAME", help="run a bundled example instead")
    run.add_argument(
        "--out", type=Path, default=Path("results"), help="folder for the results (results)"
    )
    run.add_argument("--strategy", metavar="NAME", help="instead of the specification's")
    run.add_argument("--seed", type=int, help="instead of the specification's")
    add_trust(run)
    _add_limits(run)
    run.set_defaults(action=_run)


def add_resume(commands: Any) -> None:
    resume = commands.add_parser("resume", help="go on with a study that was stopped")
    resume.add_argument("study", type=Path, help="a .hpostudy file")
    resume.add_argument(
        "--spec",
        type=Path,
        metavar="FILE",
        help="go on with this specification: an edit of the study's own",
    )
    add_trust(resume)
    _add_limits(resume, relative=True)
    resume.set_defaults(action=_resume)


def _add_limits(parser: argparse.ArgumentParser, *, relative: bool = False) -> None:
    more = "; +20 for 20 more than the budget was, or have finished" if relative else ""
    kind = _trials if relative else int
    parser.add_argument("--trials", type=kind, help=f"budget: finished trials in all{more}")
    parser.add_argument("--seconds", type=float, help="budget: running time in all")
    parser.add_argument("--workers", type=int, help="processes on this computer")
    parser.add_argument(
        "--patience",
        type=_patience,
        default=600.0,
        metavar="SECONDS",
        help="how long to wait for a study file that cannot be written, before a rescue copy "
        "is made (600)",
    )


class MoreTrials(msgspec.Struct, frozen=True):
    """So many more than the budget was, or than have finished where those are more."""

    count: int


def _trials(text: str) -> int | MoreTrials:
    """``60`` in all, or ``+20`` more."""
    try:
        count: int | None = int(text)
    except ValueError:
        count = None
    if count is None or (text.startswith("+") and count < 1):
        raise argparse.ArgumentTypeError(f"must be 60 or +20, or another number, but got {text!r}")
    return MoreTrials(count) if text.startswith("+") else count


def _patience(text: str) -> float:
    """Seconds to wait; with what is no number the wait would never end."""
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number of at least 0, but got {text!r}")
    return seconds


def _run(parsed: argparse.Namespace) -> int:
    from hpo_gui.assembly.examples import example_spec

    if bool(parsed.specs) == (parsed.example is not None):
        raise StudioError(
            "run",
            "must be given either a specification or --example",
            remedy="Write `hpo-gui run study.toml` or `hpo-gui run --example wine`.",
        )
    if parsed.out.suffix == Path(STUDY_FILE).suffix:  # it would become a folder of that name
        remedy = f"Name a folder only; the study in it is called {STUDY_FILE}."
        raise StudioError("--out", "must be a folder", str(parsed.out), remedy=remedy)
    if parsed.example is not None:
        return _run_spec(example_spec(parsed.example), Path.cwd(), parsed.out, parsed).code
    if len(parsed.specs) == 1:
        return _run_file(parsed.specs[0], parsed.out, parsed).code
    return run_several(
        parsed.specs, parsed.out, lambda spec, folder: _run_file(spec, folder, parsed)
    )


def _run_file(path: Path, out: Path, parsed: argparse.Namespace) -> Ending:
    from hpo_gui.core.spec_text import read_spec

    if path.suffix == Path(STUDY_FILE).suffix:
        remedy = f"Go on with it by `hpo-gui resume {quoted(path)}`."
        raise StudioError(str(path), "is a study, not a specification", remedy=remedy)
    return _run_spec(read_spec(path), path.resolve().parent, out, parsed, path)


def _run_spec(
    spec: StudySpec, base: Path, out: Path, parsed: argparse.Namespace, *of: Path
) -> Ending:
    """Run a study; ``of`` is the file of its specification, where there is one."""
    from hpo_gui.assembly.results import results_of_run
    from hpo_gui.assembly.running import create_study
    from hpo_gui.assembly.sources import check_spares_sources

    spec = _override(spec, parsed)
    path: Path = out / STUDY_FILE
    if path.exists():
        raise StudioError(
            str(path),
            "must not exist yet",
            remedy=f"Go on with it by `hpo-gui resume {quoted(path)}`, or choose another --out.",
        )
    places = results_of_run(path).values()
    check_spares_sources(spec, base, places, *of)
    _check_new(places)
    ask_for_trust(spec, base, parsed.trust)
    with closing(create_study(spec, base, path, tell=_tell)) as runner:
        say(f"Study “{spec.name}” → {path}")
        return _finish(runner, path, parsed.patience)


def _check_new(places: Iterable[Path]) -> None:
    """A study that is yet to begin has no results: those that are there are of another one."""
    for path in places:
        if path.exists():
            raise StudioError(
                str(path),
                "must not exist yet: it is of another study, and would be lost",
                remedy="Choose another --out, or move it away.",
            )


def _resume(parsed: argparse.Namespace) -> int:
    from hpo_gui.assembly.opened import open_study, read_history
    from hpo_gui.assembly.results import results_of_run
    from hpo_gui.assembly.running import resume_study
    from hpo_gui.assembly.sources import check_spares_sources

    opened = open_study(parsed.study)
    if isinstance(parsed.trials, MoreTrials):
        finished = finished_trials(read_history(opened))
        parsed.trials = max(opened.spec.budget.trials or 0, finished) + parsed.trials.count
    spec = opened.spec if parsed.spec is None else _edited(parsed.spec, opened)
    spec = _override(spec, parsed)
    ask_for_trust(spec, opened.base, parsed.trust)
    check_spares_sources(spec, opened.base, results_of_run(parsed.study).values())
    print(f"Study “{printable(spec.name)}”: {len(opened.trials)} trials so far")
    with closing(resume_study(parsed.study, spec, tell=_tell)) as runner:
        return _finish(runner, parsed.study, parsed.patience).code


def _edited(path: Path, opened: Opened) -> StudySpec:
    """A specification from a file, which a study goes on with; its paths start from the file."""
    from hpo_gui.assembly.relocation import relocated
    from hpo_gui.core.spec_text import read_spec

    spec, data = read_spec(path), opened.spec.data
    folder = path.resolve().parent
    if folder != opened.base.resolve():
        spec = relocated(spec, folder, opened.base)
    if spec.data is not None and data is not None and spec.data.sha256 is None:
        # NOTE: it names the table, which may be a copy in the study or have changed since
        given = msgspec.structs.replace(spec.data, sha256=data.sha256, snapshot=data.snapshot)
        spec = msgspec.structs.replace(spec, data=given)
    return spec


def _override(spec: StudySpec, parsed: argparse.Namespace) -> StudySpec:
    """The specification with what the command line says instead."""
    changes: dict[str, Any] = {}
    budget = {
        key: value for key in ("trials", "seconds") if (value := getattr(parsed, key)) is not None
    }
    if budget:
        changes["budget"] = msgspec.structs.replace(spec.budget, **budget)
    if parsed.workers is not None:
        changes["compute"] = msgspec.structs.replace(spec.compute, workers=parsed.workers)
    if getattr(parsed, "seed", None) is not None:
        changes["seed"] = parsed.seed
    if getattr(parsed, "strategy", None) is not None:
        changes["strategy"] = Choice(parsed.strategy)
        if not budget and parsed.strategy in ("grid", "manual"):
            changes["budget"] = BudgetSpec()
    changed = msgspec.structs.replace(spec, **changes)
    from hpo_gui.core.spec_text import spec_from_dict, spec_to_dict

    return spec_from_dict(spec_to_dict(changed))  # NOTE: checks what was typed


def _finish(runner: Runner, path: Path, wait: float) -> Ending:
    """Run to the end, write the results beside the study file, and tell about the best trial."""
    from hpo_gui.assembly.patience import Patience

    end: Finished | None = None
    patience = Patience(runner, path, say, _ask_for_folder if can_ask() else None, wait)
    note_study(path.resolve())
    try:
        with _interruptible(runner) as presses:
            for event in shown_live(runner):
                patience.see(event)
                if isinstance(event, Finished):
                    end = event
    finally:
        note_study(None)
    path, go_on = patience.path, f"To go on: hpo-gui resume {quoted(patience.path)}"
    assert end is not None
    print(end.reason)
    if patience.left:
        print(go_on)
        return Ending(UNFINISHED, stopped=bool(presses))
    history = runner.study.history
    try:
        write_results(path, history)
    except (StudioError, KeyboardInterrupt):
        print(f"The study is whole, in {path}; for files: hpo-gui export --help", file=sys.stderr)
        raise
    if not end.done:
        print(go_on)
    elif history.best is None:
        print(f"{go_on} with more --trials or --seconds")
    reached = end.done and history.best is not None
    return Ending(0 if reached else UNFINISHED, stopped=bool(presses) and not end.done)


def _ask_for_folder() -> str | None:
    """Where a study goes on whose file cannot be written; None after Ctrl+C or without input."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        say("Folder to go on in? (Return: try again; Ctrl+C: stop with a rescue copy)")
        line = sys.stdin.readline()
    except KeyboardInterrupt:
        return None
    finally:
        signal.signal(signal.SIGINT, before)
    return line.strip() if line else None


def _tell(notices: Sequence[Notice]) -> None:
    """Say what was noticed about the table, warnings first; errors end the run and come last."""
    levels = ("warning", "info")
    told = [notice for notice in notices if notice.level in levels]
    in_order = sorted(told, key=lambda notice: levels.index(notice.level))
    for notice in in_order[:MOST_NOTICES]:
        print(printable(f"{notice.level}: {notice.head} {notice.text}".rstrip()))
    if len(in_order) > MOST_NOTICES:
        print(f"… and {len(in_order) - MOST_NOTICES} more notices")


@contextmanager
def _interruptible(runner: Runner) -> Iterator[list[int]]:
    """Ctrl+C once finishes the running trials and stops, twice stops now; nothing is lost.

    Gives the signals that came, a list that grows.
    """
    presses: list[int] = []

    def react(number: int, frame: FrameType | None) -> None:
        presses.append(number)
        if len(presses) == 1:
            print("\nStopping after the running trials; press Ctrl+C again to stop now.")
            runner.stop_after_current()
        else:
            runner.leave()

    before = signal.signal(signal.SIGINT, react)
    try:
        yield presses
    finally:
        signal.signal(signal.SIGINT, before)

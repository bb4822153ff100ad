"""The headless twin of the window: run, resume, export, examples."""

from __future__ import annotations

import argparse
import io
import os
import shlex
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import msgspec

from hpo_gui.analysis.convergence import find_baseline
from hpo_gui.analysis.dummy import dummy_trial
from hpo_gui.analysis.ensemble import ensemble_lines
from hpo_gui.analysis.front_growth import growth
from hpo_gui.analysis.pareto import pareto, suggested
from hpo_gui.analysis.recommendation import recommend
from hpo_gui.analysis.savings import savings
from hpo_gui.core.errors import StudioError, TrustError
from hpo_gui.core.expected_gain import ExpectedGain, expected_gain
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.spec import BudgetSpec, Choice, StudySpec
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.core.value import show
from hpo_gui.core.version import __version__
from hpo_gui.export.front_text import about_front, front_line, growth_line, missed
from hpo_gui.study.events import Event, Finished, Message, Progress, TrialChanged
from hpo_gui.study.runner import Runner

if TYPE_CHECKING:
    from hpo_gui.assembly.running import Opened
    from hpo_gui.evaluation.notice import Notice

STUDY_FILE = "study.hpostudy"
MISUSE = 2  # exit code of a mistake that the message explains
UNFINISHED = 3  # exit code when the study ended before its budget, or without any score
INTERRUPTED = 130  # exit code after Ctrl+C while no trial ran, as shells have it
OUR_MISTAKE = 1
MOST_NOTICES = 12
WORTH_EVERY = 20  # finished trials after which it is told what the next ones will bring


def main(arguments: list[str]) -> int:
    """Run a subcommand; returns the exit code (0 done, 2 a mistake, 3 ended before its budget)."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # of letters that the terminal does not have
    parsed = _parser().parse_args(arguments)
    try:
        code: int = parsed.action(parsed)
        return code
    except StudioError as error:
        return _complain(str(error), MISUSE)
    except BrokenPipeError:
        # The reader of our output has gone: there is nobody to tell, now and when Python ends.
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        return 0
    except OSError as error:
        what = error.filename or "A file"
        return _complain(f"{what} cannot be used: {error.strerror or error}.", MISUSE)
    except KeyboardInterrupt:
        return _complain("Interrupted.", INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - told with all its details
        traceback.print_exc()
        text = f"A mistake of the program itself, please report the lines above: {error!r}"
        return _complain(text, OUR_MISTAKE)


def _complain(text: str, code: int) -> int:
    print(f"hpo-gui: {_printable(text)}", file=sys.stderr)
    return code


def _printable(text: str) -> str:
    """Text of others without what a terminal would obey: a name could hide what stands there."""
    return "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)


def _say(text: str) -> None:
    """Print what may hold names of others, at once."""
    print(_printable(text), flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hpo-gui",
        description="Hyperparameter tuning by point and click; without a subcommand the window "
        "opens.",
    )
    parser.add_argument("--version", action="version", version=f"HPO Studio {__version__}")
    commands = parser.add_subparsers(required=True, metavar="command")
    _add_run(commands)
    _add_resume(commands)
    _add_export(commands)
    examples = commands.add_parser("examples", help="list the bundled example tables")
    examples.set_defaults(action=_examples)
    return parser


def _add_run(commands: Any) -> None:
    run = commands.add_parser("run", help="run a study from its specification")
    run.add_argument("spec", nargs="?", type=Path, help="study.toml or .json")
    run.add_argument("--example", metavar="NAME", help="run a bundled example instead")
    run.add_argument(
        "--out", type=Path, default=Path("results"), help="folder for the results (results)"
    )
    run.add_argument("--strategy", metavar="NAME", help="instead of the specification's")
    run.add_argument("--seed", type=int, help="instead of the specification's")
    _add_trust(run)
    _add_limits(run)
    run.set_defaults(action=_run)


def _add_resume(commands: Any) -> None:
    resume = commands.add_parser("resume", help="go on with a study that was stopped")
    resume.add_argument("study", type=Path, help="a .hpostudy file")
    _add_trust(resume)
    _add_limits(resume)
    resume.set_defaults(action=_resume)


def _add_limits(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--trials", type=int, help="budget: finished trials in all")
    parser.add_argument("--seconds", type=float, help="budget: running time in all")
    parser.add_argument("--workers", type=int, help="processes on this computer")
    parser.add_argument(
        "--patience",
        type=float,
        default=600.0,
        metavar="SECONDS",
        help="how long to wait for a study file that cannot be written, before a rescue copy "
        "is made (600)",
    )


def _add_trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trust",
        action="store_true",
        help="run the code that the study names: a Python file, a class of another package",
    )


def _add_export(commands: Any) -> None:
    export = commands.add_parser("export", help="write results of a study as files")
    export.add_argument("study", type=Path, help="a .hpostudy file")
    export.add_argument("--trials", type=Path, metavar="CSV", help="all trials as CSV")
    export.add_argument("--parquet", type=Path, help="all trials as Parquet")
    export.add_argument(
        "--models", type=Path, metavar="CSV", help="the models side by side: scores, times"
    )
    export.add_argument("--params", type=Path, metavar="JSON", help="parameters of the trial")
    export.add_argument("--model", type=Path, metavar="PKL", help="fitted model (.pkl, .joblib)")
    export.add_argument(
        "--ensemble",
        type=Path,
        metavar="PKL",
        help="the best models as one that votes (.pkl, .joblib), or its weights (.json)",
    )
    export.add_argument("--plot", type=Path, metavar="PNG", help="picture (.png, .svg, .pdf)")
    export.add_argument(
        "--front",
        type=Path,
        metavar="CSV",
        help="the Pareto front as a table (.csv) or a picture (.png, .svg, .pdf)",
    )
    export.add_argument(
        "--landscape",
        type=Path,
        metavar="CSV",
        help="what a surrogate expects along each parameter (.csv), or its picture (.png, …)",
    )
    export.add_argument(
        "--learning",
        type=Path,
        metavar="CSV",
        help="scores after each step of training (.csv), or their picture (.png, .svg)",
    )
    export.add_argument(
        "--schedule",
        type=Path,
        metavar="CSV",
        help="parameters of the trial from step to step (.csv, .json)",
    )
    export.add_argument(
        "--replay",
        type=Path,
        metavar="TOML",
        help="a study that follows this schedule from the first step",
    )
    export.add_argument("--spec", type=Path, metavar="TOML", help="the specification")
    export.add_argument(
        "--trial",
        type=int,
        metavar="N",
        help="which trial; the best by default, with several goals the knee of the front",
    )
    _add_trust(export)
    export.set_defaults(action=_export)


# --- run and resume ---------------------------------------------------------------------------


def _run(parsed: argparse.Namespace) -> int:
    from hpo_gui.assembly.examples import example_spec
    from hpo_gui.assembly.running import create_study
    from hpo_gui.core.spec_text import read_spec

    if (parsed.spec is None) == (parsed.example is None):
        raise StudioError(
            "run",
            "must be given either a specification or --example",
            remedy="Write `hpo-gui run study.toml` or `hpo-gui run --example wine`.",
        )
    if parsed.spec is not None and parsed.spec.suffix == Path(STUDY_FILE).suffix:
        remedy = f"Go on with it by `hpo-gui resume {_quoted(parsed.spec)}`."
        raise StudioError(str(parsed.spec), "is a study, not a specification", remedy=remedy)
    if parsed.example is not None:
        spec, base = example_spec(parsed.example), Path.cwd()
    else:
        spec, base = read_spec(parsed.spec), parsed.spec.resolve().parent
    spec = _override(spec, parsed)
    path: Path = parsed.out / STUDY_FILE
    if path.exists():
        raise StudioError(
            str(path),
            "must not exist yet",
            remedy=f"Go on with it by `hpo-gui resume {_quoted(path)}`, or choose another --out.",
        )
    _ask_for_trust(spec, base, parsed.trust)
    runner = create_study(spec, base, path, tell=_tell)
    print(f"Study “{_printable(spec.name)}” → {path}")
    return _finish(runner, path, parsed.patience)


def _resume(parsed: argparse.Namespace) -> int:
    from hpo_gui.assembly.running import open_study, resume_study

    opened = open_study(parsed.study)
    spec = _override(opened.spec, parsed)
    _ask_for_trust(spec, opened.base, parsed.trust)
    print(f"Study “{_printable(spec.name)}”: {len(opened.trials)} trials so far")
    runner = resume_study(parsed.study, spec, tell=_tell)
    return _finish(runner, parsed.study, parsed.patience)


def _ask_for_trust(spec: StudySpec, base: Path, given: bool) -> None:
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
        named = _printable(", ".join(code.name for code in codes))
        changed = any(code.changed for code in codes)
        why = "which has changed since you trusted it" if changed else "which you have not trusted"
        if not _can_ask():
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


def _can_ask() -> bool:
    """Whether somebody sits at a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def _ask_for_folder() -> str | None:
    """Where a study goes on whose file cannot be written; None after Ctrl+C or without input."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _say("Folder to go on in? (Return: try again; Ctrl+C: stop with a rescue copy)")
        line = sys.stdin.readline()
    except KeyboardInterrupt:
        return None
    finally:
        signal.signal(signal.SIGINT, before)
    return line.strip() if line else None


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


def _finish(runner: Runner, path: Path, wait: float) -> int:
    """Run to the end, write the results beside the study file, and tell about the best trial."""
    from hpo_gui.assembly.patience import Patience

    end: Finished | None = None
    patience = Patience(runner, path, _say, _ask_for_folder if _can_ask() else None, wait)
    with _interruptible(runner):
        for event in _shown(runner):
            patience.see(event)
            if isinstance(event, Finished):
                end = event
    path, go_on = patience.path, f"To go on: hpo-gui resume {_quoted(patience.path)}"
    assert end is not None
    print(end.reason)
    if patience.left:
        print(go_on)
        return UNFINISHED
    history = runner.study.history
    try:
        _write_results(path, history)
    except (StudioError, KeyboardInterrupt):
        print(f"The study is whole, in {path}; for files: hpo-gui export --help", file=sys.stderr)
        raise
    if not end.done:
        print(go_on)
    elif history.best is None:
        print(f"{go_on} with more --trials or --seconds")
    return 0 if end.done and history.best is not None else UNFINISHED


def _quoted(path: Path) -> str:
    """A path as it is typed into a terminal."""
    return shlex.quote(str(path)) if os.name != "nt" else f'"{path}"'


def _tell(notices: Sequence[Notice]) -> None:
    """Say what was noticed about the table, warnings first; errors end the run and come last."""
    levels = ("warning", "info")
    told = [notice for notice in notices if notice.level in levels]
    in_order = sorted(told, key=lambda notice: levels.index(notice.level))
    for notice in in_order[:MOST_NOTICES]:
        print(_printable(f"{notice.level}: {notice.head} {notice.text}".rstrip()))
    if len(in_order) > MOST_NOTICES:
        print(f"… and {len(in_order) - MOST_NOTICES} more notices")


@contextmanager
def _interruptible(runner: Runner) -> Iterator[None]:
    """Ctrl+C once finishes the running trials and stops, twice stops now; nothing is lost."""
    pressed = 0

    def react(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        pressed += 1
        if pressed == 1:
            print("\nStopping after the running trials; press Ctrl+C again to stop now.")
            runner.stop_after_current()
        else:
            runner.leave()

    before = signal.signal(signal.SIGINT, react)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _write_results(path: Path, history: History) -> None:
    """Tell about the best trial and write files; what takes long, and may fail, comes last."""
    from hpo_gui.assembly.models import board_lines, board_of
    from hpo_gui.assembly.results import export_results, locked_test_scores
    from hpo_gui.assembly.running import open_study

    opened = open_study(path)
    out = path.parent

    def write(wanted: dict[str, Path], test: dict[str, float] | None = None) -> None:
        written = export_results(
            opened.spec, opened.base, history, wanted, test=test, study=opened.path
        )
        for file in written:
            print(f"  {file}")

    chosen = suggested(history)
    budget = opened.spec.budget
    ahead = budget.gain_trials if budget != BudgetSpec() else 0  # else it has ended by itself
    if chosen is None:
        _say(_without_best(history))
    elif len(history.goals) > 1:
        _say("\n".join([about_front(history, *chosen), *_saved(history)]))
    else:
        _say(_about(chosen[0], history, ahead))
    if not len(history):
        return
    several = len(opened.spec.models) > 1
    if several:
        for line in board_lines(board_of(opened.spec, history), history.goal.metric):
            _say(f"  {line}")
    write({"trials_csv": out / "trials.csv"})
    if several:
        write({"models_csv": out / "models.csv"})
    if chosen is None:
        return
    best = chosen[0]
    if len(history.goals) > 1:
        write({"front_csv": out / "front.csv"})
    test: dict[str, float] = {}
    if opened.spec.objective is None:
        test = locked_test_scores(opened.spec, opened.base, best, opened.path, history)
        for metric, score in test.items():
            print(f"  locked test rows: {metric} {score:.6g}")
    write({"params": out / "best.json"}, test)
    if opened.spec.objective is None:
        write({"model_pickle": out / "model.pkl"})
    if opened.spec.ensemble is not None:
        _write_ensemble(opened, history, out)


def _write_ensemble(opened: Opened, history: History, out: Path) -> None:
    """Choose the ensemble, tell about it and write it; where there is none, say why."""
    from hpo_gui.assembly.ensembles import (
        ensemble_locked_scores,
        export_ensemble,
        find_ensemble,
    )
    from hpo_gui.core.errors import ExportError
    from hpo_gui.export.ensemble import write_ensemble_json

    question = (opened.spec, opened.base, history)
    try:
        found = find_ensemble(*question, opened.path)
    except ExportError as error:
        _say(f"  No ensemble: {error}")
        return
    for line in ensemble_lines(found):
        print(f"  {line}")
    test = ensemble_locked_scores(*question, found, opened.path)
    for metric, score in test.items():
        print(f"  the ensemble on the locked test rows: {metric} {score:.6g}")
    weights, model = out / "ensemble.json", out / "ensemble.pkl"
    write_ensemble_json(found, history, weights, test)
    print(f"  {weights}")
    export_ensemble(*question, found, (model,), opened.path)
    print(f"  {model}")


def _without_best(history: History) -> str:
    """Why there is no best trial, in the words of the last one that failed."""
    failed = (trial for trial in history.trials if trial.state is TrialState.FAILED)
    failures = [trial.failure for trial in failed if trial.failure is not None]
    why = f" The last one failed: {failures[-1].message}" if failures else ""
    return f"No trial has a score yet, so there is no best one and no model.{why}"


def _worth(gain: ExpectedGain, goal: Goal) -> str:
    """What the next trials will bring, in a sentence."""
    return (
        f"The next {gain.trials:,} trials are expected to make {goal.metric} better by "
        f"{gain.mean:.2g} ({gain.low:.2g} to {gain.high:.2g})."
    )


def _saved(history: History) -> list[str]:
    """What stopping trials early has saved, as no line or one."""
    saved = savings(history).text
    return [f"  {saved}"] if saved else []


def _about(best: Trial, history: History, ahead: int) -> str:
    """The best trial in a few lines, with the default's score beside it."""
    goal = history.goal
    spread = best.sd(goal.metric)
    more = f" ± {spread:.2g}" if spread == spread else ""
    lines = [f"Best trial {best.number}: {goal.metric} {best.scores[goal.metric]:.6g}{more}"]
    if not len(history.feasible):
        lines.append(f"  no trial keeps the threshold: {'; '.join(missed(best, history.goals))}")
    if (defaults := find_baseline(history)) is not None:
        lines.append(f"  the defaults: {defaults.scores[goal.metric]:.6g}")
    if (dummy := dummy_trial(history)) is not None:
        lines.append(f"  a dummy that looks at no column: {dummy.scores[goal.metric]:.6g}")
    lines += [f"  {name} = {show(value)}" for name, value in best.params.items()]
    lines += _saved(history)
    gain = expected_gain(history, ahead) if ahead else None
    if gain is not None:
        lines.append(f"  {_worth(gain, goal)}")
    found = recommend(history)
    if found is not None and not found.agrees:
        lines.append(
            f"  Trial {found.number} is probably better: {found.mean:.4g} ± {found.sd:.2g} "
            f"expected; trial {found.best} would give about {found.best_mean:.4g} when measured "
            "again."
        )
    return "\n".join(lines)


# --- live progress ----------------------------------------------------------------------------


def _shown(runner: Runner) -> Iterator[Event]:
    """The runner's events, shown as they come: a live line in a terminal, else plain lines."""
    from rich.console import Console

    console = Console()
    if not console.is_terminal:
        yield from _lines(runner)
        return
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[text]}"))
    with Bar(*columns, console=console, transient=True) as bar:
        task = bar.add_task("running", total=1.0, text="")
        for event in runner.run():
            match event:
                case Progress():
                    bar.update(task, completed=event.share or 0.0, text=_progress(event, runner))
                case Message():
                    text = _printable(f"{event.head}: {event.text}")
                    console.print(text, markup=False, highlight=False)
            yield event


def _lines(runner: Runner) -> Iterator[Event]:
    """One line a finished trial."""
    shown: set[int] = set()
    for event in runner.run():
        match event:
            case TrialChanged(trial) if trial.told is not None and trial.number not in shown:
                shown.add(trial.number)
                _say(_line(trial, runner))
                if trial.told % WORTH_EVERY == 0 and (told := _outlook(runner)):
                    _say(f"  {told}")
            case Message():
                _say(f"{event.head}: {event.text}")
        yield event


def _outlook(runner: Runner) -> str:
    """What the last trials have brought to the front, or what the next ones will; else ""."""
    history = runner.study.history
    if len(history.goals) > 1:
        made = pareto(history)
        now = growth(history, made)
        return growth_line(now, WORTH_EVERY) if len(made.front) else ""
    gain = _gain(runner)
    return "" if gain is None else _worth(gain, history.goal)


def _line(trial: Trial, runner: Runner) -> str:
    goals, best = runner.study.goals, runner.study.best
    text = f"trial {trial.number:>4}  {trial.state:<9}"
    if trial.state is TrialState.COMPLETE:
        text += "".join(
            f"  {goal.metric} {trial.scores[goal.metric]:.6g}"
            for goal in goals
            if goal.metric in trial.scores
        )
    elif trial.state is TrialState.PRUNED:
        text += f"  after {trial.steps_done} of {runner.study.history.plan.steps}"
    if len(goals) > 1:
        history = runner.study.history
        if told := front_line(pareto(history), history):
            text += f"  ({told})"
    elif best is not None:
        text += f"  (best {best.scores[goals[0].metric]:.6g}, trial {best.number})"
    return text


def _progress(progress: Progress, runner: Runner) -> str:
    total = f"/{progress.total}" if progress.total is not None else ""
    text = f"{progress.finished}{total} trials · {progress.seconds:.0f} s"
    if progress.thinking:
        text += " · choosing what to try next…"
    elif progress.eta is not None:
        text += f" · ETA {progress.eta:.0f} s"
    best, history = runner.study.best, runner.study.history
    if len(history.goals) > 1:
        if told := front_line(pareto(history), history):
            text += f" · {told}"
    elif best is not None:
        text += f" · best {best.scores[history.goal.metric]:.6g}"
    if (gain := _gain(runner)) is not None:
        text += f" · next {gain.trials}: +{gain.mean:.2g} ({gain.low:.2g} to {gain.high:.2g})"
    return text


def _gain(runner: Runner) -> ExpectedGain | None:
    """What the next trials will bring; None with several goals, or if a study ends by itself."""
    if runner.budget == BudgetSpec() or len(runner.study.goals) > 1:
        return None
    return expected_gain(runner.study.history, runner.budget.gain_trials)


# --- export and examples ----------------------------------------------------------------------


def _export(parsed: argparse.Namespace) -> int:
    from hpo_gui.assembly.results import export_results
    from hpo_gui.assembly.running import open_study, read_history

    wanted = {
        key: path
        for key, path in {
            "trials_csv": parsed.trials,
            "trials_parquet": parsed.parquet,
            "models_csv": parsed.models,
            "params": parsed.params,
            "spec": parsed.spec,
            "replay": parsed.replay,
            _by_suffix(parsed.ensemble, {".json": "ensemble_json"}, "ensemble_pickle"): (
                parsed.ensemble
            ),
            _by_suffix(parsed.schedule, {".json": "schedule_json"}, "schedule_csv"): (
                parsed.schedule
            ),
            _by_suffix(
                parsed.front, {".svg": "front_svg", ".csv": "front_csv"}, "front_png"
            ): parsed.front,
            _by_suffix(
                parsed.landscape,
                {".svg": "landscape_svg", ".csv": "landscape_csv"},
                "landscape_png",
            ): parsed.landscape,
            _by_suffix(
                parsed.learning,
                {".svg": "learning_svg", ".csv": "learning_csv"},
                "learning_png",
            ): parsed.learning,
            _by_suffix(parsed.plot, {".svg": "plot_svg"}, "plot_png"): parsed.plot,
            _by_suffix(parsed.model, {".joblib": "model_joblib"}, "model_pickle"): parsed.model,
        }.items()
        if path is not None
    }
    if not wanted:
        raise StudioError(
            "export", "must be told what to write", remedy="Add --trials t.csv or --model m.pkl."
        )
    opened = open_study(parsed.study)
    history = read_history(opened)
    fits = parsed.model is not None or parsed.ensemble is not None
    if fits and opened.spec.objective is None:
        _ask_for_trust(opened.spec, opened.base, parsed.trust)
    written = export_results(
        opened.spec, opened.base, history, wanted, parsed.trial, study=opened.path
    )
    for path in written:
        print(path)
    found = suggested(history) if _OF_A_TRIAL & set(wanted) else None
    if parsed.trial is None and found is not None and len(history.goals) > 1:
        words = {
            "knee": "the knee of the front",
            "best": f"the best by {history.goal.metric}: the front has no knee",
            "nearest": "the nearest: no trial keeps all thresholds",
        }[found[1]]
        print(f"Of trial {found[0].number}, {words}; --trial N chooses another one.")
    return 0


_OF_A_TRIAL = {
    "params",
    "model_pickle",
    "model_joblib",
    "schedule_csv",
    "schedule_json",
    "replay",
}


def _by_suffix(path: Path | None, keys: dict[str, str], otherwise: str) -> str:
    """The kind of file that a name stands for by its end; names all ends that would do."""
    from hpo_gui.assembly.results import FORMATS
    from hpo_gui.export.files import check_suffix

    if path is None:
        return otherwise
    if otherwise in FORMATS:
        check_suffix(path, tuple(dict.fromkeys((*FORMATS[otherwise], *keys))))
    return keys.get(path.suffix.lower(), otherwise)


def _examples(parsed: argparse.Namespace) -> int:
    from hpo_gui.evaluation.samples import list_samples

    for sample in list_samples():
        print(f"{sample.name:<16} {sample.rows:>5} × {sample.columns:<4} {sample.sentence}")
    return 0

"""What a running study shows in the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from hpo_gui.analysis.front_growth import growth
from hpo_gui.analysis.pareto import pareto
from hpo_gui.cli.printing import printable, say
from hpo_gui.cli.result import worth
from hpo_gui.core.expected_gain import ExpectedGain, expected_gain
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.export.front_text import front_line, growth_line
from hpo_gui.study.events import Event, Message, Progress, TrialChanged
from hpo_gui.study.runner import Runner

WORTH_EVERY = 20  # finished trials after which it is told what the next ones will bring


def shown_live(runner: Runner) -> Iterator[Event]:
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
                    text = printable(f"{event.head}: {event.text}")
                    console.print(text, markup=False, highlight=False)
            yield event


def _lines(runner: Runner) -> Iterator[Event]:
    """One line a finished trial."""
    shown: set[int] = set()
    for event in runner.run():
        match event:
            case TrialChanged(trial) if trial.told is not None and trial.number not in shown:
                shown.add(trial.number)
                say(_line(trial, runner))
                if trial.told % WORTH_EVERY == 0 and (told := _outlook(runner)):
                    say(f"  {told}")
            case Message():
                say(f"{event.head}: {event.text}")
        yield event


def _outlook(runner: Runner) -> str:
    """What the last trials have brought to the front, or what the next ones will; else ""."""
    history = runner.study.history
    if len(history.goals) > 1:
        made = pareto(history)
        now = growth(history, made)
        return growth_line(now, WORTH_EVERY) if len(made.front) else ""
    gain = _gain(runner)
    return "" if gain is None else worth(gain, history.goal)


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

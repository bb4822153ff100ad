"""What a running study shows in the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from hpo_gui.analysis.front_growth import growth
from hpo_gui.analysis.pareto import pareto
from hpo_gui.analysis.repeats import repeats_of
from hpo_gui.cli.printing import printable, say
from hpo_gui.cli.result import worth
from hpo_gui.core.expected_gain import ExpectedGain, expected_gain
from hpo_gui.core.history import History
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
                say(trial_line(trial, runner.study.history))
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


def trial_line(trial: Trial, history: History) -> str:
    """What became of a trial that has ended, and what is best now."""
    goals, best = history.goals, history.best
    text = f"trial {trial.number:>4}  {trial.state:<9}"
    if trial.state is TrialState.COMPLETE:
        text += "".join(
            f"  {goal.metric} {trial.scores[goal.metric]:.6g}"
            for goal in goals
            if goal.metric in trial.scores
        )
    elif trial.state is TrialState.PRUNED:
        total = history.plan.steps
        text += f"  after {trial.steps_done}" + (
            f" of {total}" if total > trial.steps_done else ""
        )
    if len(goals) > 1:
        if told := front_line(pareto(history), history):
            text += f"  ({told})"
    elif best is not None:
        text += f"{_counts(trial, history)}  (best {best_score(history)}, trial {best.number})"
    return text


def best_score(history: History) -> str:
    """The score of the best trial as it counts: ``0.91``, ``0.91 over 3 repeats``."""
    best = history.best
    assert best is not None, "there is a best trial"
    count = _repeats(best, history)
    return f"{history.score(best.number):.6g}" + (f" over {count} repeats" if count else "")


def _counts(trial: Trial, history: History) -> str:
    """What counts for a trial instead of its own score, where repeats are averaged."""
    count = _repeats(trial, history)
    return f", counts as {history.score(trial.number):.6g} over {count} repeats" if count else ""


def _repeats(trial: Trial, history: History) -> int:
    """How many trials a trial's mean is over; 0 where its own score counts."""
    if not history.plan.averages:
        return 0
    found = repeats_of(history, trial, history.goal.metric)
    return 0 if found is None else len(found.numbers)


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
        text += f" · best {best_score(history)}"
    if (gain := _gain(runner)) is not None:
        text += f" · next {gain.trials}: +{gain.mean:.2g} ({gain.low:.2g} to {gain.high:.2g})"
    return text


def _gain(runner: Runner) -> ExpectedGain | None:
    """What the next trials will bring; None with several goals, or if a study ends by itself."""
    if runner.budget == BudgetSpec() or len(runner.study.goals) > 1:
        return None
    return expected_gain(runner.study.history, runner.budget.gain_trials)

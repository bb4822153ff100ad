"""The Pareto front in lines of text, for a terminal."""

from __future__ import annotations

import numpy as np

from hpo_gui.analysis.front_growth import Growth, growth
from hpo_gui.analysis.pareto import Pareto, Why, half_widths, pareto
from hpo_gui.core.counting import counted
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.trial import Trial
from hpo_gui.core.value import show

MOST_LINES = 20


def front_line(made: Pareto, history: History) -> str:
    """Such as ``front 5; best accuracy 0.97 (trial 8), model_size 1.2e+03 (trial 3)``."""
    if not len(made.front):
        if made.nearest is None:
            return ""
        return f"none feasible yet; {nearest_words(made, history)}"
    bests = ", ".join(
        f"{goal.metric} {_score(history, number, goal):.6g} (trial {number})"
        for goal, number in zip(made.goals, made.bests, strict=True)
    )
    return f"front {len(made.front)}; best {bests}"


def _score(history: History, number: int, goal: Goal) -> float:
    """What a trial counts with by a goal."""
    return counted(history, history.trials[number]).scores[goal.metric]


def nearest_words(made: Pareto, history: History) -> str:
    """By how much the nearest trial misses the thresholds, where nothing is feasible."""
    assert made.nearest is not None
    trial = counted(history, history.trials[made.nearest])
    return f"the nearest is trial {trial.number}: {'; '.join(missed(trial, made.goals))}"


def missed(trial: Trial, goals: tuple[Goal, ...]) -> list[str]:
    """Each threshold that a trial misses: ``accuracy 0.9 instead of at least 0.95``."""
    told = []
    for goal in goals:
        score = trial.scores.get(goal.metric)
        if goal.threshold is None or score is None or goal.meets(score):
            continue
        side = "at least" if goal.maximize else "at most"
        told.append(f"{goal.metric} {score:.6g} instead of {side} {goal.threshold:.6g}")
    return told


def growth_line(now: Growth, before: int) -> str:
    """The hypervolume, and by how much it has grown since ``before`` trials had finished."""
    roughly = "" if now.exact else "about "
    text = f"hypervolume {roughly}{now.volume:.4g}, {now.share:.0%} of what the best scores span"
    earlier = len(now.numbers) - before
    if 0 < earlier < len(now.numbers) and now.volume > 0:
        grown = 1 - float(now.volumes[earlier - 1]) / now.volume
        text += f"; {grown:.1%} of it by the last {before} trials"
    reference = ", ".join(f"{score:.4g}" for score in now.reference)
    return f"{text} (measured from {reference})"


def about_front(history: History, chosen: Trial, why: Why, test_ratio: float | None = None) -> str:
    """The front as a table, its hypervolume, and the trial that was chosen with its parameters."""
    made = pareto(history)
    if not len(made.front):
        lines = [f"No trial keeps all thresholds: {nearest_words(made, history)}."]
    else:
        count = len(made.front)
        head = "1 trial is" if count == 1 else f"{count} trials are"
        complete = (
            "1 complete one" if len(made.numbers) == 1 else f"{len(made.numbers)} complete ones"
        )
        different = len(_alike(made))
        alike = "" if different == count else f", with {different} different scores"
        lines = [f"{head} on the Pareto front of {complete}{alike}:"]
        lines += _table(made, history, test_ratio)
        lines.append(f"  {growth_line(growth(history, made), 0)}")
    lines.append(_choice_words(made, chosen, why))
    lines += [f"  {name} = {show(value)}" for name, value in chosen.params.items()]
    return "\n".join(lines)


def _choice_words(made: Pareto, chosen: Trial, why: Why) -> str:
    others = "; choose another one by `hpo-gui export --trial N`"
    if why == "knee":
        return f"Trial {chosen.number}, the knee of the front, is taken{others}:"
    if why == "nearest":
        return f"Trial {chosen.number}, the nearest, is taken{others}:"
    return (
        f"The front has no knee: trial {chosen.number}, the best by {made.goals[0].metric}, is "
        f"taken{others}:"
    )


def _alike(made: Pareto) -> list[list[int]]:
    """The numbers of the front, in its order; those with equal scores together."""
    groups: dict[tuple[float, ...], list[int]] = {}
    for number, losses in zip(
        made.front.tolist(), made.losses[made.front_rows].tolist(), strict=True
    ):
        groups.setdefault(tuple(losses), []).append(number)
    return list(groups.values())


def _table(made: Pareto, history: History, test_ratio: float | None) -> list[str]:
    """One line for equal scores; of a long front every few, the best of each goal, the knee."""
    groups = _alike(made)
    every = -(-len(groups) // MOST_LINES)
    named = {*made.bests, made.knee}
    shown = [group for i, group in enumerate(groups) if i % every == 0 or named & {*group}]
    keep = [next((number for number in group if number in named), group[0]) for group in shown]
    widths = half_widths(history, np.array(keep), test_ratio)
    rows = [["trial", *(goal.metric for goal in made.goals), ""]]
    for number, group, own in zip(keep, shown, widths.tolist(), strict=True):
        trial = counted(history, history.trials[number])
        scores = [
            f"{trial.scores[goal.metric]:.6g}" + (f" ± {width:.2g}" if width == width else "")
            for goal, width in zip(made.goals, own, strict=True)
        ]
        marks = ["knee"] if number == made.knee else []
        for goal, best in zip(made.goals, made.bests, strict=True):
            marks += [f"best {goal.metric}"] if best in group else []
        if len(group) == 2:
            marks.append(f"as trial {next(other for other in group if other != number)}")
        elif len(group) > 2:
            marks.append(f"as {len(group) - 1} others")
        rows.append([str(number), *scores, ", ".join(marks)])
    wide = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = [
        "  "
        + "  ".join(
            text.ljust(width) if place == len(wide) - 1 else text.rjust(width)
            for place, (text, width) in enumerate(zip(row, wide, strict=True))
        ).rstrip()
        for row in rows
    ]
    more = len(made.front) - sum(map(len, shown))
    if more:
        lines.append(f"  … {more} more: hpo-gui export --front front.csv")
    return lines

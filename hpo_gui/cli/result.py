"""What is told and written when a study ends: the best trial, files beside the study."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from hpo_gui.analysis.convergence import find_baseline
from hpo_gui.analysis.dummy import dummy_trial
from hpo_gui.analysis.ensemble import ensemble_lines
from hpo_gui.analysis.pareto import suggested
from hpo_gui.analysis.recommendation import recommend
from hpo_gui.analysis.repeats import repeats_of
from hpo_gui.analysis.savings import savings
from hpo_gui.cli.printing import say
from hpo_gui.core.counting import counted
from hpo_gui.core.expected_gain import ExpectedGain, expected_gain
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.core.trial import Trial, TrialState
from hpo_gui.core.value import show
from hpo_gui.evaluation.overlap import fold_ratio
from hpo_gui.export.front_text import about_front, missed

if TYPE_CHECKING:
    from hpo_gui.assembly.opened import Opened


def write_results(path: Path, history: History) -> None:
    """Tell about the best trial and write files; what takes long, and may fail, comes last."""
    from hpo_gui.assembly.opened import open_study
    from hpo_gui.assembly.results import results_of_run

    opened = open_study(path)
    places = results_of_run(path)
    written = _write_files(opened, history, places)
    for key, file in places.items():
        if key not in written and file.exists():
            say(f"  {file} is from before, and not of what the study is now")


def _write_files(opened: Opened, history: History, places: Mapping[str, Path]) -> set[str]:
    """Tell, and write; the keys of the files that were written."""
    from hpo_gui.assembly.models import board_lines, board_of
    from hpo_gui.assembly.results import export_results, locked_test_scores

    keys: set[str] = set()

    def write(key: str, test: dict[str, float] | None = None) -> None:
        written = export_results(
            opened.spec, opened.base, history, {key: places[key]}, test=test, study=opened.path
        )
        keys.add(key)
        for file in written:
            print(f"  {file}")

    chosen = suggested(history)
    budget = opened.spec.budget
    ahead = budget.gain_trials if budget != BudgetSpec() else 0  # else it has ended by itself
    if chosen is None:
        say(_without_best(history))
    elif len(history.goals) > 1:
        say(
            "\n".join(
                [
                    about_front(history, *chosen, fold_ratio(opened.spec.validation)),
                    *_saved(history),
                ]
            )
        )
    else:
        say(about(chosen[0], history, ahead))
    if not len(history):
        return keys
    several = len(opened.spec.models) > 1
    if several:
        for line in board_lines(board_of(opened.spec, history), history.goal.metric):
            say(f"  {line}")
    write("trials_csv")
    if several:
        write("models_csv")
    if chosen is None:
        return keys
    best = chosen[0]
    if len(history.goals) > 1:
        write("front_csv")
    test: dict[str, float] = {}
    if opened.spec.objective is None:
        test = locked_test_scores(opened.spec, opened.base, best, opened.path, history)
        for metric, score in test.items():
            print(f"  locked test rows: {metric} {score:.6g}")
    write("params", test)
    if opened.spec.objective is None:
        write("model_pickle")
    if opened.spec.ensemble is not None:
        keys |= _write_ensemble(opened, history, places)
    return keys


def _write_ensemble(opened: Opened, history: History, places: Mapping[str, Path]) -> set[str]:
    """Choose the ensemble, tell about it and write it; where there is none, say why.

    Returns
    -------
    the keys of the files that were written
    """
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
        say(f"  No ensemble: {error}")
        return set()
    for line in ensemble_lines(found):
        print(f"  {line}")
    test = ensemble_locked_scores(*question, found, opened.path)
    for metric, score in test.items():
        print(f"  the ensemble on the locked test rows: {metric} {score:.6g}")
    weights, model = places["ensemble_json"], places["ensemble_pickle"]
    write_ensemble_json(found, history, weights, test)
    print(f"  {weights}")
    export_ensemble(*question, found, (model,), opened.path)
    print(f"  {model}")
    return {"ensemble_json", "ensemble_pickle"}


def _without_best(history: History) -> str:
    """Why there is no best trial, in the words of the last one that failed."""
    failed = (trial for trial in history.trials if trial.state is TrialState.FAILED)
    failures = [trial.failure for trial in failed if trial.failure is not None]
    why = f" The last one failed: {failures[-1].message}" if failures else ""
    return f"No trial has a score yet, so there is no best one and no model.{why}"


def _saved(history: History) -> list[str]:
    """What stopping trials early has saved, as no line or one."""
    saved = savings(history).text
    return [f"  {saved}"] if saved else []


def about(best: Trial, history: History, ahead: int) -> str:
    """The best trial in a few lines, with the default's score beside it."""
    goal = history.goal
    spread = best.sd(goal.metric)
    more = f" ± {spread:.2g}" if spread == spread else ""
    lines = [f"Best trial {best.number}: {goal.metric} {best.scores[goal.metric]:.6g}{more}"]
    repeats = repeats_of(history, best, goal.metric) if history.plan.averages else None
    if repeats is not None:
        count = len(repeats.numbers)
        lines.append(f"  counts as the mean over its {count} repeats: {repeats.mean:.6g}")
    if not len(history.feasible):
        by = missed(counted(history, best), history.goals)
        lines.append(f"  no trial keeps the threshold: {'; '.join(by)}")
    if (defaults := find_baseline(history)) is not None:
        lines.append(f"  the defaults: {history.score(defaults.number):.6g}")
    if (dummy := dummy_trial(history)) is not None:
        lines.append(f"  a dummy that looks at no column: {dummy.scores[goal.metric]:.6g}")
    lines += [f"  {name} = {show(value)}" for name, value in best.params.items()]
    lines += _saved(history)
    gain = expected_gain(history, ahead) if ahead else None
    if gain is not None:
        lines.append(f"  {worth(gain, goal)}")
    found = recommend(history)
    if found is not None and not found.agrees:
        lines.append(
            f"  Trial {found.number} is probably better: {found.mean:.4g} ± {found.sd:.2g} "
            f"expected; trial {found.best} would give about {found.best_mean:.4g} when measured "
            "again."
        )
    return "\n".join(lines)


def worth(gain: ExpectedGain, goal: Goal) -> str:
    """What the next trials will bring, in a sentence."""
    return (
        f"The next {gain.trials:,} trials are expected to make {goal.metric} better by "
        f"{gain.mean:.2g} ({gain.low:.2g} to {gain.high:.2g})."
    )

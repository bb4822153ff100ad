"""The ensemble of a study: chosen from kept predictions, fitted and scored in own processes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hpo_gui.analysis.ensemble import Ensemble, LeftOut, Member
from hpo_gui.assembly.predictions import Choices, find_held_out, ranked, trial_key
from hpo_gui.assembly.preparing import prepare_dataset, recorded_metrics
from hpo_gui.assembly.resolution import Resolved, resolve
from hpo_gui.assembly.study_table import table_of_study
from hpo_gui.core.counting import counted
from hpo_gui.core.errors import ExportError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.spec import Choice, EnsembleSpec, PreprocessingSpec, StudySpec
from hpo_gui.evaluation.dataset import Dataset
from hpo_gui.evaluation.ensemble_judge import fold_judges
from hpo_gui.evaluation.ensemble_selection import Selection, select
from hpo_gui.evaluation.final_ensemble import Voter, ensemble_test_scores, fit_ensemble
from hpo_gui.evaluation.held_out import HeldOut, Predictions
from hpo_gui.evaluation.splits import make_splits
from hpo_gui.execution.call import call_in_process
from hpo_gui.export.model import write_model

SELECT_SECONDS = 1800.0
FIT_SECONDS = 3600.0  # for each member
LARGEST_BYTES = 2**30  # of all candidates' predictions in memory
SILENT = "its predictions are missing or damaged, or its model gives no probabilities"
NO_PROBABILITIES = "its model gives no probabilities"


@dataclass(frozen=True)
class _Question:
    """What the selecting process needs; candidates are (number, key), the best first."""

    dataset: Dataset
    validation: Choice
    seed: int
    goal: Goal
    store: HeldOut
    candidates: tuple[tuple[int, str], ...]
    options: EnsembleSpec


@dataclass(frozen=True)
class _Answer:
    numbers: tuple[int, ...]
    silent: tuple[int, ...]
    selection: Selection | None


def find_ensemble(spec: StudySpec, base: Path, history: History, study: Path) -> Ensemble:
    """Choose the trials that vote, and how often; the same question has the same answer.

    Parameters
    ----------
    study : the study file, whose predictions lie in the user's cache

    Raises
    ------
    ExportError : the study keeps no predictions, they are gone, or no trial is complete
    """
    check_ensemble(spec, history)
    store = find_held_out(spec, study)
    resolved, dataset = _dataset(spec, base, study)
    options, validation = resolved.spec.ensemble, resolved.spec.validation
    best, goal = history.best, history.goal
    assert options is not None, "checked above"
    assert validation is not None
    assert best is not None
    choices = Choices(resolved.spec.models, dataset.task, history)
    candidates, left_out = _candidates(choices, history, goal.metric)
    if store is None:
        raise _none_left(LeftOut(best.number, SILENT))
    question = _Question(dataset, validation, spec.seed, goal, store, candidates, options)
    answer = call_in_process(
        _answer, question, timeout=SELECT_SECONDS, title="Choosing the ensemble"
    )
    left_out += [LeftOut(number, SILENT) for number in answer.silent]
    left_out.sort(key=lambda one: one.number)
    if not answer.numbers:
        raise _none_left(*left_out)
    found = answer.selection
    if found is None or not all(map(math.isfinite, (*found.folds, *found.apart))):
        raise ExportError(
            "ensemble",
            f"needs {goal.metric} of averaged predictions in every fold, which has no value",
            remedy="Choose another metric, or folds that each have rows of every class.",
        )
    return Ensemble(
        goal,
        _members(answer.numbers, found),
        counted(history, best),
        found.folds,
        found.apart,
        len(answer.numbers),
        tuple(left_out),
    )


def _members(numbers: Sequence[int], found: Selection) -> tuple[Member, ...]:
    chosen = [
        Member(number, int(votes))
        for number, votes in zip(numbers, found.votes, strict=True)
        if votes
    ]
    return tuple(sorted(chosen, key=lambda member: -member.votes))


def _candidates(
    choices: Choices, history: History, metric: str
) -> tuple[tuple[tuple[int, str], ...], list[LeftOut]]:
    """The complete trials that may take part, the best first, each configuration once."""
    candidates: dict[str, int] = {}
    left_out = []
    for number in ranked(history):
        key = trial_key(choices, history, number)
        if key is None:
            left_out.append(LeftOut(number, "its model is no longer in the study"))
        elif _silent_model(choices, number):
            left_out.append(LeftOut(number, NO_PROBABILITIES))
        else:
            candidates.setdefault(key, number)
    return tuple((number, key) for key, number in candidates.items()), left_out


def _silent_model(choices: Choices, number: int) -> bool:
    entry = choices.pick(number)[0].entry
    return choices.task == "classification" and entry.gives_probabilities is False


def check_ensemble(spec: StudySpec, history: History) -> None:
    """Whether there can be one; raises `ExportError` otherwise."""
    if spec.ensemble is None:
        raise ExportError(
            "ensemble",
            "needs what the trials said of unseen rows, which this study does not keep",
            remedy="Add `[ensemble]` to the specification before the study runs.",
        )
    if history.best is None:
        raise ExportError(
            "ensemble",
            "needs a complete trial",
            f"{len(history)} trials, none complete",
            remedy="Run the study first, and look at what failed.",
        )


def _none_left(*left_out: LeftOut) -> ExportError:
    return ExportError(
        "ensemble",
        "needs predictions of at least one complete trial",
        f"trial {left_out[0].number}: {left_out[0].reason}" if left_out else ExportError.NOTHING,
        remedy="They lie in the cache folder, which may have been emptied. Run more trials, with "
        "models that give probabilities.",
    )


def _dataset(spec: StudySpec, base: Path, study: Path | None) -> tuple[Resolved, Dataset]:
    table = table_of_study(spec, base, study)
    resolved = resolve(spec, table).check()
    assert table is not None, "a function of one's own has no ensemble"
    return resolved, prepare_dataset(resolved.spec, table)


# --- in a process of its own ------------------------------------------------------------------


def _answer(question: _Question) -> _Answer:
    """Read the predictions and choose."""
    dataset, options = question.dataset, question.options
    splits = make_splits(dataset, question.validation, question.seed)
    judges = fold_judges(dataset, splits, question.goal)
    classes = len(dataset.classes)
    row_bytes = sum(judge.rows for judge in judges) * max(classes, 1) * 4
    most = max(2, min(options.candidates, LARGEST_BYTES // row_bytes))
    said: list[list[Predictions]] = []
    numbers: list[int] = []
    silent: list[int] = []
    for number, key in question.candidates:
        if len(numbers) == most:
            break
        folds = [
            question.store.load(key, fold, judge.rows, classes)
            for fold, judge in enumerate(judges)
        ]
        whole = [fold for fold in folds if fold is not None]
        if len(whole) == len(folds):
            numbers.append(number)
            said.append(whole)
        else:
            silent.append(number)
    if not numbers:
        return _Answer((), tuple(silent), None)
    library = [np.stack([folds[fold] for folds in said]) for fold in range(len(judges))]
    selection = select(library, judges, options.size, bags=options.bags, seed=question.seed)
    return _Answer(tuple(numbers), tuple(silent), selection)


# --- fitting ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Vote:
    """The voters, and the rows to learn from."""

    dataset: Dataset
    voters: tuple[Voter, ...]
    preprocessing: PreprocessingSpec


def export_ensemble(
    spec: StudySpec,
    base: Path,
    history: History,
    ensemble: Ensemble,
    paths: tuple[Path, ...],
    study: Path,
) -> None:
    """Fit every member on all rows, in a process of its own, and write their vote."""
    vote = _vote(spec, base, history, ensemble, study)
    seconds = FIT_SECONDS * len(vote.voters)
    call_in_process(_fit_and_write, vote, paths, timeout=seconds, title="Fitting the ensemble")


def ensemble_locked_scores(
    spec: StudySpec, base: Path, history: History, ensemble: Ensemble, study: Path
) -> dict[str, float]:
    """Scores of the ensemble on the locked rows; empty when no rows are locked away."""
    if spec.data is None or not spec.data.test_share:
        return {}
    vote = _vote(spec, base, history, ensemble, study)
    if not len(vote.dataset.test):
        return {}
    seconds = FIT_SECONDS * len(vote.voters)
    title = "Scoring the ensemble on the locked test rows"
    return call_in_process(
        _score_locked, vote, recorded_metrics(spec), timeout=seconds, title=title
    )


def _vote(spec: StudySpec, base: Path, history: History, ensemble: Ensemble, study: Path) -> _Vote:
    resolved, dataset = _dataset(spec, base, study)
    choices = Choices(resolved.spec.models, dataset.task, history)
    voters = []
    for member in ensemble.members:
        trial = history.trials[member.number]
        candidate, values = choices.pick(member.number)
        name = f"trial_{member.number}"
        voters.append(Voter(name, candidate.name, values, trial.seed, member.votes))
    return _Vote(dataset, tuple(voters), resolved.spec.preprocessing)


def _fit_and_write(vote: _Vote, paths: tuple[Path, ...]) -> None:
    model = fit_ensemble(vote.dataset, vote.voters, vote.preprocessing)
    for path in paths:
        write_model(model, path)


def _score_locked(vote: _Vote, metrics: tuple[str, ...]) -> dict[str, float]:
    return ensemble_test_scores(vote.dataset, vote.voters, vote.preprocessing, metrics)

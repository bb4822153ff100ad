"""From a filled-in specification to what the workers evaluate, without a study file."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hpo_gui.assembly.goals import judging_goal
from hpo_gui.assembly.resolution import Resolved, function_path
from hpo_gui.core.objective import ObjectiveFactory
from hpo_gui.core.spec import StudySpec
from hpo_gui.evaluation.cross_validation import CrossValidationFactory, write_bundle
from hpo_gui.evaluation.dataset import Dataset, make_dataset
from hpo_gui.evaluation.dummy import DummyScores, check_with_dummy
from hpo_gui.evaluation.group_gap import gap_columns
from hpo_gui.evaluation.row_shares import RowSharesFactory
from hpo_gui.evaluation.table import Table
from hpo_gui.evaluation.table_training import TableTrainingFactory
from hpo_gui.evaluation.trust import read_trusted
from hpo_gui.evaluation.user_objective import UserFunctionFactory, check_function
from hpo_gui.evaluation.user_training import UserTrainingFactory
from hpo_gui.execution.call import call_in_process


@dataclass(frozen=True)
class Prepared:
    """What a run needs beside its study file."""

    resolved: Resolved
    factory: ObjectiveFactory
    steps: int
    folder: tempfile.TemporaryDirectory[str]
    function_sha256: str | None = None
    dummy: DummyScores | None = None

    @contextmanager
    def freed_after_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.folder.cleanup()
            raise


def prepare(resolved: Resolved, table: Table | None, base: Path) -> Prepared:
    """Split the rows, write them where the workers find them, and make the objective's factory."""
    folder = tempfile.TemporaryDirectory(prefix="hpo-studio-", ignore_cleanup_errors=True)
    try:
        if resolved.spec.objective is not None or table is None:
            return _prepare_function(resolved, base, folder)
        return _prepare_table(resolved, table, folder)
    except BaseException:
        folder.cleanup()
        raise


def _prepare_function(
    resolved: Resolved, base: Path, folder: tempfile.TemporaryDirectory[str]
) -> Prepared:
    path, function = function_path(resolved.spec, base)
    check_function(path, function)
    spec = resolved.spec
    assert spec.objective is not None
    goal, start, training = spec.goals[0], spec.objective.start, spec.training
    factory: ObjectiveFactory = UserFunctionFactory(path, function, _metrics_of_goals(spec))
    if start is not None:
        assert training is not None, "filled in"
        check_function(path, start)
        goals = _metrics_of_goals(spec)
        factory = UserTrainingFactory(path, start, function, goal, training, spec.schedule, goals)
    sha256 = hashlib.sha256(read_trusted(path)).hexdigest()
    steps = 1 if training is None else training.steps
    return Prepared(resolved, factory, steps, folder, sha256)


def _prepare_table(
    resolved: Resolved, table: Table, folder: tempfile.TemporaryDirectory[str]
) -> Prepared:
    spec = resolved.spec
    dataset = prepare_dataset(spec, table)
    assert spec.validation is not None
    metrics = recorded_metrics(spec)
    goals = _metrics_of_goals(spec)
    question = (dataset, spec.models, spec.validation, metrics, spec.seed, goals, spec.rows)
    if spec.compute.executor == "inline":
        steps, dummy = check_with_dummy(*question)
    else:  # scikit-learn is not imported in the window's process
        steps, dummy = call_in_process(check_with_dummy, *question, title="Checking the study")
    evaluation = CrossValidationFactory(
        bundle=write_bundle(dataset, Path(folder.name)),
        models=spec.models,
        validation=spec.validation,
        preprocessing=spec.preprocessing,
        metrics=metrics,
        seed=spec.seed,
        goals=goals,
    )
    if spec.rows is not None:
        shares = RowSharesFactory(evaluation, spec.rows)
        return Prepared(resolved, shares, spec.rows.steps, folder, dummy=dummy)
    if spec.training is None:
        return Prepared(resolved, evaluation, steps, folder, dummy=dummy)
    judged = judging_goal(spec)
    factory = TableTrainingFactory(evaluation, judged, spec.training, spec.schedule)
    return Prepared(resolved, factory, spec.training.steps, folder, dummy=dummy)


def prepare_dataset(spec: StudySpec, table: Table) -> Dataset:
    """The dataset of a filled-in specification."""
    assert spec.data is not None
    column = spec.validation.options.get("column") if spec.validation else None
    compared = gap_columns(recorded_metrics(spec))
    return make_dataset(table, spec.data, spec.seed, fold_column=column, compared=compared)


def recorded_metrics(spec: StudySpec) -> tuple[str, ...]:
    """The metrics of every fold: the goals first, each once."""
    return tuple(dict.fromkeys((*_metrics_of_goals(spec), *spec.metrics)))


def _metrics_of_goals(spec: StudySpec) -> tuple[str, ...]:
    return tuple(goal.metric for goal in spec.goals)

"""What a specification leaves open, filled in part by part from its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from hpo_gui.assembly.goals import class_sizes
from hpo_gui.assembly.learning_shape import fold_column_of, shape_of
from hpo_gui.core.errors import DataError, SpecError
from hpo_gui.core.spec import DECIDES_ALONE, BudgetSpec, Choice, DataSpec, ModelSpec, StudySpec
from hpo_gui.evaluation import model_choice
from hpo_gui.evaluation.metrics import needs_probabilities
from hpo_gui.evaluation.models import canonical_name, find_model
from hpo_gui.evaluation.notice import Notice
from hpo_gui.evaluation.roles import Roles, assign_roles
from hpo_gui.evaluation.splits import default_validation, make_validation
from hpo_gui.evaluation.suitability import SUITABLE, TableFacts, left_out, suitable_models
from hpo_gui.evaluation.treatments import ColumnNeeds
from hpo_gui.pruners.fold_racing import LEAST_FOLDS

if TYPE_CHECKING:
    from hpo_gui.evaluation.table import Table
    from hpo_gui.evaluation.task import Task


DEFAULT_MODEL = "random_forest"
DEFAULT_TRIALS = 60
MOST_NAMED = 4  # columns in a message
STEPS_TO_HALVE = 8  # of training, below which nothing is stopped unless asked for


def check_one_objective(spec: StudySpec) -> None:
    """Check that a study has a function or models, not both, and that its name can be read."""
    if spec.models:
        raise SpecError(
            "objective",
            "must not stand beside `models`",
            spec.objective.function if spec.objective else None,
            remedy="Tune either models on a table or a function of your own.",
        )
    assert spec.objective is not None
    path, colon, function = spec.objective.function.rpartition(":")
    if not colon or not path or "\0" in path or not function.isidentifier():
        raise SpecError(
            "objective.function",
            "must read like `file.py:function`",
            spec.objective.function,
        )


def assign(table: Table, data: DataSpec, validation: Choice | None = None) -> Roles:
    """The columns' roles; `DataError` where nothing can be learnt from the table.

    Parameters
    ----------
    validation : a column that numbers its folds has no other use
    """
    roles = assign_roles(table, data, fold_column=fold_column_of(validation, table))
    if roles.target is None:
        raise DataError(
            "data.target",
            "must be a column to predict, and none fits",
            list(table.column_names),
            remedy="Name one, or give a column the role “target”; open a table with more rows "
            "or columns when there is none.",
        )
    if table.rows < 2:
        raise DataError(
            table.name,
            "must have at least two rows of data",
            table.rows,
            remedy="Choose another file, or look at how it is read.",
        )
    target = table.column(roles.target)
    if target.distinct < 2:
        only = f"only “{target.examples[0]}”" if target.examples else "no value at all"
        raise DataError(
            "data.target",
            f"must be a column with more than one class or value, but `{target.name}` has {only}",
            remedy="Choose another target.",
        )
    if not roles.features:
        told = [f"`{c.name}` is {c.role}: {c.reason}" for c in roles.columns]
        if len(told) > MOST_NAMED:
            told[MOST_NAMED:] = [f"and {len(told) - MOST_NAMED} more of no use"]
        unused = "; ".join(told)
        raise DataError(
            "data",
            f"must have a column to learn from beside the target, but {unused}",
            remedy="Give at least one column the role “feature”, or open another table.",
        )
    return roles


def with_treatments(spec: StudySpec, roles: Roles, table: Table) -> Roles:
    """The same roles, with what the models that are tuned need done to the columns."""
    assert spec.data is not None
    try:
        needs = [find_model(model.name, roles.task).needs for model in spec.models]
    except SpecError:  # the model is a problem already
        return roles
    fold_column = fold_column_of(spec.validation, table)
    together = ColumnNeeds(
        scaling=any(need.scaling for need in needs),
        orders_categories=all(need.orders_categories for need in needs),
    )
    return assign_roles(table, spec.data, spec.preprocessing, together, fold_column=fold_column)


def fill_data(spec: StudySpec, roles: Roles, table: Table) -> StudySpec:
    """Target, task and fingerprint of the table."""
    assert spec.data is not None
    data = msgspec.structs.replace(
        spec.data, target=roles.target, task=roles.task, sha256=table.sha256
    )
    return msgspec.structs.replace(spec, data=data)


def fill_models(spec: StudySpec, roles: Roles, table: Table) -> StudySpec:
    """The models, their spaces and what is fixed; `suitable` becomes the models that suit."""
    models = _named(spec, facts_of(spec, roles, table)) or (ModelSpec(DEFAULT_MODEL),)
    rows, columns = shape_of(spec, roles, table)
    return msgspec.structs.replace(
        spec,
        models=tuple(
            _fill_model(model, roles.task, rows, columns, by_steps=spec.training is not None)
            for model in models
        ),
    )


def about_suitable(spec: StudySpec, roles: Roles, table: Table) -> tuple[Notice, ...]:
    """Why models are left out, where all that suit the table are asked for."""
    if not _asks_for_suitable(spec):
        return ()
    return tuple(
        Notice("info", f"{model.title} is left out:", model.why)
        for model in left_out(facts_of(spec, roles, table))
    )


def _asks_for_suitable(spec: StudySpec) -> bool:
    return any(model.name == SUITABLE for model in spec.models)


def facts_of(spec: StudySpec, roles: Roles, table: Table) -> TableFacts:
    """What decides which models suit."""
    rows, columns = shape_of(spec, roles, table)
    return TableFacts(
        roles.task,
        rows,
        columns,
        classes=len(class_sizes(roles, table)),
        needs_probabilities=any(needs_probabilities(goal.metric) for goal in spec.goals),
        weighted=bool(roles.names("weight")),
        by_steps=spec.training is not None,
    )


def _named(spec: StudySpec, facts: TableFacts) -> tuple[ModelSpec, ...]:
    """The models by their names; one that is named as well is not there twice."""
    if not _asks_for_suitable(spec):
        return spec.models
    named = {canonical_name(m.name) for m in spec.models if m.name != SUITABLE}
    found: list[ModelSpec] = []
    model_choice.check_names(spec.models)
    for model in spec.models:
        if model.name != SUITABLE:
            found.append(model)
            continue
        if model != ModelSpec(SUITABLE):
            raise SpecError(
                "models.suitable",
                "must stand alone, without `fixed`, `space` or `constraints`",
                remedy="Name the model that they are for in a section of its own: it is tuned "
                "beside the suitable ones.",
            )
        suits = (entry.name for entry in suitable_models(facts))
        found += [ModelSpec(name) for name in suits if name not in named]
    if not found:
        raise SpecError(
            "models.suitable",
            "must leave at least one model, and none of the catalogue suits this table",
            remedy="Name the models to tune.",
        )
    return tuple(found)


def _fill_model(
    model: ModelSpec, task: Task, rows: int, columns: int, *, by_steps: bool
) -> ModelSpec:
    entry = find_model(model.name, task)
    space = model_choice.own_parameters(model, task, rows, columns, by_steps=by_steps)
    usual = entry.fixed(task)
    for name in model_choice.decided_by_steps(entry) if by_steps else ():
        usual.pop(name, None)
    fixed = {**usual, **model.fixed}
    for parameter in space:
        fixed.pop(parameter.name, None)
    recommended = entry.constraints if model.space is None else ()
    return ModelSpec(entry.name, fixed, space, (*recommended, *model.constraints))


def fill_validation(spec: StudySpec, roles: Roles, table: Table) -> StudySpec:
    """A validation that fits the task and the size of the table."""
    choice = spec.validation
    if choice is None:
        share = spec.data.test_share if spec.data else 0.0
        sizes = class_sizes(roles, table)
        by_role = {column.role: column.name for column in roles.columns}
        groups = by_role.get("group")
        choice = default_validation(
            roles.task,
            max(int(table.rows * (1 - share)), 2),
            smallest_class=int(min(sizes) * (1 - share)) if sizes else None,
            groups=None if groups is None else int(table.frame[groups].nunique()),
            times="time" in by_role,
        )
    make_validation(choice)
    return msgspec.structs.replace(spec, validation=choice)


def fill_pruner(spec: StudySpec) -> StudySpec:
    """The pruner that "auto" stands for."""
    if spec.pruner.name != "auto":
        return spec
    return msgspec.structs.replace(spec, pruner=Choice(_usual_pruner(spec)))


def _usual_pruner(spec: StudySpec) -> str:
    """Fold racing for folds, successive halving for training, none where all shall be measured.

    Growing shares of the rows are asked for to be halved, with several goals too.
    Training is not stopped where a strategy goes on from its trials, has few steps to judge, or
    pursues several goals: a rung would cost the front some of its trials.
    """
    if spec.strategy.name in DECIDES_ALONE:
        return "none"
    if spec.rows is not None:
        return "successive_halving"
    if spec.training is not None:
        is_long = spec.training.steps >= STEPS_TO_HALVE and len(spec.goals) < 2
        return "successive_halving" if is_long and spec.strategy.name != "population" else "none"
    if spec.objective is not None or spec.validation is None:
        return "none"
    return "fold_racing" if _folds_to_race(spec.validation) >= LEAST_FOLDS else "none"


def _folds_to_race(validation: Choice) -> int:
    """Folds of which the first speak for the others; those that only the table tells are enough.

    Folds of a time series learn from ever more rows, and leave-one-out judges by single rows.
    """
    if validation.name in ("hold_out", "time_series", "leave_one_out"):
        return 1
    try:
        kind = make_validation(validation)
    except SpecError:  # the validation is a problem already
        return 1
    return int(getattr(kind, "folds", LEAST_FOLDS)) * int(getattr(kind, "repeats", 1))


def fill_budget(spec: StudySpec, ends_itself: bool) -> StudySpec:
    """A number of trials, where nothing would end the study."""
    if spec.budget != BudgetSpec() or ends_itself:
        return spec
    return msgspec.structs.replace(spec, budget=BudgetSpec(trials=DEFAULT_TRIALS))

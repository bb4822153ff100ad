"""From an open specification and a table to one with everything filled in, and its problems."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from hpo_gui.assembly.examples import example_spec, suggest_spec
from hpo_gui.assembly.resolution import Resolved, make_space, resolve
from hpo_gui.core.errors import StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.spec import (
    BudgetSpec,
    Choice,
    DataSpec,
    FunctionSpec,
    ModelSpec,
    StartSpec,
    StudySpec,
    TrainingSpec,
)
from hpo_gui.core.spec_text import parse_spec, spec_to_toml
from hpo_gui.evaluation.dataset import make_dataset
from hpo_gui.evaluation.models import MODELS
from hpo_gui.evaluation.samples import list_samples
from hpo_gui.evaluation.splits import make_splits
from hpo_gui.evaluation.table import Table, make_table, read_table

HERE = Path()
TWO = (Goal("accuracy"), Goal("fit_time"))
SIX = (*TWO, *(Goal(name) for name in ("f1_macro", "roc_auc_ovr", "neg_log_loss", "model_size")))


@pytest.fixture(scope="module")
def penguins() -> Table:
    return read_table("sample:penguins", HERE)


def spec(**changes: Any) -> StudySpec:
    return msgspec.structs.replace(suggest_spec("sample:penguins"), **changes)


def fields(resolved: Resolved) -> list[tuple[str, str]]:
    return [(problem.step, problem.field) for problem in resolved.problems]


@pytest.mark.parametrize("name", [sample.name for sample in list_samples()])
def test_every_example_resolves_without_a_problem(name: str) -> None:
    resolved = resolve(example_spec(name), read_table(f"sample:{name}", HERE))
    assert resolved.problems == ()
    assert resolved.space is not None
    assert resolved.spec.data is not None
    assert resolved.roles is not None
    assert resolved.spec.data.task == resolved.roles.task
    assert resolved.goals[0].direction == "maximize"
    assert resolved.spec.validation is not None


def test_everything_open_is_filled_in(penguins: Table) -> None:
    filled = resolve(spec(), penguins).spec
    assert filled.data is not None
    assert filled.data.target == "species"
    assert filled.models[0].name == "random_forest"
    assert filled.models[0].space
    assert filled.models[0].fixed == {"n_estimators": 200}
    assert filled.goals == (Goal("accuracy", "maximize"),)
    assert filled.validation == Choice("stratified_k_fold", {"folds": 5, "shuffle": True})


def test_filling_in_twice_changes_nothing_and_survives_the_text(penguins: Table) -> None:
    once = resolve(spec(), penguins)
    again = resolve(parse_spec(spec_to_toml(once.spec)), penguins)
    assert again.spec == once.spec
    assert again.start == once.start
    assert make_space(again.spec) == once.space


def test_another_target_brings_another_metric_and_other_folds(penguins: Table) -> None:
    data = DataSpec("sample:penguins", target="body_mass_g")
    filled = resolve(spec(data=data), penguins).spec
    assert filled.goals == (Goal("neg_root_mean_squared_error", "maximize"),)
    assert filled.validation == Choice("k_fold", {"folds": 5, "shuffle": True})


def test_trial_0_is_the_models_defaults_but_not_of_a_grid(penguins: Table) -> None:
    proposal = resolve(spec(), penguins).start[0]
    assert proposal.origin.strategy == "default"
    assert proposal.params["max_depth"] is None
    assert proposal.params["max_features"] == pytest.approx(math.sqrt(6) / 6)
    assert resolve(spec(strategy=Choice("grid")), penguins).start == ()


def test_defaults_outside_an_edited_range_move_into_it(penguins: Table) -> None:
    model = ModelSpec("random_forest", {}, (Int("min_samples_leaf", 5, 10),))
    proposal = resolve(spec(models=(model,)), penguins).start[0]
    assert proposal.params == {"min_samples_leaf": 5}


def test_several_models_become_one_conditional_space(penguins: Table) -> None:
    models = (ModelSpec("decision_tree"), ModelSpec("svm"))
    resolved = resolve(spec(models=models), penguins)
    assert resolved.problems == ()
    assert resolved.space is not None
    assert resolved.space.names[0] == "model"
    assert [p.params["model"] for p in resolved.start[:2]] == ["decision_tree", "svm"]
    assert [p.origin.strategy for p in resolved.start[:3]] == ["default", "default", "tested"]
    assert all(resolved.space.contains(p.params) for p in resolved.start)


def test_a_budget_is_given_where_nothing_else_would_end_the_study(penguins: Table) -> None:
    open_end = resolve(spec(budget=BudgetSpec()), penguins)
    assert open_end.spec.budget.trials == 60
    grid = resolve(spec(budget=BudgetSpec(), strategy=Choice("grid", {"points": 2})), penguins)
    assert grid.spec.budget == BudgetSpec()
    assert grid.size > 2


@pytest.mark.parametrize(
    ("changes", "where", "words"),
    [
        ({"data": DataSpec("sample:penguins", target="specie")}, ("data", "target"), "species"),
        ({"models": (ModelSpec("forrest"),)}, ("space", "model"), "Did you mean"),
        (
            {"models": (ModelSpec("decision_tree", {"max_depth": 3}, (Int("max_depth", 1, 5),)),)},
            ("space", "model"),
            "tuned",
        ),
        (
            {
                "models": (
                    ModelSpec("svm", {}, (Float("C", 1, 2), Float("gamma", 3, 4)), ("C > gamma",)),
                )
            },
            ("space", "constraints"),
            "C > gamma",
        ),
        (
            {"models": (ModelSpec("svm", {}, (Float("C", 1, 2),), ("C > gama",)),)},
            ("space", "space"),
            "gama",
        ),
        ({"goals": (Goal("r2"),)}, ("strategy", "goals.0"), "regression"),
        ({"goals": (Goal("f1"),)}, ("strategy", "goals.0"), "two classes"),
        ({"goals": (Goal("accuracy"), Goal("accuracy"))}, ("strategy", "goals.1"), "repeat"),
        ({"goals": SIX}, ("strategy", "goals"), "at most 5"),
        ({"goals": TWO, "strategy": Choice("hill_climbing")}, ("strategy", "strategy"), "one"),
        ({"goals": TWO, "pruner": Choice("patience")}, ("strategy", "pruner"), "one goal"),
        ({"goals": TWO, "budget": BudgetSpec(gain=0.1)}, ("strategy", "budget"), "one goal"),
        ({"metrics": ("acuracy",)}, ("strategy", "metrics"), "Did you mean"),
        ({"strategy": Choice("bayes")}, ("strategy", "strategy"), "must be one of"),
        (
            {"strategy": Choice("grid", {"values": {"max_dept": 3}})},
            ("strategy", "strategy"),
            "max_dept",
        ),
        ({"pruner": Choice("hyperbant")}, ("strategy", "pruner"), "Did you mean `hyperband`"),
        ({"validation": Choice("k_folds")}, ("strategy", "validation"), "Did you mean"),
        ({"validation": Choice("k_fold", {"folds": 1})}, ("strategy", "validation"), "folds"),
    ],
)
def test_each_problem_names_its_page_its_field_and_the_remedy(
    penguins: Table, changes: dict[str, Any], where: tuple[str, str], words: str
) -> None:
    resolved = resolve(spec(**changes), penguins)
    assert where in fields(resolved)
    texts = " ".join(str(problem.error) for problem in resolved.problems)
    assert words in texts
    with pytest.raises(StudioError):
        resolved.check()


FUNCTION = FunctionSpec("mine.py:objective", (Float("x", 0, 1),))


@pytest.mark.parametrize(
    ("changes", "pruner"),
    [
        ({}, "fold_racing"),
        ({"validation": Choice("repeated_k_fold", {"folds": 2, "repeats": 3})}, "fold_racing"),
        ({"validation": Choice("column", {"column": "island"})}, "fold_racing"),
        ({"validation": Choice("k_fold", {"folds": 2})}, "none"),
        ({"validation": Choice("hold_out")}, "none"),
        ({"validation": Choice("time_series", {"folds": 5})}, "none"),
        ({"validation": Choice("leave_one_out")}, "none"),
        ({"validation": Choice("k_folds")}, "none"),
        ({"strategy": Choice("grid")}, "none"),
        ({"strategy": Choice("manual", {"configurations": []})}, "none"),
        ({"training": TrainingSpec(steps=20)}, "successive_halving"),
        ({"training": TrainingSpec(steps=7)}, "none"),
        ({"goals": TWO}, "fold_racing"),
        ({"goals": TWO, "training": TrainingSpec(steps=20)}, "none"),
        ({"goals": TWO, "pruner": Choice("hyperband")}, "hyperband"),
        ({"training": TrainingSpec(steps=20), "strategy": Choice("population")}, "none"),
        ({"data": None, "objective": FUNCTION}, "none"),
        ({"pruner": Choice("median", {"startup": 3})}, "median"),
        ({"pruner": Choice("none")}, "none"),
    ],
)
def test_what_stops_trials_fits_the_validation_and_the_strategy(
    penguins: Table, changes: dict[str, Any], pruner: str
) -> None:
    assert resolve(spec(**changes), penguins).spec.pruner.name == pruner


def test_several_problems_are_told_at_once(penguins: Table) -> None:
    broken = spec(models=(ModelSpec("forrest"),), strategy=Choice("bayes"))
    assert fields(resolve(broken, penguins)) == [("space", "model"), ("strategy", "strategy")]


def test_without_a_table_the_problem_is_on_the_data_page() -> None:
    assert fields(resolve(StudySpec(), None))[0] == ("data", "source")


def test_a_function_of_ones_own_needs_no_table() -> None:
    function = FunctionSpec("mine.py:objective", (Float("x", 0, 1),))
    resolved = resolve(StudySpec(objective=function), None)
    assert resolved.problems == ()
    assert resolved.goals == (Goal("value", "maximize"),)
    assert resolved.start == ()
    assert resolved.spec.budget.trials == 60


@pytest.mark.parametrize("text", ["mine.py", "objective", ":f", "mine.py:not a name"])
def test_a_badly_named_function_is_refused(text: str) -> None:
    resolved = resolve(StudySpec(objective=FunctionSpec(text, (Float("x", 0, 1),))), None)
    assert ("space", "model") in fields(resolved)


def test_models_beside_a_function_are_refused() -> None:
    both = StudySpec(objective=FunctionSpec("a.py:f"), models=(ModelSpec("svm"),))
    assert ("space", "model") in fields(resolve(both, None))


# --- schedules ----------------------------------------------------------------------------------


def scheduled(text: str, penguins: Table) -> Resolved:
    """What a study of a booster with this text resolves to."""
    head = '[data]\nsource = "sample:penguins"\n[[models]]\nname = "hist_gradient_boosting"\n'
    return resolve(parse_spec(head + text), penguins)


def test_a_schedule_is_a_section_and_comes_back_from_the_text(penguins: Table) -> None:
    resolved = scheduled(
        '[models.space]\nschedule_final = { type = "float", low = 0.01, high = 1.0 }\n'
        '[training]\n[schedule]\nname = "cosine"\nwarmup = 0.1\n',
        penguins,
    )
    assert resolved.problems == ()
    assert resolved.spec.schedule == Choice("cosine", {"warmup": 0.1})
    assert resolved.space is not None
    assert resolved.space.names == ("schedule_final",)
    again = parse_spec(spec_to_toml(resolved.spec))
    assert (again.schedule, again.training) == (resolved.spec.schedule, TrainingSpec(stretch=10))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[training]\n[schedule]\nname = "cosin"\n', "Did you mean `cosine`?"),
        ('[training]\n[schedule]\nname = "cosine"\nfinal = -1\n', "schedule.final must be"),
        ('[training]\n[schedule]\nname = "cosine"\npower = 2\n', "is not an option of cosine"),
        ('[schedule]\nname = "cosine"\n', "do not learn step by step"),
        ('[schedule]\nname = "constant"\nwarmup = 0.1\n', "`[training]`"),
        (
            '[models.space]\nschedule_final = { type = "float", low = 0.1, high = 1.0 }\n',
            "schedule_final must be left out of hist_gradient_boosting",
        ),
        (
            '[models.space]\nschedule_power = { type = "float", low = 1.0, high = 2.0 }\n'
            '[training]\n[schedule]\nname = "cosine"\n',
            "schedule_power is not an option of cosine",
        ),
        (
            '[models.fixed]\nschedule_final = 2.0\n[training]\n[schedule]\nname = "cosine"\n',
            "schedule_final must be a number of at most 1, but got 2.0.",
        ),
    ],
)
def test_a_schedule_that_cannot_be_is_a_problem_of_the_space(
    text: str, words: str, penguins: Table
) -> None:
    resolved = scheduled(text, penguins)
    assert fields(resolved) == [("space", "schedule")]
    assert words in str(resolved.problems[0].error)


def test_a_function_has_a_schedule_only_where_it_learns_by_steps() -> None:
    space = (Float("schedule_final", 0.01, 1.0, log=True),)
    function = FunctionSpec("train.py:step", space)
    plain = StudySpec(objective=function, schedule=Choice("cosine"))
    assert fields(resolve(plain, None)) == [("space", "schedule")]
    assert resolve(msgspec.structs.replace(plain, schedule=Choice("constant")), None).check()
    learning = msgspec.structs.replace(function, start="start")
    resolved = resolve(msgspec.structs.replace(plain, objective=learning), None)
    assert ("space", "schedule") not in fields(resolved)


# --- populations --------------------------------------------------------------------------------

BY_STEPS = {"models": (ModelSpec("mlp"),), "training": TrainingSpec(steps=20)}
POPULATION = {**BY_STEPS, "strategy": Choice("population"), "budget": BudgetSpec()}


def test_a_population_begins_with_one_interval_each_and_knows_how_many_trials_it_takes(
    penguins: Table,
) -> None:
    resolved = resolve(spec(**POPULATION), penguins)
    assert resolved.problems == ()
    assert resolved.spec.budget == BudgetSpec()
    assert resolved.spec.pruner == Choice("none")
    assert resolved.size == 8 * 10
    assert 1 <= len(resolved.start) <= 4
    assert {proposal.steps for proposal in resolved.start} == {2}
    typed = StartSpec(configurations=tuple({"alpha": 10.0**-n} for n in range(2, 7)))
    more = resolve(
        spec(
            **{**POPULATION, "start": typed, "strategy": Choice("population", {"population": 3})}
        ),
        penguins,
    )
    assert more.problems == ()
    assert more.size == len(more.start) * 10
    assert {proposal.steps for proposal in more.start} == {2}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"training": None}, "needs `[training]`"),
        ({"training": TrainingSpec(steps=20, patience=3)}, "training.patience must be left out"),
        ({"pruner": Choice("median")}, "pruner must be left out"),
        ({"strategy": Choice("population", {"interval": 21})}, "at most the steps of a training"),
        ({"budget": BudgetSpec(trials=7)}, "at most the budget of trials, 7"),
        (
            {"models": (ModelSpec("mlp", space=(Categorical("activation", ("relu", "tanh")),)),)},
            "needs a tuned parameter that may change",
        ),
    ],
)
def test_what_a_population_lacks_is_said_once(
    penguins: Table, changes: dict[str, Any], words: str
) -> None:
    resolved = resolve(spec(**{**POPULATION, **changes}), penguins)
    (problem,) = resolved.problems
    assert problem.step == "strategy"
    assert words in str(problem.error)


def test_a_model_that_cannot_learn_by_steps_is_the_only_problem_of_a_population(
    penguins: Table,
) -> None:
    resolved = resolve(spec(**{**POPULATION, "models": (ModelSpec("decision_tree"),)}), penguins)
    assert [problem.field for problem in resolved.problems] == ["training"]


# --- all that suit ----------------------------------------------------------------------------


def test_suitable_stands_for_every_model_that_suits_the_cheapest_first(penguins: Table) -> None:
    resolved = resolve(spec(models=(ModelSpec("suitable"),)), penguins)
    assert resolved.problems == ()
    names = [model.name for model in resolved.spec.models]
    wanted = [e.name for e in MODELS.values() if "classification" in e.tasks and e.available]
    assert sorted(names) == sorted(wanted)
    assert [MODELS[name].cost for name in names] == sorted(MODELS[name].cost for name in names)
    assert resolve(parse_spec(spec_to_toml(resolved.spec)), penguins).spec == resolved.spec


def test_what_is_left_out_of_the_suitable_ones_is_told_with_the_reason(penguins: Table) -> None:
    goals = (Goal("neg_log_loss"),)
    resolved = resolve(spec(models=(ModelSpec("suitable"),), goals=goals), penguins)
    assert not {"svm", "ridge"} & {model.name for model in resolved.spec.models}
    told = {notice.head: notice.text for notice in resolved.notices}
    assert "no probabilities" in told["Support vector machine is left out:"]
    assert resolve(spec(models=(ModelSpec("svm"),)), penguins).notices == ()


@pytest.mark.parametrize("goal", ["gap(calibration_error,sex)", " roc_auc_ovr "])
def test_whatever_the_spelling_suitable_models_give_what_the_goals_need(
    penguins: Table, goal: str
) -> None:
    asked = spec(models=(ModelSpec("suitable"),), goals=(Goal("accuracy"), Goal(goal)))
    resolved = resolve(asked, penguins)
    assert resolved.problems == ()
    assert not {"svm", "ridge"} & {model.name for model in resolved.spec.models}


def test_a_model_named_beside_the_suitable_ones_keeps_what_is_said_of_it(penguins: Table) -> None:
    own = (ModelSpec("suitable"), ModelSpec("SVC", {"kernel": "linear"}))
    other = "sklearn.discriminant_analysis.LinearDiscriminantAnalysis"
    resolved = resolve(spec(models=(*own, ModelSpec(other))), penguins)
    assert resolved.problems == ()
    names = [model.name for model in resolved.spec.models]
    assert names.count("svm") == 1
    assert names[-1] == other
    (vectors,) = (model for model in resolved.spec.models if model.name == "svm")
    assert vectors.fixed["kernel"] == "linear"


def test_with_steps_of_training_only_what_learns_by_steps_suits(penguins: Table) -> None:
    resolved = resolve(
        spec(models=(ModelSpec("suitable"),), training=TrainingSpec(steps=5)), penguins
    )
    assert resolved.problems == ()
    names = {model.name for model in resolved.spec.models}
    assert "mlp" in names
    assert "knn" not in names


@pytest.mark.parametrize(
    ("models", "words"),
    [
        ((ModelSpec("suitable", {"C": 1.0}),), "must stand alone"),
        ((ModelSpec("suitable"), ModelSpec("suitable")), "different"),
        ((ModelSpec("suitable"), ModelSpec("lasso")), "made for classification"),
    ],
)
def test_what_cannot_stand_beside_the_suitable_models_is_a_problem(
    penguins: Table, models: tuple[ModelSpec, ...], words: str
) -> None:
    (problem,) = resolve(spec(models=models), penguins).problems
    assert (problem.step, problem.field) == ("space", "model")
    assert words in str(problem.error)


def test_a_table_with_nothing_to_learn_from_shows_what_was_guessed_of_it(tmp_path: Path) -> None:
    path = tmp_path / "one_class.csv"
    path.write_text("x,t\n" + "".join(f"{i * 1.37},a\n" for i in range(60)), encoding="utf-8")
    table = read_table(str(path), tmp_path)
    resolved = resolve(StudySpec(data=DataSpec(str(path))), table)
    assert ("data", "target") in fields(resolved)
    assert resolved.space is None
    assert resolved.roles is not None
    assert [column.role for column in resolved.roles.columns] == ["target", "ignore"]
    wrong = resolve(StudySpec(data=DataSpec(str(path), target="no such column")), table)
    assert ("data", "target") in fields(wrong)
    assert wrong.roles is None


def test_a_message_about_many_unused_columns_says_how_many_it_does_not_name(
    tmp_path: Path,
) -> None:
    names = "abcdefg"
    path = tmp_path / "constant.csv"
    lines = [f"{'yn'[row % 2]}," + ",".join("1" for _ in names) for row in range(60)]
    path.write_text("\n".join([f"t,{','.join(names)}", *lines]) + "\n", encoding="utf-8")
    table = read_table(str(path), tmp_path)
    resolved = resolve(StudySpec(data=DataSpec(str(path), target="t")), table)
    (told,) = [str(problem.error) for problem in resolved.problems if problem.step == "data"]
    assert "`c` is ignore" in told
    assert "`d` is" not in told
    assert "; and 4 more of no use" in told


def made(validation: Choice | None, frame: pd.DataFrame, **data: Any) -> Resolved:
    """A study of nearest neighbours, whose space ends at half of the rows to learn from."""
    given = StudySpec(
        name="s", data=DataSpec("t", **data), models=(ModelSpec("knn"),), validation=validation
    )
    return resolve(given, make_table(frame))


def ninety(**columns: Any) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    first = {"x": rng.normal(size=90), "z": rng.normal(size=90), "y": rng.normal(size=90)}
    return pd.DataFrame({**first, **columns})


def test_a_fold_column_is_neither_guessed_as_target_nor_a_feature() -> None:
    frame = ninety(fold=np.tile([0, 1, 2], 30))
    column = Choice("column", {"column": "fold"})
    for data in ({}, {"target": "y"}):
        resolved = made(column, frame, **data)
        assert resolved.roles is not None
        assert resolved.roles.target == "y"
        assert resolved.roles.features == ("x", "z")
        assert resolved.roles.of("fold").treatment == "says in which fold each row is judged"
    assert made(None, frame, target="y").roles.features == ("x", "z", "fold")
    assert made(column, frame, target="y", features=("x", "fold")).roles.features == ("x", "fold")


BIG_GROUP = np.r_[np.zeros(60), np.arange(1, 31)].astype(int)
BIG_FOLD = np.r_[np.full(15, -1), np.zeros(60), np.ones(15)].astype(int)
DAYS = pd.date_range("2020-01-01", periods=90).astype(str)


@pytest.mark.parametrize(
    ("validation", "data", "rows"),
    [
        (None, {}, 72),
        (Choice("k_fold", {"folds": 5}), {}, 72),
        (Choice("repeated_k_fold", {"folds": 5, "repeats": 3}), {}, 72),
        (Choice("k_folds"), {}, 72),  # wrong, and told elsewhere
        (Choice("k_fold", {"folds": 2}), {}, 45),
        (Choice("k_fold", {"folds": 5}), {"test_share": 0.2}, 57),
        (Choice("hold_out", {"test_share": 0.4}), {}, 54),
        (Choice("leave_one_out"), {}, 89),
        (None, {"time": "day"}, 15),
        (Choice("time_series", {"folds": 2, "gap": 5}), {"time": "day"}, 25),
        (Choice("time_series", {"folds": 2, "max_train_size": 20}), {"time": "day"}, 20),
        (Choice("time_series", {"folds": 4, "test_size": 5}), {"time": "day"}, 70),
        (Choice("time_series", {"folds": 5, "gap": 80}), {"time": "day"}, 1),
        (Choice("column", {"column": "fold"}), {}, 30),
        (Choice("column", {"column": "nowhere"}), {}, 72),
        (None, {"group": "who"}, 30),
        (Choice("k_fold", {"folds": 5}), {"group": "who"}, 72),
    ],
)
def test_the_space_suits_the_rows_of_the_smallest_fold(
    validation: Choice | None, data: dict[str, Any], rows: int
) -> None:
    columns = {"day": DAYS} if "time" in data else {"fold": BIG_FOLD, "who": BIG_GROUP}
    resolved = made(validation, ninety(**columns), target="y", **data)
    assert resolved.shape is not None
    assert resolved.shape[0] == rows
    recommended = MODELS["knn"].space("regression", *resolved.shape)
    assert resolved.spec.models[0].space == recommended


def test_rows_without_a_target_are_not_learnt_from() -> None:
    frame = ninety()
    frame.loc[:39, "y"] = np.nan
    assert made(None, frame, target="y").shape == (40, 2)


@pytest.mark.parametrize("validation", [None, Choice("time_series", {"folds": 3, "gap": 2})])
def test_the_shape_is_that_of_the_smallest_fold_itself(validation: Choice | None) -> None:
    frame = ninety(day=DAYS)
    resolved = made(validation, frame, target="y", time="day")
    assert resolved.spec.data is not None
    assert resolved.spec.validation is not None
    dataset = make_dataset(make_table(frame), resolved.spec.data, 0)
    splits = make_splits(dataset, resolved.spec.validation, 0)
    smallest = min(len(learn) for learn, _ in splits)
    assert resolved.shape == (smallest, len(dataset.features))


@pytest.mark.parametrize(
    ("models", "words"),
    [
        (("linear_regression",), "one-hot"),
        (("random_forest",), "numbered"),
        (("random_forest", "linear_regression"), "one-hot"),
    ],
)
def test_the_words_on_categories_go_by_the_models(models: tuple[str, ...], words: str) -> None:
    frame = ninety(town=[f"t{number % 20}" for number in range(90)])
    given = StudySpec(
        name="s",
        data=DataSpec("t", target="y"),
        models=tuple(ModelSpec(name) for name in models),
    )
    roles = resolve(given, make_table(frame)).roles
    assert roles is not None
    assert roles.of("town").treatment == words
    assert roles.of("x").treatment == "as it is"


TOGETHER = "rows of one group stay together"
APART = "rows of one group are not kept together"
FORWARDS = "later rows test what earlier ones taught"
BOTH_WAYS = "earlier rows are judged by what later ones taught, too"
BY_COLUMN = "the fold column decides, not the time"
WHOLE_GROUPS = np.repeat([0, 1, 2], 30)
THREE_FOLDS = np.tile([0, 1, 2], 30)


def told(resolved: Resolved) -> dict[str | None, str]:
    """The warnings on columns, by column."""
    assert resolved.roles is not None
    notices = (*resolved.roles.notices, *resolved.notices)
    return {n.column: f"{n.head} {n.text}" for n in notices if n.level == "warning"}


@pytest.mark.parametrize(
    ("validation", "words"),
    [
        (None, TOGETHER),
        (Choice("group_k_fold", {"folds": 3}), TOGETHER),
        (Choice("stratified_group_k_fold", {"folds": 3}), TOGETHER),
        (Choice("column", {"column": "who"}), TOGETHER),
        (Choice("column", {"column": "fold"}), APART),
        (Choice("k_fold"), APART),
        (Choice("hold_out"), APART),
        (Choice("leave_one_out"), APART),
        (Choice("k_folds"), TOGETHER),  # wrong, and told elsewhere
    ],
)
def test_the_group_column_says_whether_its_rows_stay_together(
    validation: Choice | None, words: str
) -> None:
    frame = ninety(who=WHOLE_GROUPS, fold=THREE_FOLDS)
    resolved = made(validation, frame, target="y", group="who")
    assert resolved.roles is not None
    assert resolved.roles.of("who").treatment == words
    warning = told(resolved).get("who")
    if words == TOGETHER:
        assert warning is None
    else:
        assert warning is not None
        assert "Choose Group k-fold (group_k_fold)" in warning


def test_classes_are_offered_folds_of_groups_that_keep_their_shares() -> None:
    frame = ninety(who=WHOLE_GROUPS, kind=np.tile(["a", "b"], 45))
    resolved = made(Choice("stratified_k_fold"), frame, target="kind", group="who")
    assert "Choose Stratified group k-fold (stratified_group_k_fold)" in told(resolved)["who"]


@pytest.mark.parametrize(
    ("validation", "words"),
    [
        (None, FORWARDS),
        (Choice("time_series", {"folds": 3}), FORWARDS),
        (Choice("hold_out", {"shuffle": False}), FORWARDS),
        (Choice("column", {"column": "fold"}), BY_COLUMN),
        (Choice("hold_out"), BOTH_WAYS),
        (Choice("k_fold"), BOTH_WAYS),
        (Choice("k_fold", {"shuffle": False}), BOTH_WAYS),
    ],
)
def test_the_time_column_says_whether_folds_follow_it(
    validation: Choice | None, words: str
) -> None:
    frame = ninety(day=DAYS, fold=THREE_FOLDS)
    resolved = made(validation, frame, target="y", time="day")
    assert resolved.roles is not None
    assert resolved.roles.of("day").treatment == words
    warning = told(resolved).get("day")
    if words == BOTH_WAYS:
        assert warning is not None
        assert "Choose Time series (time_series)" in warning
    else:
        assert warning is None


def test_where_time_wins_over_groups_it_says_so_and_how_to_choose_otherwise() -> None:
    frame = ninety(day=DAYS, who=np.tile(np.arange(9), 10))
    resolved = made(None, frame, target="y", time="day", group="who")
    assert resolved.spec.validation == Choice("time_series", {"folds": 5})
    assert resolved.roles is not None
    assert resolved.roles.of("who").treatment == APART
    assert resolved.roles.of("day").treatment == FORWARDS
    warnings = told(resolved)
    assert set(warnings) == {"who"}
    assert "the time column `day` decides" in warnings["who"]
    assert "Choose Group k-fold (group_k_fold)" in warnings["who"]
    assert "or give `day` another role" in warnings["who"]


def test_where_groups_win_over_time_it_says_so_and_how_to_choose_otherwise() -> None:
    frame = ninety(day=DAYS, who=np.tile(np.arange(9), 10))
    resolved = made(Choice("group_k_fold"), frame, target="y", time="day", group="who")
    assert resolved.roles is not None
    assert resolved.roles.of("who").treatment == TOGETHER
    assert resolved.roles.of("day").treatment == BOTH_WAYS
    warnings = told(resolved)
    assert set(warnings) == {"day"}
    assert "the group column `who` decides" in warnings["day"]
    assert "Choose Time series (time_series)" in warnings["day"]

"""What columns are for: guessed with a reason, overruled by the specification."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import DataSpec, PreprocessingSpec
from hpo_gui.evaluation.roles import Roles, assign_roles
from hpo_gui.evaluation.table import Table, make_table, read_table
from hpo_gui.evaluation.treatments import ColumnNeeds

ROWS = 60
RNG = np.random.default_rng(0)


def table_of(**columns: object) -> Table:
    return make_table(pd.DataFrame(columns))


def numbers(rows: int = ROWS) -> list[float]:
    return RNG.normal(size=rows).tolist()


def classes(count: int = 3, rows: int = ROWS) -> list[str]:
    return [f"kind {index % count}" for index in range(rows)]


def roles_of(table: Table, **data: object) -> Roles:
    return assign_roles(table, DataSpec("table", **data))


def heads(roles: Roles) -> list[str]:
    return [f"{notice.level}: {notice.head}" for notice in roles.notices]


def penguins() -> Table:
    return read_table("sample:penguins", Path("nowhere"))


def test_the_penguins_are_understood_as_in_the_drawing() -> None:
    roles = roles_of(penguins())
    shown = {column.name: (column.role, column.treatment) for column in roles.columns}
    assert shown == {
        "species": ("target", "best guess: 3 values, named like a class"),
        "island": ("feature", "one-hot"),
        "bill_length_mm": ("feature", "median"),
        "bill_depth_mm": ("feature", "median"),
        "flipper_length_mm": ("feature", "median"),
        "body_mass_g": ("feature", "median"),
        "sex": ("feature", "one-hot, “missing” is its own category"),
        "year": ("ignore", "3 values: looks like a sampling year"),
    }
    assert (roles.target, roles.task, roles.task_reason) == (
        "species",
        "classification",
        "3 classes",
    )
    notice = roles.notices[0]
    assert (notice.level, notice.head) == ("warning", "19 missing values")
    assert notice.text == (
        "in 5 columns: numbers get the median, categories “missing”, inside each fold."
    )


@pytest.mark.parametrize(
    ("columns", "target", "reason"),
    [
        ({"a": numbers(), "quality": [i % 6 for i in range(ROWS)]}, "quality", "named like"),
        ({"quality": [i % 6 for i in range(ROWS)], "a": numbers()}, "quality", "named like"),
        ({"a": numbers(), "b": numbers(), "c": classes()}, "c", "last column, 3 values"),
        ({"price": numbers(), "a": numbers(), "b": numbers()}, "price", "named like a result"),
        ({"Survived": [0, 1] * 30, "age": numbers(), "fare": numbers()}, "Survived", "class"),
        ({"is_fraud": [0, 1] * 30, "age": numbers(), "fare": numbers()}, "is_fraud", "class"),
        ({"a": numbers(), "SalePrice": numbers(), "z": numbers()}, "SalePrice", "result"),
        ({"a": numbers(), "target": numbers(), "z": classes()}, "target", "named like"),
        ({"a": numbers(), "y": numbers(), "id": range(ROWS)}, "y", "named like"),
    ],
)
def test_the_target_is_guessed(columns: dict[str, object], target: str, reason: str) -> None:
    roles = roles_of(table_of(**columns))
    assert roles.target == target
    assert reason in roles.of(target).reason
    assert roles.of(target).guessed


@pytest.mark.parametrize(
    ("values", "task"),
    [
        (classes(), "classification"),
        ([True, False] * 30, "classification"),
        ([i % 6 for i in range(ROWS)], "classification"),
        ([float(i % 2) for i in range(ROWS)], "classification"),
        (numbers(), "regression"),
        ([i % 30 for i in range(ROWS)], "regression"),
        ([i % 6 + 0.5 for i in range(ROWS)], "regression"),
        (list(range(15)) + [0] * 45, "regression"),
    ],
)
def test_the_task_follows_from_the_target(values: object, task: str) -> None:
    roles = roles_of(table_of(a=numbers(), target=values), target="target")
    assert roles.task == task
    assert roles.task_reason


def test_the_task_and_type_can_be_chosen() -> None:
    table = table_of(a=numbers(), target=[i % 6 for i in range(ROWS)])
    assert roles_of(table, task="regression").task == "regression"
    table = table_of(a=numbers(), target=[i % 30 for i in range(ROWS)])
    assert roles_of(table, types={"target": "category"}).task == "classification"


@pytest.mark.parametrize(
    ("name", "values", "reason"),
    [
        ("id", [1000 + 3 * i for i in range(ROWS)], "looks like an id"),
        ("row", range(ROWS), "looks like an id"),
        ("Unnamed: 0", range(ROWS), "looks like an id"),
        ("ticket", [f"T{i}" for i in range(ROWS)], "a different text in every row"),
        ("customer_id", [i // 2 * 7 for i in range(ROWS)], "named like an id"),
        ("same", [5] * ROWS, "the same value in every row"),
        ("same", ["x"] * ROWS, "the same value in every row"),
        ("same", [5.0, None] * 30, "the same value in every row"),
        ("nothing", [None] * ROWS, "no values"),
        ("remark", [f"the bird number {i % 50} flew off again" for i in range(ROWS)], "free text"),
        ("when", [f"2020-01-{1 + i * 7 % 28:02}" for i in range(ROWS)], "a date"),
        ("year", [2007 + i % 3 for i in range(ROWS)], "3 values: looks like a sampling year"),
    ],
)
def test_columns_that_tell_nothing_are_ignored_with_the_reason(
    name: str, values: object, reason: str
) -> None:
    roles = roles_of(table_of(**{name: values, "a": numbers(), "target": classes()}))
    assert roles.of(name).role == "ignore"
    assert reason in roles.of(name).reason
    assert roles.of(name).treatment == roles.of(name).reason
    assert any(name in head for head in heads(roles))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("price", [1000 + 7 * i * i for i in range(ROWS)]),
        ("flag", ["yes", None] * 30),
        ("store_id", [i % 5 for i in range(ROWS)]),
        ("year", [1950 + i for i in range(ROWS)]),
        ("count", [i % 3 for i in range(ROWS)]),
        ("measured", [i * 31 % ROWS for i in range(ROWS)]),
    ],
)
def test_columns_that_may_tell_something_are_kept(name: str, values: object) -> None:
    roles = roles_of(table_of(**{name: values, "a": numbers(), "target": classes()}))
    assert roles.of(name).role == "feature"


def test_dates_in_order_are_the_time() -> None:
    days = pd.date_range("2020-01-01", periods=ROWS).strftime("%Y-%m-%d")
    roles = roles_of(table_of(day=days, a=numbers(), target=numbers()))
    assert roles.of("day").role == "time"
    assert roles.of("day").treatment == "later rows test what earlier ones taught"
    shuffled = table_of(day=days[::-1], a=numbers(), target=numbers())
    assert roles_of(shuffled).of("day").role == "ignore"
    assert roles_of(shuffled, time="day").of("day").role == "time"


def test_what_the_specification_says_comes_first() -> None:
    roles = roles_of(
        penguins(), target="body_mass_g", group="island", ignore=("sex",), weight="year"
    )
    assert roles.target == "body_mass_g"
    assert roles.task == "regression"
    assert roles.names("group") == ("island",)
    assert roles.names("ignore") == ("sex",)
    assert roles.names("weight") == ("year",)
    assert roles.of("body_mass_g").treatment == "to be predicted"
    assert not roles.of("island").guessed


def test_chosen_features_are_the_only_ones() -> None:
    roles = roles_of(penguins(), target="species", features=("year", "sex"))
    assert roles.features == ("sex", "year")
    assert roles.of("island").reason == "not among the chosen features"
    assert "info: `year`" in heads(roles)


@pytest.mark.parametrize(
    ("data", "key", "near"),
    [
        ({"target": "specis"}, "data.target", "species"),
        ({"group": "iland"}, "data.group", "island"),
        ({"ignore": ("yeer",)}, "data.ignore", "year"),
        ({"features": ("sex", "body_mas_g")}, "data.features", "body_mass_g"),
        ({"types": {"seks": "category"}}, "data.types", "sex"),
    ],
)
def test_a_column_that_does_not_exist_is_refused(
    data: dict[str, object], key: str, near: str
) -> None:
    with pytest.raises(DataError, match=f"Did you mean `{near}`") as caught:
        roles_of(penguins(), **data)
    assert caught.value.parameter == key


def test_a_column_like_no_other_is_refused_with_the_list() -> None:
    with pytest.raises(DataError, match="Columns are: species, island"):
        roles_of(penguins(), target="zzzzzz")


@pytest.mark.parametrize(
    "data",
    [
        {"target": "sex", "group": "sex"},
        {"target": "sex", "ignore": ("sex",)},
        {"target": "sex", "features": ("sex", "year")},
    ],
)
def test_two_roles_for_one_column_are_refused(data: dict[str, object]) -> None:
    with pytest.raises(DataError, match="one role"):
        roles_of(penguins(), **data)


def test_no_target_and_no_features_are_errors_not_crashes() -> None:
    roles = roles_of(table_of(a=[1] * ROWS, b=[None] * ROWS))
    assert roles.target is None
    assert "error: No target:" in heads(roles)
    assert "error: No features:" in heads(roles)


def test_a_target_with_holes_is_pointed_out() -> None:
    roles = roles_of(table_of(a=numbers(), target=[*classes(rows=ROWS - 2), None, None]))
    assert "warning: 2 rows" in heads(roles)


def test_a_constant_or_infinite_target_is_an_error() -> None:
    roles = roles_of(table_of(a=numbers(), target=[1] * ROWS), target="target")
    assert "error: Nothing to predict:" in heads(roles)
    roles = roles_of(table_of(a=numbers(), target=[*numbers(ROWS - 1), np.inf]))
    assert "error: The target `target`" in heads(roles)


def test_a_class_too_small_for_the_folds_is_pointed_out() -> None:
    roles = roles_of(table_of(a=numbers(), target=[*classes(rows=ROWS - 3), *["rare"] * 3]))
    notice = next(notice for notice in roles.notices if notice.head == "The rarest class")
    assert notice.text == "“rare” has 3 rows: it cannot be in every fold."


def test_lopsided_classes_are_pointed_out() -> None:
    roles = roles_of(table_of(a=numbers(200), target=["no"] * 194 + ["yes"] * 6))
    assert "warning: 97% of the rows" in heads(roles)


def test_very_many_classes_are_pointed_out() -> None:
    names = [f"{i % 150}x" for i in range(600)]
    roles = roles_of(table_of(a=numbers(600), target=names))
    assert "warning: 150 classes" in heads(roles)


def test_a_column_that_repeats_is_suggested_as_a_group_only() -> None:
    patients = [f"p{i // 3}" for i in range(ROWS)]
    roles = roles_of(table_of(patient=patients, a=numbers(), target=classes()))
    assert roles.of("patient").role == "feature"
    assert "info: `patient` repeats:" in heads(roles)
    roles = roles_of(table_of(patient=patients, a=numbers(), target=classes()), group="patient")
    assert not any("repeats" in head for head in heads(roles))


def test_a_type_that_does_not_fit_is_an_error() -> None:
    roles = roles_of(penguins(), types={"island": "number"})
    assert "error: `island` cannot be a number:" in heads(roles)
    roles = roles_of(penguins(), types={"island": "date"})
    assert "error: `island` cannot be a date:" in heads(roles)
    roles = roles_of(penguins(), types={"flipper_length_mm": "category"})
    assert not any(head.startswith("error") for head in heads(roles))


def test_treatments_follow_the_preprocessing_and_the_model() -> None:
    table = penguins()
    data = DataSpec("table", target="species")
    scaled = assign_roles(table, data, needs=ColumnNeeds(scaling=True, orders_categories=False))
    assert scaled.of("body_mass_g").treatment == "median, then standardised"
    spec = PreprocessingSpec(numbers="mean", categories="target", scaling="minmax")
    other = assign_roles(table, data, spec)
    assert other.of("body_mass_g").treatment == "mean, then scaled to 0 … 1"
    assert other.of("island").treatment == "mean of the target per category"
    assert "numbers get the mean" in other.notices[0].text


def test_roles_of_thousands_of_columns_are_assigned_at_once() -> None:
    import time

    frame = pd.DataFrame(RNG.normal(size=(20, 5000)), columns=[f"x{i}" for i in range(5000)])
    table = make_table(frame)
    start = time.process_time()
    roles_of(table)
    assert time.process_time() - start < 1  # 0.05 s on a quiet computer

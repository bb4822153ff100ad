"""From a table to rows that can be learnt from, or a clear reason why not."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import Choice, DataSpec
from hpo_gui.evaluation.dataset import Dataset, make_dataset
from hpo_gui.evaluation.splits import make_splits
from hpo_gui.evaluation.table import make_table, read_table

ROWS = 40
X = np.random.default_rng(0).normal(size=ROWS).tolist()


def dataset_of(columns: dict[str, object], **data: object) -> Dataset:
    spec = {"target": "target", **data}
    return make_dataset(make_table(pd.DataFrame(columns)), DataSpec("table", **spec), 0)


def refusal(columns: dict[str, object], **data: object) -> DataError:
    with pytest.raises(DataError) as caught:
        dataset_of(columns, **data)
    return caught.value


def test_the_penguins_become_a_dataset() -> None:
    table = read_table("sample:penguins", Path("nowhere"))
    data = make_dataset(table, DataSpec("sample:penguins", test_share=0.2), 7)
    assert data.task == "classification"
    assert data.classes == ("Adelie", "Chinstrap", "Gentoo")
    assert data.target_name == "species"
    assert data.features == (
        "island",
        "bill_length_mm",
        "bill_depth_mm",
        "flipper_length_mm",
        "body_mass_g",
        "sex",
    )
    assert data.categories == ("island", "sex")
    assert data.numbers == data.features[1:5]
    assert all(data.frame[name].dtype == np.float64 for name in data.numbers)
    assert all(data.frame[name].dtype == object for name in data.categories)
    assert set(map(type, data.frame["sex"])) == {str, type(None)}
    assert np.bincount(data.target).tolist() == [152, 68, 124]
    assert (len(data.train), len(data.test)) == (275, 69)
    assert np.bincount(data.target[data.test]).tolist() == [30, 14, 25]


def test_the_same_seed_makes_the_same_dataset_and_it_can_be_pickled() -> None:
    table = read_table("sample:penguins", Path("nowhere"))
    spec = DataSpec("sample:penguins", test_share=0.2)
    first, second = make_dataset(table, spec, 7), make_dataset(table, spec, 7)
    copy = pickle.loads(pickle.dumps(first))
    for other in (second, copy):
        assert np.array_equal(first.train, other.train)
        pd.testing.assert_frame_equal(first.frame, other.frame)
    assert not np.array_equal(first.test, make_dataset(table, spec, 8).test)


def test_regression_keeps_the_numbers() -> None:
    data = dataset_of({"a": X, "target": [x * 2 for x in X]})
    assert data.task == "regression"
    assert data.target.dtype == np.float64
    assert data.target.tolist() == [x * 2 for x in X]
    assert data.classes == ()


@pytest.mark.parametrize(
    ("labels", "classes"),
    [
        ([3, 5] * 20, (3, 5)),
        ([2.0, 1.0] * 20, (1, 2)),
        ([True, False] * 20, (False, True)),
        (["b", "a"] * 20, ("a", "b")),
        (["1", "10", "2", "x"] * 10, ("1", "10", "2", "x")),
    ],
)
def test_labels_are_kept_sorted_and_plain(labels: list[object], classes: tuple) -> None:
    data = dataset_of({"a": X, "target": labels})
    assert data.classes == classes
    assert [type(label) for label in data.classes] == [type(label) for label in classes]
    assert [data.classes[code] for code in data.target] == labels


def test_rows_without_a_target_are_left_out() -> None:
    target = [*([1.5, 2.5] * 19), None, None]
    data = dataset_of({"a": X, "target": target})
    assert len(data.frame) == len(data.target) == 38
    data = dataset_of({"a": X, "target": [*(["x", "y"] * 19), None, "y"]})
    assert len(data.frame) == 39
    assert data.frame["a"].tolist() == [*X[:38], X[39]]


def test_texts_that_strayed_into_a_target_of_numbers_leave_their_rows_out() -> None:
    target = [str(i) for i in range(39)] + ["unknown"]
    data = dataset_of({"a": X, "target": target})
    assert data.target.tolist() == list(range(39))


def test_infinite_features_are_missing() -> None:
    data = dataset_of({"a": [np.inf, -np.inf, *X[2:]], "target": ["x", "y"] * 20})
    assert data.frame["a"].isna().sum() == 2


def test_groups_times_weights_and_folds_are_codes_and_numbers() -> None:
    columns = {
        "a": X,
        "target": ["x", "y"] * 20,
        "who": ["b", "a", "c", "a"] * 10,
        "day": pd.date_range("1970-01-02", periods=ROWS).strftime("%d.%m.%Y"),
        "w": range(ROWS),
        "fold": [3, 1, 1, 2] * 10,
    }
    table = make_table(pd.DataFrame(columns))
    spec = DataSpec("t", target="target", group="who", time="day", weight="w")
    data = make_dataset(table, spec, 0, fold_column="fold")
    assert data.features == ("a",)
    assert data.groups is not None
    assert data.groups[:4].tolist() == [1, 0, 2, 0]
    assert data.times is not None
    assert data.times.tolist() == list(range(1, ROWS + 1))
    assert data.weights is not None
    assert data.weights.tolist() == list(range(ROWS))
    assert data.fold_column is not None
    assert data.fold_column[:4].tolist() == [2, 0, 0, 1]


def test_rows_are_in_the_order_of_time() -> None:
    days = [5, 3, 4, 1, 2, 0, *range(6, ROWS)]
    data = dataset_of({"a": X, "target": ["x", "y"] * 20, "day": days}, time="day")
    assert data.train[:6].tolist() == [5, 3, 4, 1, 2, 0]


def test_a_date_can_be_a_feature() -> None:
    days = pd.date_range("2020-01-01", periods=ROWS)[::-1].strftime("%Y-%m-%d")
    data = dataset_of({"day": days, "target": ["x", "y"] * 20}, features=("day",))
    assert data.dates == (("day", "ISO8601"),)
    assert data.frame["day"].tolist() == days.tolist()


def test_types_can_be_corrected() -> None:
    columns = {"a": [2007, 2008, None, 2009] * 10, "target": ["x", "y"] * 20}
    data = dataset_of(columns, types={"a": "category"})
    assert data.categories == ("a",)
    assert data.frame["a"][:4].tolist() == ["2007", "2008", None, "2009"]


def test_free_text_that_is_asked_for_is_a_category() -> None:
    columns = {"a": [f"a long remark number {i}" for i in range(ROWS)], "target": [1, 2] * 20}
    assert dataset_of(columns, features=("a",)).categories == ("a",)


def test_thousands_of_columns_become_a_dataset() -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(30, 3000))).add_prefix("x")
    table = make_table(frame.assign(target=["x", "y"] * 15))
    assert make_dataset(table, DataSpec("t"), 0).frame.shape == (30, 3000)


def test_a_table_without_a_target_is_refused() -> None:
    table = make_table(pd.DataFrame({"a": [1] * ROWS, "b": [2] * ROWS}))
    with pytest.raises(DataError, match="Choose the column to predict"):
        make_dataset(table, DataSpec("t"), 0)


def test_one_column_or_no_feature_is_refused() -> None:
    error = refusal({"target": ["x", "y"] * 20})
    assert error.parameter == "data.features"
    error = refusal({"a": [1] * ROWS, "target": ["x", "y"] * 20})
    assert error.parameter == "data.features"


def test_one_row_is_refused() -> None:
    error = refusal({"a": [1.0], "b": [2.0], "target": ["x"]}, features=("a", "b"))
    assert "two rows" in str(error)
    columns = {"a": X, "target": ["x", *([None] * (ROWS - 1))]}
    assert "1 of 40" in str(refusal(columns))
    columns = {"a": X, "target": [None] * ROWS}
    assert "all are missing" in str(refusal(columns))


@pytest.mark.parametrize("value", ["x", 1, 2.5, True])
def test_one_class_or_one_number_is_refused(value: object) -> None:
    error = refusal({"a": X, "target": [value] * ROWS})
    assert "must have at least two different values" in str(error)
    assert error.got == value


def test_an_infinite_target_is_refused_with_its_rows() -> None:
    target = [*X]
    target[3] = target[17] = np.inf
    assert "infinite in rows 4, 18" in str(refusal({"a": X, "target": target}))
    target = [1.0, 2.0] * 19 + [-np.inf, np.inf]
    assert "infinite in rows 39, 40" in str(refusal({"a": X, "target": target}))


def test_texts_cannot_be_predicted_as_numbers() -> None:
    error = refusal({"a": X, "target": ["x", "y"] * 20}, task="regression")
    assert "rows 1, 2, 3, 4, 5 and 35 more" in str(error)
    assert error.got == "x"


@pytest.mark.parametrize(
    ("data", "values", "parameter"),
    [
        ({"group": "g"}, [None, *range(ROWS - 1)], "data.group"),
        ({"group": "g"}, [1] * ROWS, "data.group"),
        ({"time": "g"}, [None, *range(ROWS - 1)], "data.time"),
        ({"time": "g"}, ["soon", *["later"] * (ROWS - 1)], "data.time"),
        ({"weight": "g"}, [-1, *range(ROWS - 1)], "data.weight"),
        ({"weight": "g"}, [None, *range(ROWS - 1)], "data.weight"),
        ({"weight": "g"}, [0.0] * ROWS, "data.weight"),
    ],
)
def test_groups_times_and_weights_must_be_usable(
    data: dict[str, str], values: list[object], parameter: str
) -> None:
    error = refusal({"a": X, "g": values, "target": ["x", "y"] * 20}, **data)
    assert error.parameter == parameter
    assert error.remedy


def test_a_fold_column_must_exist_and_be_filled() -> None:
    table = make_table(pd.DataFrame({"a": X, "fold": [1.0, None] * 20, "target": [1, 2] * 20}))
    spec = DataSpec("t", target="target")
    with pytest.raises(DataError, match="empty in rows 2, 4"):
        make_dataset(table, spec, 0, fold_column="fold")
    with pytest.raises(DataError, match="Did you mean `fold`"):
        make_dataset(table, spec, 0, fold_column="folds")


def test_types_that_do_not_fit_are_refused() -> None:
    columns = {"a": X, "c": ["u", "v"] * 20, "target": ["x", "y"] * 20}
    assert refusal(columns, types={"c": "number"}).parameter == "data.types.c"
    assert refusal(columns, types={"c": "date"}).parameter == "data.types.c"
    assert dataset_of(columns, types={"c": "number"}, ignore=("c",)).features == ("a",)


@pytest.mark.parametrize(
    ("folds", "expected"),
    [
        ([-1, 0, 1, 1], [-1, 0, 1, 1]),
        ([-1.0, 3.0, 7.0, 3.0], [-1, 0, 1, 0]),
        (["-1", "a", "b", "a"], [-1, 0, 1, 0]),
        (["b", "-1", "-1", "!"], [1, -1, -1, 0]),
        ([0, 0, -1, 0], [0, 0, -1, 0]),
        ([0, 2, 5, 2], [0, 1, 2, 1]),
    ],
)
def test_rows_marked_minus_one_in_a_fold_column_belong_to_no_fold(
    folds: list[Any], expected: list[int]
) -> None:
    table = make_table(pd.DataFrame({"a": X, "fold": folds * 10, "target": X[::-1]}))
    data = make_dataset(table, DataSpec("t", target="target"), 0, fold_column="fold")
    assert data.fold_column is not None
    assert data.fold_column.tolist() == expected * 10
    splits = make_splits(data, Choice("column", {"column": "fold"}), 0)
    assert [set(data.fold_column[judge]) for _, judge in splits] == [
        {number} for number in range(max(expected) + 1)
    ]
    assert all(-1 in data.fold_column[learn] for learn, _ in splits if -1 in expected)

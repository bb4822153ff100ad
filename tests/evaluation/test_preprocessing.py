"""Preprocessing: exact where nothing needs doing, safe on any new rows, never leaking."""

import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hpo_gui.core.spec import DataSpec, PreprocessingSpec
from hpo_gui.evaluation.columns import describe_columns
from hpo_gui.evaluation.dataset import Dataset, make_dataset
from hpo_gui.evaluation.preprocessing import describe_treatment, make_preprocessor
from hpo_gui.evaluation.samples import find_sample, sample_path
from hpo_gui.evaluation.table import make_table, read_table
from hpo_gui.evaluation.treatments import OF_TREES, ColumnNeeds

PLAIN = PreprocessingSpec()
SCALED = ColumnNeeds(scaling=True, orders_categories=False)
PLAIN_SUMS = ColumnNeeds(scaling=False, orders_categories=False)
RNG = np.random.default_rng(0)
ROWS = 120


def dataset_of(frame: pd.DataFrame, **data: Any) -> Dataset:
    return make_dataset(make_table(frame), DataSpec("t", target="target", **data), 0)


def sample(name: str) -> tuple[Dataset, pd.DataFrame]:
    """An example as a dataset, and as pandas alone reads its file."""
    table = read_table(f"sample:{name}", Path("nowhere"))
    raw = pd.read_csv(sample_path(find_sample(name)))
    return make_dataset(table, DataSpec(f"sample:{name}", test_share=0.2), 7), raw


def fit(data: Dataset, spec: PreprocessingSpec = PLAIN, needs: ColumnNeeds = OF_TREES) -> Any:
    preprocessor = make_preprocessor(data, spec, needs)
    preprocessor.fit_transform(data.frame.iloc[data.train], data.target[data.train])
    return preprocessor


def mixed(rows: int = ROWS) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "number": np.where(np.arange(rows) % 7 == 0, np.nan, rng.normal(size=rows)),
            "whole": np.arange(rows) * 3 % 11,
            "word": np.array(["red", "green", None, "blue"], dtype=object)[np.arange(rows) % 4],
            "yes": np.array([True, False, None], dtype=object)[np.arange(rows) % 3],
            "town": [f"t{index % 60}" for index in range(rows)],
            "day": pd.date_range("2020-01-01", periods=rows)[::-1].strftime("%Y-%m-%d"),
            "target": np.arange(rows) % 2,
        }
    )


FEATURES = ("number", "whole", "word", "yes", "town", "day")


def test_numbers_without_gaps_go_through_to_the_last_bit() -> None:
    values = RNG.normal(size=(ROWS, 6)) * 10.0 ** RNG.integers(-300, 300, (ROWS, 6))
    values[:4, 0] = [-0.0, 5e-324, 1.7e308, 2**53 + 1]
    frame = pd.DataFrame(values).add_prefix("x").assign(target=["a", "b"] * (ROWS // 2))
    data = dataset_of(frame)
    for raw in (True, False):
        preprocessor = make_preprocessor(data, PLAIN, OF_TREES, raw=raw)
        got = preprocessor.fit_transform(data.frame, data.target)
        assert got.tobytes() == values.tobytes()
        assert got.flags.c_contiguous
        assert got.dtype == np.float64


def test_scores_equal_those_of_scikit_learn_on_the_bare_array() -> None:
    from sklearn.linear_model import LogisticRegression

    data, raw = sample("breast_cancer")
    bare = raw.iloc[:, :-1].to_numpy()
    train, test = data.train, data.test
    preprocessor = make_preprocessor(data, PLAIN, OF_TREES)
    learnt = preprocessor.fit_transform(data.frame.iloc[train], data.target[train])
    model = LogisticRegression(solver="liblinear").fit(learnt, data.target[train])
    expected = LogisticRegression(solver="liblinear").fit(bare[train], data.target[train])
    np.testing.assert_array_equal(model.coef_, expected.coef_)
    assert model.score(preprocessor.transform(data.frame.iloc[test]), data.target[test]) == (
        expected.score(bare[test], data.target[test])
    )


@pytest.mark.parametrize("needs", [OF_TREES, SCALED])
@pytest.mark.parametrize("scaling", ["auto", "none", "standard", "robust", "minmax", "quantile"])
@pytest.mark.parametrize("categories", ["auto", "one_hot", "ordinal", "target"])
def test_every_choice_gives_finite_numbers_and_the_same_twice(
    categories: Any, scaling: Any, needs: ColumnNeeds
) -> None:
    data = dataset_of(mixed(), features=FEATURES)
    spec = PreprocessingSpec(categories=categories, scaling=scaling)
    first = make_preprocessor(data, spec, needs).fit_transform(data.frame, data.target)
    fast = make_preprocessor(data, spec, needs, raw=False)
    second = fast.fit_transform(data.frame, data.target)
    assert np.isfinite(first).all()
    assert first.flags.c_contiguous
    assert first.dtype == np.float64
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("numbers", ["median", "mean", "zero"])
def test_missing_numbers_are_filled_from_the_learning_rows_only(numbers: Any) -> None:
    frame = pd.DataFrame({"x": [1.0, 2, 6, None, 100, 100], "target": [0, 1] * 3})
    data = dataset_of(frame)
    preprocessor = make_preprocessor(data, PreprocessingSpec(numbers=numbers), OF_TREES)
    preprocessor.fit_transform(data.frame.iloc[:3], data.target[:3])
    filled = preprocessor.transform(data.frame.iloc[3:4])[0, 0]
    assert filled == {"median": 2, "mean": 3, "zero": 0}[numbers]


def test_missing_is_a_category_of_its_own() -> None:
    data = dataset_of(mixed(), features=("word",))
    preprocessor = fit(data)
    names = preprocessor.get_feature_names_out().tolist()
    assert names == ["word_blue", "word_green", "word_missing", "word_red"]
    row = preprocessor.transform(pd.DataFrame({"word": [None]}, dtype=object))
    assert row.tolist() == [[0, 0, 1, 0]]


def test_auto_follows_the_number_of_categories_and_the_model() -> None:
    frame = pd.DataFrame(
        {
            "few": [f"f{i % 5}" for i in range(600)],
            "some": [f"s{i % 30}" for i in range(600)],
            "many": [f"m{i % 90}" for i in range(600)],
            "target": ["x", "y", "y"] * 200,
        }
    )
    data = dataset_of(frame)

    def encodings(needs: ColumnNeeds) -> dict[str, list[str]]:
        columns = make_preprocessor(data, PLAIN, needs).named_steps["columns"]
        return {name: names for name, _, names in columns.transformers}

    assert encodings(OF_TREES) == {"one_hot": ["few"], "ordinal": ["some"], "target": ["many"]}
    assert encodings(SCALED) == {"one_hot": ["few", "some"], "target": ["many"]}
    assert encodings(PLAIN_SUMS) == {"one_hot": ["few", "some"], "target": ["many"]}


def test_target_encoding_is_cross_fitted() -> None:
    frame = pd.DataFrame(
        {"town": [f"t{i % 60}" for i in range(240)], "target": RNG.integers(0, 2, 240)}
    )
    data = dataset_of(frame)
    preprocessor = make_preprocessor(data, PreprocessingSpec(categories="target"), OF_TREES)
    learnt = preprocessor.fit_transform(data.frame, data.target)[:, 0]
    again = preprocessor.transform(data.frame)[:, 0]
    assert abs(np.corrcoef(learnt, data.target)[0, 1]) < 0.2  # the towns tell nothing
    assert np.corrcoef(again, data.target)[0, 1] > 0.2


def test_target_encoding_serves_several_classes_and_numbers() -> None:
    towns = [f"t{i % 60}" for i in range(240)]
    spec = PreprocessingSpec(categories="target")
    classes = dataset_of(pd.DataFrame({"town": towns, "target": ["x", "y", "z"] * 80}))
    assert fit(classes, spec).transform(classes.frame).shape == (240, 3)
    values = dataset_of(pd.DataFrame({"town": towns, "target": RNG.normal(size=240)}))
    assert fit(values, spec).transform(values.frame).shape == (240, 1)


def test_very_many_categories_share_a_column_when_one_hot_is_asked_for() -> None:
    frame = pd.DataFrame({"c": [f"c{i % 500}" for i in range(1500)], "target": [0, 1] * 750})
    data = dataset_of(frame)
    assert fit(data, PreprocessingSpec(categories="one_hot")).transform(data.frame).shape[1] == 200


def test_a_column_without_values_in_a_fold_becomes_zeros() -> None:
    frame = pd.DataFrame({"x": [None] * 6 + [1.0, 2.0] * 3, "target": [0, 1] * 6})
    data = dataset_of(frame)
    preprocessor = make_preprocessor(data, PLAIN, SCALED)
    assert preprocessor.fit_transform(data.frame[:6], data.target[:6]).tolist() == [[0]] * 6


def test_dates_are_days_since_1970() -> None:
    frame = pd.DataFrame({"day": ["02.01.1970", "31.12.1970"] * 10, "target": [0, 1] * 10})
    data = dataset_of(frame, features=("day",))
    got = fit(data).transform(pd.DataFrame({"day": ["03.01.1970", "junk"]}))
    assert got.tolist() == [[2.0], [182.5]]
    stored = pd.DataFrame({"day": pd.to_datetime(["1970-01-03 12:00", None])})
    assert fit(data).transform(stored).tolist() == [[2.5], [182.5]]


def test_dates_of_any_century_are_days_since_1970() -> None:
    """Nanoseconds end in 1677 and in 2262."""
    days = ["2970-01-01", "1970-01-02", "1500-01-01"] * 10
    data = dataset_of(pd.DataFrame({"day": days, "target": [0, 1, 0] * 10}), features=("day",))
    got = fit(data).transform(pd.DataFrame({"day": ["2970-01-01", "0001-01-01"]}))
    assert got.tolist() == [[365243.0], [-719162.0]]


def test_names_of_columns_stay_apart() -> None:
    frame = pd.DataFrame(
        {"a": ["b", "c"] * 30, "a_b": np.arange(60) % 7, "target": ["x", "y", "x"] * 20}
    )
    data = dataset_of(frame)
    names = fit(data).get_feature_names_out().tolist()
    assert len(set(names)) == len(names) == 3


@pytest.mark.parametrize("name", ["penguins", "penguins_raw", "seattle_weather", "diabetes"])
def test_rows_as_pandas_reads_them_are_prepared_like_those_of_the_dataset(name: str) -> None:
    data, raw = sample(name)
    preprocessor = fit(data)
    np.testing.assert_array_equal(
        preprocessor.transform(data.frame.iloc[data.test]),
        preprocessor.transform(raw.iloc[data.test]),
    )


@pytest.mark.parametrize(
    ("column", "values", "same_as"),
    [
        ("number", ["?", "1.5", " 2 ", "text"], [None, 1.5, 2.0, None]),
        ("number", [np.inf, -np.inf, 1.0, 2.0], [None, None, 1.0, 2.0]),
        ("number", [True, False, True, False], [1.0, 0.0, 1.0, 0.0]),
        ("number", pd.array([1, None, 2, 3], dtype="Int64"), [1.0, None, 2.0, 3.0]),
        ("number", pd.Categorical([1.0, 2.0, None, 1.0]), [1.0, 2.0, None, 1.0]),
        ("word", ["?", "NA", "none", "red"], [None, None, None, "red"]),
        ("word", pd.Categorical(["red", None, "blue", "red"]), ["red", None, "blue", "red"]),
        ("word", [1, 2.5, True, None], ["1", "2.5", "True", None]),
        ("word", [np.nan, pd.NaT, pd.NA, None], [None, None, None, None]),
        ("yes", ["true", "FALSE", "True", None], [True, False, True, None]),
        ("yes", [True, False, True, False], ["True", "False", "True", "False"]),
        (
            "day",
            ["2020-02-01", "junk", None, "2020-02-02"],
            ["2020-02-01", *[None] * 2, "2020-02-02"],
        ),
    ],
)
@pytest.mark.parametrize("categories", ["one_hot", "ordinal", "target"])
def test_a_value_means_the_same_in_whatever_form_it_comes(
    column: str, values: Any, same_as: list[object], categories: Any
) -> None:
    data = dataset_of(mixed(), features=FEATURES)
    preprocessor = fit(data, PreprocessingSpec(categories=categories))
    rows = mixed().head(4)
    got = preprocessor.transform(rows.assign(**{column: values}))
    plain = pd.Series(same_as, dtype=object)
    np.testing.assert_array_equal(got, preprocessor.transform(rows.assign(**{column: plain})))
    assert np.isfinite(got).all()


def test_whole_numbers_as_categories_survive_a_gap_in_the_new_rows() -> None:
    frame = pd.DataFrame({"code": np.arange(60) % 4, "target": ["x", "y", "x"] * 20})
    data = dataset_of(frame, types={"code": "category"})
    preprocessor = fit(data)
    got = preprocessor.transform(pd.DataFrame({"code": [1.0, np.nan, 3.0]}))
    assert got.tolist() == [[0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]


def test_a_category_that_looks_like_missing_stays_one_when_it_was_one() -> None:
    frame = pd.DataFrame({"land": ["NA", "DE"] * 30, "target": ["x", "y", "x"] * 20})
    preprocessor = fit(dataset_of(frame))
    assert preprocessor.transform(pd.DataFrame({"land": ["NA"]})).tolist() == [[0, 1]]
    assert preprocessor.transform(pd.DataFrame({"land": ["N/A"]})).tolist() == [[0, 0]]


def test_unseen_categories_survive() -> None:
    data = dataset_of(mixed(), features=FEATURES)
    rows = mixed().head(3).assign(word="violet", town="elsewhere", yes="perhaps")
    for categories in ("one_hot", "ordinal", "target", "auto"):
        spec = PreprocessingSpec(categories=categories)  # type: ignore[arg-type] # a loop variable
        assert np.isfinite(fit(data, spec).transform(rows)).all()


def test_more_columns_in_another_order_do_not_matter() -> None:
    data, raw = sample("penguins")
    preprocessor = fit(data)
    turned = raw.iloc[:, ::-1].assign(extra="x")
    np.testing.assert_array_equal(preprocessor.transform(raw), preprocessor.transform(turned))


def test_a_pickled_model_predicts_where_this_program_is_not_installed(tmp_path: Path) -> None:
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.pipeline import make_pipeline

    data = dataset_of(mixed(), features=FEATURES)
    raw = mixed().drop(columns="target")
    raw.to_csv(tmp_path / "raw.csv", index=False)
    for index, categories in enumerate(("one_hot", "ordinal", "target")):
        spec = PreprocessingSpec(categories=categories)  # type: ignore[arg-type] # a loop variable
        model = make_pipeline(
            make_preprocessor(data, spec, SCALED), RandomForestClassifier(5, random_state=0)
        ).fit(data.frame, data.target)
        (tmp_path / f"model{index}.pkl").write_bytes(pickle.dumps(model))
        np.save(tmp_path / f"expected{index}.npy", model.predict_proba(data.frame))
    code = (
        "import pickle, sys, numpy as np, pandas as pd\n"
        "sys.modules['hpo_gui'] = None\n"  # importing it fails
        "raw = pd.read_csv('raw.csv')\n"
        "for index in range(3):\n"
        "    with open(f'model{index}.pkl', 'rb') as file:\n"
        "        model = pickle.load(file)\n"
        "    expected = np.load(f'expected{index}.npy')\n"
        "    np.testing.assert_array_equal(model.predict_proba(raw), expected)\n"
        "    one = raw.head(1).astype(object)\n"
        "    np.testing.assert_array_equal(model.predict_proba(one), expected[:1])\n"
        "    raw_lists = raw.to_dict('list')\n"
        "    model.predict(pd.DataFrame(raw_lists).assign(number='?', word=3, yes=None))\n"
    )
    subprocess.run([sys.executable, "-I", "-c", code], check=True, cwd=tmp_path, timeout=120)


def test_a_preprocessor_can_be_cloned_and_printed() -> None:
    from sklearn.base import clone

    data = dataset_of(mixed(), features=FEATURES)
    preprocessor = clone(make_preprocessor(data, PLAIN, SCALED))
    assert "StandardScaler" in repr(preprocessor)

    assert preprocessor.fit(data.frame, data.target)._repr_html_()


@pytest.mark.parametrize(
    ("name", "spec", "needs", "text"),
    [
        ("number", PLAIN, OF_TREES, "median"),
        ("number", PLAIN, SCALED, "median, then standardised"),
        ("whole", PLAIN, OF_TREES, "as it is"),
        ("whole", PreprocessingSpec(scaling="robust"), OF_TREES, "scaled by the middle half"),
        ("whole", PreprocessingSpec(scaling="quantile"), SCALED, "spread evenly (quantiles)"),
        ("word", PLAIN, OF_TREES, "one-hot, “missing” is its own category"),
        (
            "word",
            PreprocessingSpec(categories="ordinal"),
            SCALED,
            "numbered, “missing” is its own",
        ),
        ("town", PLAIN, OF_TREES, "mean of the target per category"),
        ("day", PLAIN, OF_TREES, "days since 1970"),
        ("day", PLAIN, SCALED, "days since 1970, then standardised"),
    ],
)
def test_what_happens_to_a_column_is_said_in_words(
    name: str, spec: PreprocessingSpec, needs: ColumnNeeds, text: str
) -> None:
    columns = {column.name: column for column in describe_columns(mixed())}
    assert text in describe_treatment(columns[name], spec, needs)


def test_thousands_of_columns_are_prepared_quickly() -> None:
    import time

    frame = pd.DataFrame(RNG.normal(size=(40, 5000))).add_prefix("x").assign(target=[0, 1] * 20)
    data = dataset_of(frame)
    preprocessor = make_preprocessor(data, PLAIN, OF_TREES, raw=False)
    start = time.process_time()
    preprocessor.fit_transform(data.frame, data.target)
    assert time.process_time() - start < 3  # 0.2 s on a quiet computer

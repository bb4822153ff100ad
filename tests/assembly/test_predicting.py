"""Predictions of a model file for the rows of a table."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.svm import SVC

from hpo_gui.assembly.predicting import _predict_table, predict_table, predictions
from hpo_gui.core.errors import DataError, ExportError
from hpo_gui.export.model import write_model
from tests.evaluation.small_datasets import classes_dataset, numbers_dataset
from tests.evaluation.test_final_model import fit


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """New rows: the columns in another order, one more, a gap, and an id like a formula."""
    frame = classes_dataset(20, mixed=True).frame
    frame = frame[reversed(frame.columns)].assign(id=[f"=row{n}" for n in range(20)])
    frame.loc[3, "x0"] = np.nan
    frame.to_csv(tmp_path / "new.csv", index=False)
    return tmp_path / "new.csv"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_gets_a_prediction_and_the_probability_of_each_class(
    table: Path, tmp_path: Path
) -> None:
    model, out = tmp_path / "model.pkl", tmp_path / "out" / "p.csv"
    fitted = fit(classes_dataset(60, mixed=True), "naive_bayes")
    write_model(fitted, model)
    done = _predict_table(model, table, out, ("id", "x0"))
    names = ("id", "x0", "prediction", "probability_a", "probability_b", "probability_c")
    assert (done.path, done.rows, done.columns, done.warnings) == (out, 20, names, ())
    rows = rows_of(out)
    frame = pd.read_csv(table)
    assert [row["prediction"] for row in rows] == fitted.predict(frame).tolist()
    expected = fitted.predict_proba(frame)[:, 1]
    assert [float(row["probability_b"]) for row in rows] == expected.tolist()
    assert rows[5]["id"] == "'=row5", "a spreadsheet would run it"
    assert rows[3]["x0"] == ""


def test_numbers_are_predicted_by_a_plain_model_of_others(tmp_path: Path) -> None:
    frame = numbers_dataset(20).frame
    model = LinearRegression().fit(frame.to_numpy(), np.arange(20.0))
    with pytest.warns(UserWarning, match="fitted without feature names"):  # told to the user
        assert list(predictions(model, frame, "m")) == ["prediction"]


def test_columns_that_are_missing_are_named(table: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.pkl"
    write_model(fit(classes_dataset(60, mixed=True), "naive_bayes"), model)
    table.write_text("x0,colour\n1,red\n2,blue\n")
    with pytest.raises(DataError, match="every column that model.pkl has learnt from") as caught:
        _predict_table(model, table, tmp_path / "p.csv", ())
    assert "no x1, x2, x3" in str(caught.value)
    assert not (tmp_path / "p.csv").exists()


def test_a_column_to_keep_must_be_there(table: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.pkl"
    write_model(fit(classes_dataset(60, mixed=True), "naive_bayes"), model)
    with pytest.raises(DataError, match=r"keep must name columns of new\.csv, but got 'nr'"):
        _predict_table(model, table, tmp_path / "p.csv", ("nr",))


class Odd(BaseEstimator):
    """Answers what it was made with."""

    def __init__(self, answers: Any) -> None:
        self.answers = answers

    def predict(self, rows: Any) -> Any:
        if isinstance(self.answers, Exception):
            raise self.answers
        return self.answers


FRAME = pd.DataFrame({"a": [1.0, 2.0]})


def test_answers_of_any_sound_shape_are_taken() -> None:
    assert predictions(Odd([[1], [2]]), FRAME, "m") == {"prediction": [1, 2]}
    assert list(predictions(Odd(np.ones((2, 3))), FRAME, "m"))[2] == "prediction_2"


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ([1, 2, 3], "must give one answer a row, but got '\\(3,\\) for 2 rows'"),
        (ValueError("Found 3"), "cannot predict these rows: ValueError: Found 3"),
    ],
)
def test_a_model_that_does_not_fit_says_why(answers: Any, rule: str) -> None:
    with pytest.raises(DataError, match=rule):
        predictions(Odd(answers), FRAME, "m")


def test_a_model_without_probabilities_gives_its_answers_only() -> None:
    model = SVC().fit(FRAME, [0, 1])
    assert predictions(model, FRAME, "m") == {"prediction": [0, 1]}
    sure = LogisticRegression().fit(FRAME, [False, True])
    assert list(predictions(sure, FRAME, "m"))[1:] == ["probability_False", "probability_True"]


def test_what_the_packages_say_while_loading_is_passed_on(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "model.pkl"
    write_model(fit(classes_dataset(60, mixed=True), "naive_bayes"), model)
    raw = model.read_bytes()
    import sklearn

    model.write_bytes(raw.replace(sklearn.__version__.encode(), b"0.0.1"))
    done = _predict_table(model, table, tmp_path / "p.csv", ())
    assert any("0.0.1" in text for text in done.warnings)
    assert len(done.warnings) <= 3


def test_the_file_to_write_is_checked_before_anything_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"must end in one of \.csv"):
        predict_table(tmp_path / "m.pkl", tmp_path / "t.csv", tmp_path / "p.xlsx")


def test_a_kept_column_is_not_replaced_by_a_prediction_of_that_name(
    table: Path, tmp_path: Path
) -> None:
    model = tmp_path / "model.pkl"
    write_model(fit(classes_dataset(60, mixed=True), "naive_bayes"), model)
    frame = pd.read_csv(table)
    frame.assign(prediction=7).to_csv(table, index=False)
    with pytest.raises(DataError, match="must not name columns that the predictions are called"):
        _predict_table(model, table, tmp_path / "p.csv", ("prediction",))


@pytest.mark.parametrize("name", ["nowhere/../new.csv", "link.csv"])
def test_the_table_is_never_replaced_by_its_predictions(
    table: Path, tmp_path: Path, name: str
) -> None:
    """By whatever spelling or link."""
    model = tmp_path / "model.pkl"
    write_model(fit(classes_dataset(60, mixed=True), "naive_bayes"), model)
    (tmp_path / "nowhere").mkdir()
    (tmp_path / "link.csv").symlink_to(table)
    before = table.read_bytes()
    with pytest.raises(ExportError, match="must not be the table that is read"):
        predict_table(model, table, tmp_path / name)
    assert table.read_bytes() == before

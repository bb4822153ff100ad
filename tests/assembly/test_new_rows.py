"""New rows are read as the study has read its own table, whatever file the model came from."""

from __future__ import annotations

import csv
import io
import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.dummy import DummyRegressor

from hpo_gui.assembly.predicting import _predict_table
from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import DataSpec, PreprocessingSpec, ReadingSpec
from hpo_gui.evaluation.dataset import Dataset, make_dataset
from hpo_gui.evaluation.final_ensemble import Voter, fit_ensemble
from hpo_gui.evaluation.final_model import fit_final
from hpo_gui.evaluation.table import read_table
from hpo_gui.export.model import write_model
from tests.evaluation.test_table import write_xlsx

SUFFIXES = (".pkl", ".joblib", ".skops")
USUAL = PreprocessingSpec()


def learn(folder: Path, text: str, model: str = "decision_tree", **data: Any) -> Any:
    """Fit a model on all rows of a text table whose target is ``y``."""
    return fit_final(dataset_of(folder, text, **data), model, {}, {}, USUAL, 0)


def dataset_of(folder: Path, text: str, **data: Any) -> Dataset:
    (folder / "study.csv").write_text(text, encoding="utf-8")
    spec = DataSpec("study.csv", target="y", **data)
    return make_dataset(read_table("study.csv", folder, spec.reading), spec, 0)


def predict(model: Any, table: Path, suffix: str = ".pkl") -> list[float]:
    """What a model says of a table, by way of its file."""
    path, out = table.with_name(f"model{suffix}"), table.with_name("out.csv")
    write_model(model, path)
    _predict_table(path, table, out, ())
    rows = csv.DictReader(io.StringIO(out.read_text(encoding="utf-8")))
    return [float(row["prediction"]) for row in rows]


def written(folder: Path, text: str | bytes, name: str = "new.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def table_of(columns: dict[str, Sequence[object]], separator: str = ",") -> str:
    rows = zip(*columns.values(), strict=True)
    lines = [separator.join(map(str, row)) for row in (tuple(columns), *rows)]
    return "\n".join(lines) + "\n"


NUMBERS = [-999 if index % 4 == 0 else index / 10 for index in range(40)]
CODED = table_of({"x": NUMBERS, "z": [n % 7 for n in range(40)], "y": [n / 5 for n in range(40)]})
VALUES = {"NA": 10, "EU": 0, "AS": -10, "01": 10, "02": 0, "2A": -10}


def of_categories(cells: list[str]) -> str:
    rows = {"c": cells * 10, "z": [n % 7 for n in range(30)], "y": [VALUES[c] for c in cells * 10]}
    return table_of(rows)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_missing_codes_of_the_study_are_missing_in_new_rows(
    suffix: str, tmp_path: Path
) -> None:
    model = learn(tmp_path, CODED, "ridge", reading=ReadingSpec(missing=("-999",)))
    gaps = pd.DataFrame({"x": [np.nan, 0.1], "z": [0, 1]})
    found = predict(model, written(tmp_path, "x,z\n-999,0\n0.1,1\n"), suffix)
    assert found == pytest.approx(model.predict(gaps).tolist())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_category_that_reads_like_missing_stays_one(suffix: str, tmp_path: Path) -> None:
    text = of_categories(["NA", "EU", "AS"])
    model = learn(tmp_path, text, reading=ReadingSpec(missing=("",)))
    assert predict(model, tmp_path / "study.csv", suffix)[:3] == [10, 0, -10]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_categories_are_texts_however_new_rows_look(suffix: str, tmp_path: Path) -> None:
    model = learn(tmp_path, of_categories(["01", "02", "2A"]))
    assert predict(model, written(tmp_path, "c,z\n01,1\n02,2\n01,3\n"), suffix) == [10, 0, 10]


def test_categories_that_were_whole_numbers_are_known_by_other_spellings(tmp_path: Path) -> None:
    rows = {"c": [1, 2, 3] * 10, "z": [n % 7 for n in range(30)], "y": [10, 0, -10] * 10}
    model = learn(tmp_path, table_of(rows), types={"c": "category"})
    for cells in (["1", "2"], ["1.0", "2.0"], ["01", "02"], ["1", "2", "2A"]):
        new = table_of({"c": cells, "z": range(len(cells))})
        assert predict(model, written(tmp_path, new))[:2] == [10, 0]


def test_an_ensemble_tells_too_how_its_table_was_read(tmp_path: Path) -> None:
    dataset = dataset_of(tmp_path, of_categories(["01", "02", "2A"]))
    voters = [Voter("trial_1", "decision_tree", {}, 0, 1), Voter("trial_2", "knn", {}, 0, 1)]
    voted = fit_ensemble(dataset, voters, USUAL)
    expected = voted.predict(dataset.frame.iloc[:2]).tolist()
    for suffix in SUFFIXES:
        found = predict(voted, written(tmp_path, "c,z\n01,0\n02,1\n"), suffix)
        assert found == pytest.approx(expected)


def german(number: int) -> str:
    return f"{number:,}".replace(",", ".")


def test_thousands_points_are_read_as_in_the_study(tmp_path: Path) -> None:
    cells = [german(number) for number in range(300, 30300, 1000)]
    rows = {"price": cells, "w": [f"0,{n % 2 + 1}" for n in range(30)], "y": range(30)}
    model = learn(tmp_path, table_of(rows, ";"))
    assert predict(model, tmp_path / "study.csv") == list(range(30))
    for new in ("price;w\n7.300;0,2\n?;0,1\n", "price;w\n7.300;1\n", "price,w\n7300,0.2\n"):
        assert predict(model, written(tmp_path, new))[0] == 7


def test_decimal_points_of_the_study_are_no_thousands_points_of_one_row(tmp_path: Path) -> None:
    cells = [f"{degrees}.{'5' if degrees % 2 else '125'}" for degrees in range(10, 40)]
    rows = {"lat": cells, "w": [f"0,{n % 2 + 1}" for n in range(30)], "y": range(30)}
    model = learn(tmp_path, table_of(rows, ";"))
    assert predict(model, written(tmp_path, "lat;w\n12.125;0,1\n")) == [2]


def test_fractions_of_the_study_have_no_thousands_points_in_a_file_of_another_program(
    tmp_path: Path,
) -> None:
    rows = {"x": [f"{n},125" for n in range(1, 31)], "z": [n % 3 for n in range(30)]}
    model = learn(tmp_path, table_of({**rows, "y": range(30)}, ";"))
    assert predict(model, written(tmp_path, "x\tz\n12.125\t2\n13.125\t0\n")) == [11, 12]


def test_a_column_name_that_occurs_twice_keeps_its_numbers(tmp_path: Path) -> None:
    rows = [f"{'ab'[n % 2]};{n},5;{n}" for n in range(30)]
    model = learn(tmp_path, "\n".join(["c;c;y", *rows]) + "\n")
    assert predict(model, tmp_path / "study.csv") == list(range(30))


def test_a_file_of_another_program_is_read_by_looking_at_it(tmp_path: Path) -> None:
    told = ReadingSpec(separator=";", decimal=",", encoding="cp1252", missing=("-9",))
    rows = {"é": [f"{n},5" for n in range(30)], "z": [-9, *range(1, 30)], "y": range(30)}
    (tmp_path / "study.csv").write_text(table_of(rows, ";"), encoding="cp1252")
    spec = DataSpec("study.csv", target="y", reading=told)
    table = read_table("study.csv", tmp_path, told)
    model = fit_final(make_dataset(table, spec, 0), "decision_tree", {}, {}, USUAL, 0)
    assert predict(model, tmp_path / "study.csv") == list(range(30))
    assert predict(model, written(tmp_path, "é,z\n3.5,3\n")) == [3]


def test_a_header_is_as_in_the_study(tmp_path: Path) -> None:
    rows = "".join(f"{n * 7 % 30},{n % 3},{n * 7 % 30}\n" for n in range(30))
    (tmp_path / "study.csv").write_text(rows)
    reading = ReadingSpec(header=False)
    spec = DataSpec(
        "study.csv", target="column_3", reading=reading, types={"column_2": "category"}
    )
    table = read_table("study.csv", tmp_path, reading)
    model = fit_final(make_dataset(table, spec, 0), "decision_tree", {}, {}, USUAL, 0)
    assert predict(model, written(tmp_path, "5,2,0\n6,0,0\n")) == [5, 6]


def test_the_sheet_of_the_study_is_read_and_another_one_named(tmp_path: Path) -> None:
    model = learn(tmp_path, CODED, reading=ReadingSpec(sheet="rows"))
    rows: list[list[object]] = [["x", "z"], [0.1, 1], [0.2, 2]]
    path = tmp_path / "new.xlsx"
    write_xlsx(path, {"about": [["nothing"], [1]], "rows": rows})
    assert predict(model, path) == pytest.approx([0.2, 0.4])
    write_xlsx(path, {"May": rows})
    done = _predict_table(tmp_path / "model.pkl", path, tmp_path / "out.csv", ())
    assert any("has no sheet “rows”" in text and "“May”" in text for text in done.warnings)


def test_a_model_without_a_record_reads_by_looking(tmp_path: Path) -> None:
    model = DummyRegressor(strategy="constant", constant=2.5).fit([[0]], [1])
    assert predict(model, written(tmp_path, "id,a\nx,1\ny,2\n")) == [2.5, 2.5]


def test_a_record_that_is_none_is_told(tmp_path: Path) -> None:
    model = DummyRegressor(strategy="constant", constant=2.5).fit([[0]], [1])
    model.hpo_studio_table = {"reading": {"missing": 7}}
    with pytest.raises(DataError, match="must tell how its table was read") as caught:
        predict(model, written(tmp_path, "id,a\nx,1\ny,2\n"))
    assert "export the model again" in str(caught.value)


def test_the_record_is_made_of_plain_values_alone(tmp_path: Path) -> None:
    told = ReadingSpec(missing=("-999",))
    model = learn(tmp_path, CODED, "ridge", reading=told)
    raw = pickle.dumps(model.hpo_studio_table)
    assert b"hpo_gui" not in pickle.dumps(model)
    assert pickle.loads(raw)["reading"] == {"missing": ["-999"]}


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_columns_that_are_missing_are_named_however_the_study_was_read(
    suffix: str, tmp_path: Path
) -> None:
    told = ReadingSpec(separator=",", missing=("-999",), sheet="rows")
    model = learn(tmp_path, CODED, reading=told)
    path = written(tmp_path, "x;q\n1;2\n2;3\n", f"new{suffix}")
    if suffix == ".xlsx":
        write_xlsx(path, {"May": [["x", "q"], [1, 2], [2, 3]]})
    with pytest.raises(DataError, match="every column that model.pkl has learnt from") as caught:
        predict(model, path)
    assert "no z" in str(caught.value)


def test_a_table_that_cannot_be_read_says_why_in_the_words_of_the_study(tmp_path: Path) -> None:
    model = learn(tmp_path, CODED, reading=ReadingSpec(missing=("-999",)))
    with pytest.raises(DataError, match="must have rows below its header"):
        predict(model, written(tmp_path, "x,z\n"))


def test_true_and_false_beside_gaps_stay_what_they_are(tmp_path: Path) -> None:
    cells = ["true", "false", ""] * 10
    rows = {"c": cells, "z": [n % 7 for n in range(30)], "y": [10, 0, -10] * 10}
    model = learn(tmp_path, table_of(rows))
    assert predict(model, tmp_path / "study.csv")[:3] == [10, 0, -10]
    assert predict(model, written(tmp_path, "c,z\nTRUE,0\nFalse,1\n,2\nx,3\n"))[:3] == [10, 0, -10]
    assert predict(model, written(tmp_path, "c,z\nTrue,0\nFalse,1\n"))[:2] == [10, 0]
    frame = pd.DataFrame({"c": [True, False, None], "z": [0, 1, 2]})
    frame.to_parquet(tmp_path / "new.parquet")
    assert predict(model, tmp_path / "new.parquet") == [10, 0, -10]

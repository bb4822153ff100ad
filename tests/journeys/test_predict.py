"""A person predicts new rows with a model file, of their own or from somebody else."""

from __future__ import annotations

import csv
import io
import os
import pickle
from pathlib import Path
from typing import Any

import pytest
from sklearn.dummy import DummyRegressor

from hpo_gui.cli import predict
from hpo_gui.cli.main import main
from hpo_gui.core.spec import BudgetSpec
from hpo_gui.export.model import write_model
from tests.support.small_studies import call_here, flowers, run_study, tree_study


class Harm:
    """Makes a folder when it is unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, ("harmed",)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("HPO_STUDIO_TRUST")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "new.csv").write_text("id,a\nx,1\ny,2\n")
    (tmp_path / "harm.pkl").write_bytes(pickle.dumps(Harm()))
    return tmp_path


def answer(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """Type into a terminal."""
    monkeypatch.setattr(predict, "can_ask", lambda: True)
    monkeypatch.setattr("sys.stdin", io.StringIO(text))


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """No process of its own, whose start takes seconds."""
    monkeypatch.setattr(
        "hpo_gui.assembly.predicting.call_in_process",
        lambda function, *arguments, **options: function(*arguments),
    )


def test_a_model_of_ones_own_predicts_without_a_question(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_model(DummyRegressor(strategy="constant", constant=2.5).fit([[0]], [1]), Path("m.pkl"))
    assert main(["predict", "m.pkl", "new.csv", "--out", "p.csv", "--keep", "id"]) == 0
    assert (folder / "p.csv").read_text().split() == ["id,prediction", "x,2.5", "y,2.5"]
    assert capsys.readouterr() == ("p.csv: 2 rows\n", "")


@pytest.mark.usefixtures("at_once")
def test_the_best_model_of_a_study_is_exported_by_skops_and_predicts_new_rows(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("hpo_gui.assembly.results.call_in_process", call_here)
    flowers().to_csv(folder / "flowers.csv", index=False)
    run_study(
        tree_study("flowers.csv", "kind", budget=BudgetSpec(trials=3)),
        folder,
        folder / "s.hpostudy",
    )
    assert main(["export", "s.hpostudy", "--model", "best.skops"]) == 0
    flowers(90).drop(columns="kind").to_csv(folder / "new.csv", index=False)
    assert main(["predict", "best.skops", "new.csv"]) == 0
    assert capsys.readouterr().err == ""
    with (folder / "predictions.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    kinds = set(flowers()["kind"])
    assert len(rows) == 90
    assert {row["prediction"] for row in rows} <= kinds
    assert {name for name in rows[0] if name != "prediction"} == {
        f"probability_{k}" for k in kinds
    }


def test_without_skops_an_export_says_how_to_get_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    flowers().to_csv(folder / "flowers.csv", index=False)
    run_study(
        tree_study("flowers.csv", "kind", budget=BudgetSpec(trials=3)),
        folder,
        folder / "s.hpostudy",
    )
    monkeypatch.setattr("hpo_gui.export.model.find_spec", lambda name: None)
    assert main(["export", "s.hpostudy", "--model", "best.skops", "--trials", "t.csv"]) == 2
    assert "pip install skops" in capsys.readouterr().err
    assert not (folder / "t.csv").exists(), "nothing is written when one file could not be"


def test_a_model_of_others_is_refused_where_nobody_can_be_asked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "harm.pkl", "new.csv"]) == 2
    said = capsys.readouterr().err
    assert "harm.pkl is a pickle that this program did not write for you" in said
    assert f"  ! {os.mkdir.__module__}.mkdir" in said
    assert "If you know who made it, add --trust." in said
    assert not (folder / "harmed").exists()


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("typed", ["\n", "n\n", ""])
def test_only_a_yes_loads_it(
    typed: str, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answer(monkeypatch, typed)
    assert main(["predict", "harm.pkl", "new.csv"]) == 2
    assert "Trust this file from now on? [y/N]" in capsys.readouterr().err
    assert not (folder / "harmed").exists()


@pytest.mark.usefixtures("at_once")
def test_after_a_yes_it_is_loaded_and_never_asked_about_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = DummyRegressor(strategy="constant", constant=1.0).fit([[0]], [1])
    (folder / "m.pkl").write_bytes(pickle.dumps(model))
    answer(monkeypatch, "y\n")
    assert main(["predict", "m.pkl", "new.csv"]) == 0
    assert "sklearn.dummy.DummyRegressor" in capsys.readouterr().err
    assert main(["predict", "m.pkl", "new.csv"]) == 0
    assert capsys.readouterr() == ("predictions.csv: 2 rows\n", "")


@pytest.mark.usefixtures("at_once")
def test_trust_on_the_command_line_is_a_yes(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "harm.pkl", "new.csv", "--trust"]) == 2
    assert (folder / "harmed").exists()
    assert "must hold a model that predicts" in capsys.readouterr().err


def test_a_long_list_is_cut_and_its_letters_cannot_hide_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = b"".join(b"cm%d\nx\n0" % number for number in range(100))
    (folder / "m.pkl").write_bytes(b"\x80\x04" + names + b"c\x1b[2Jevil\nx\nN.")
    assert main(["predict", "m.pkl", "new.csv"]) == 2
    said = capsys.readouterr().err
    assert "\\x1b[2Jevil" in said
    assert "… and 41 more" in said


def test_the_table_is_never_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_model(DummyRegressor(strategy="constant", constant=2.5).fit([[0]], [1]), Path("m.pkl"))
    before = (folder / "new.csv").read_bytes()
    assert main(["predict", "m.pkl", "new.csv", "--out", "./new.csv"]) == 2
    assert "must not be the table that is read" in capsys.readouterr().err
    assert (folder / "new.csv").read_bytes() == before

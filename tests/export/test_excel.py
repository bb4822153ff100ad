"""Workbooks: every value as what it is, no cell a formula, and the limits of Excel told."""

from __future__ import annotations

import errno
import os
import re
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from hpo_gui.core.acts import Retract
from hpo_gui.core.errors import ExportError
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float
from hpo_gui.core.space import Space
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.export import excel
from hpo_gui.export.excel import fitted, write_audit_excel, write_trials_excel
from hpo_gui.export.table import trial_columns
from hpo_gui.storage.records import AuditEvent
from tests.export.test_exports import history
from tests.export.test_hostile_texts import EVIL, STARTS, hostile
from tests.support.compared_studies import write
from tests.support.small_studies import hpo

Row = list[Any]


def rows_of(path: Path) -> list[Row]:
    return CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()


def sheet_of(path: Path) -> str:
    with zipfile.ZipFile(path) as file:
        return file.read("xl/worksheets/sheet1.xml").decode("utf-8")


def test_the_sheet_has_the_columns_and_values_of_the_table(tmp_path: Path) -> None:
    write_trials_excel(history(), tmp_path / "t.xlsx")
    head, *rows = rows_of(tmp_path / "t.xlsx")
    columns = trial_columns(history())
    assert head == list(columns)
    by_name = [dict(zip(head, row, strict=True)) for row in rows]
    assert [row["number"] for row in by_name] == [0, 1, 2]
    assert [row["mean_accuracy"] for row in by_name] == [*columns["mean_accuracy"][:2], ""]
    assert [row["param_kernel"] for row in by_name] == ["rbf", "poly", "=1+1"]
    assert by_name[0]["param_layers"] == "[64, 32]"
    assert by_name[1]["param_gamma"] == ""
    assert by_name[0]["started"] == datetime(2001, 9, 9, 1, 46, 40)
    assert by_name[2]["error"] == "The score is nan."


@pytest.mark.parametrize("text", STARTS)
def test_no_text_becomes_a_formula_or_a_link(text: str, tmp_path: Path) -> None:
    write_trials_excel(hostile(text=text), tmp_path / "t.xlsx")
    sheet = sheet_of(tmp_path / "t.xlsx")
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    told = [cell for row in rows_of(tmp_path / "t.xlsx") for cell in row]
    assert text.replace("\r", "\n") in [str(cell).replace("\r", "\n") for cell in told]


def test_a_text_like_a_formula_stays_a_text_when_somebody_edits_its_cell(tmp_path: Path) -> None:
    write_trials_excel(hostile(), tmp_path / "t.xlsx")
    with zipfile.ZipFile(tmp_path / "t.xlsx") as file:
        styles = file.read("xl/styles.xml").decode()
    formats = re.findall(r"<xf [^>]*>", styles.split("<cellXfs")[1])
    quoted = [str(place) for place, text in enumerate(formats) if "quotePrefix" in text]
    cells = re.findall(r'<c r="C2" s="(\d+)" t="inlineStr"', sheet_of(tmp_path / "t.xlsx"))
    assert cells
    assert set(cells) <= set(quoted)


def test_an_address_is_no_link_and_a_number_in_a_text_stays_a_text(tmp_path: Path) -> None:
    write_trials_excel(hostile("https://a.example", "007"), tmp_path / "t.xlsx")
    assert "hyperlink" not in sheet_of(tmp_path / "t.xlsx")
    assert rows_of(tmp_path / "t.xlsx")[1][2] == "007"


def test_what_a_number_of_excel_cannot_hold_is_written_as_text(tmp_path: Path) -> None:
    space = Space([Categorical("n", (2**60 + 1, 3)), Float("x", 0, 1)])
    scores = {"loss": float("inf")}
    trial = Trial(0, {"n": 2**60 + 1, "x": 0.5}, Origin("manual"), scores=scores)
    write_trials_excel(History(space, [Goal("loss", "minimize")], [trial]), tmp_path / "t.xlsx")
    head, row = rows_of(tmp_path / "t.xlsx")
    told = dict(zip(head, row, strict=True))
    assert told["param_n"] == "1152921504606846977"
    assert told["mean_loss"] == "inf"
    assert told["param_x"] == 0.5


def test_letters_that_xml_does_not_have_leave_a_readable_file(tmp_path: Path) -> None:
    write_trials_excel(hostile("a\x00\x1f\ufffe", "b\x0b_x0041_\uffff\ud800"), tmp_path / "t.xlsx")
    assert len(rows_of(tmp_path / "t.xlsx")) == 4


def test_a_text_that_is_too_long_for_a_cell_is_cut_and_says_so() -> None:
    assert fitted("a" * 32_767) == "a" * 32_767
    cut = fitted("a" * 40_000)
    assert len(cut) == 32_767
    assert cut.endswith("… [cut: 40,000 letters]")
    wide = fitted("😀" * 20_000)  # two of Excel's letters each
    assert len(wide.encode("utf-16-le")) // 2 <= 32_767
    assert wide.endswith("… [cut: 20,000 letters]")


def test_more_trials_than_a_sheet_has_rows_are_refused_with_a_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(excel, "MOST_ROWS", 3)
    with pytest.raises(ExportError, match=r"at most 3, .*but got 4.*CSV or Parquet"):
        write_trials_excel(history(), tmp_path / "t.xlsx")
    monkeypatch.setattr(excel, "MOST_ROWS", 4)
    monkeypatch.setattr(excel, "MOST_COLUMNS", 5)
    with pytest.raises(ExportError, match="columns of the table must be at most 5"):
        write_trials_excel(history(), tmp_path / "t.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_another_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"must end in one of \.xlsx"):
        write_trials_excel(history(), tmp_path / "t.xls")


def test_a_study_without_trials_gives_the_head_only(tmp_path: Path) -> None:
    write_trials_excel(History(Space([Float("x", 0, 1)]), [Goal("loss")]), tmp_path / "t.xlsx")
    assert len(rows_of(tmp_path / "t.xlsx")) == 1


def test_a_disk_that_fails_while_the_workbook_is_packed_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(zipfile.ZipFile, "write", full)
    with pytest.raises(ExportError, match="No space left"):
        write_trials_excel(history(), tmp_path / "t.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_what_was_done_is_a_sheet_too(tmp_path: Path) -> None:
    events = [AuditEvent(1e9, "retract", EVIL, 3, Retract(2, "=1+1")), AuditEvent(2e9, "x", "b")]
    write_audit_excel(events, tmp_path / "a.xlsx")
    head, first, second = rows_of(tmp_path / "a.xlsx")
    assert head == ["time", "kind", "trial", "reason", "text"]
    assert first == [datetime(2001, 9, 9, 1, 46, 40), "retract", 2, "=1+1", EVIL]
    assert second[1:] == ["x", "", "", "b"]


def test_the_command_line_writes_both(tmp_path: Path) -> None:
    study = write(tmp_path / "s.hpostudy", 0.7, 0.9)
    assert hpo("trial", "retract", study, "1", "--reason", "odd").code == 0
    table, trail = tmp_path / "out" / "t.xlsx", tmp_path / "out" / "log.xlsx"
    assert hpo("export", study, "--excel", table).text.strip() == str(table)
    assert [row[0] for row in rows_of(table)] == ["number", 0, 1]
    assert hpo("trial", "log", study, "--excel", trail).code == 0
    assert rows_of(trail)[1][1:4] == ["retract", 1, "odd"]
    refused = hpo("export", study, "--excel", tmp_path / "t.csv")
    assert refused.code != 0
    assert ".xlsx" in refused.text


def test_states_are_words(tmp_path: Path) -> None:
    write_trials_excel(history(), tmp_path / "t.xlsx")
    states = [row[1] for row in rows_of(tmp_path / "t.xlsx")[1:]]
    assert states == [TrialState.COMPLETE, TrialState.COMPLETE, TrialState.FAILED]

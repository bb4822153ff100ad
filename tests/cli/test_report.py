"""The report on the command line: where it goes, of which trial, and what stands in the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import structs

from hpo_gui.__main__ import COMMANDS
from hpo_gui.assembly import report as report_assembly
from hpo_gui.assembly import results
from hpo_gui.assembly.opened import open_study, read_history
from hpo_gui.assembly.report import report_of
from hpo_gui.cli.printing import MISUSE
from hpo_gui.core.history import History
from hpo_gui.core.spec import BudgetSpec, Choice, FunctionSpec, StudySpec
from hpo_gui.core.spec_text import spec_to_json
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.export import report as report_module
from hpo_gui.storage.study_file import StudyFile
from tests.support.compared_studies import SPEC, trial, write
from tests.support.small_studies import files_below, hpo


@pytest.fixture(autouse=True)
def _no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures have tests of their own, and take the longest."""
    monkeypatch.setattr(report_module, "pictures", lambda spec, history, test_ratio: ())


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return write(tmp_path / "s.hpostudy", 0.7, 0.9, 0.8)


def test_the_report_goes_beside_the_study_or_where_it_is_told(study: Path, tmp_path: Path) -> None:
    assert hpo("report", study).text.strip() == str(tmp_path / "s-report.html")
    out = tmp_path / "new" / "page.htm"
    assert hpo("report", study, "--out", out).text.strip() == str(out)
    text = out.read_text(encoding="utf-8")
    assert "Trial 1 is the best" in text
    assert "s.hpostudy" in text
    assert "report" in COMMANDS


def test_another_trial_can_be_the_one_that_it_is_about(study: Path, tmp_path: Path) -> None:
    assert hpo("report", study, "--trial", "2").code == 0
    text = (tmp_path / "s-report.html").read_text(encoding="utf-8")
    assert "Trial 2, which was chosen by hand, has Accuracy" in text
    said = hpo("report", study, "--trial", "7", "--out", tmp_path / "no.html")
    assert (said.code, (tmp_path / "no.html").exists()) == (MISUSE, False)
    assert "trial must be from 0 to 2, but got 7" in said.text


def test_a_file_that_is_no_page_a_study_or_cannot_be_written_is_refused(
    study: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    before = files_below(tmp_path)
    for out, words in (
        (tmp_path / "r.pdf", "must end in one of .html, .htm"),
        (study, "is a study, which would be lost"),
        (tmp_path / "file" / "r.html", "is not a folder"),
    ):
        said = hpo("report", study, "--out", out)
        assert said.code == MISUSE
        assert words in said.text
    assert {k: v for k, v in files_below(tmp_path).items() if k in before} == before


def test_the_study_is_only_read(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer would introduce itself in the file."""
    before = study.read_bytes()
    monkeypatch.setattr(StudyFile, "open", lambda path: pytest.fail("opened for writing"))
    assert hpo("report", study).code == 0
    assert study.read_bytes() == before


def test_an_old_report_stays_when_a_new_one_cannot_be_made(
    study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_(report: object) -> str:
        raise RuntimeError("no")

    old = tmp_path / "s-report.html"
    old.write_text("old")
    monkeypatch.setattr(report_module, "report_html", break_)
    with pytest.raises(AssertionError):  # `hpo` sees that a traceback was printed
        hpo("report", study)
    assert old.read_text() == "old"


def test_a_study_that_somebody_writes_can_be_reported(tmp_path: Path) -> None:
    path = tmp_path / "s.hpostudy"
    with StudyFile.create(path, spec_to_json(SPEC)) as file:
        file.put([trial(0, 0.7), Trial(1, {}, Origin("random"), TrialState.RUNNING)])
        assert hpo("report", path).code == 0
    text = (tmp_path / "s-report.html").read_text(encoding="utf-8")
    assert "Not finished: 1 trial was running when this was written." in text


def test_a_study_without_trials_can_be_reported(tmp_path: Path) -> None:
    assert hpo("report", write(tmp_path / "s.hpostudy")).code == 0
    assert "This study has no trials yet." in (tmp_path / "s-report.html").read_text("utf-8")


def test_the_locked_test_is_opened_when_it_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = structs.replace(SPEC, data=structs.replace(SPEC.data, test_share=0.25))
    study = write(tmp_path / "s.hpostudy", 0.7, 0.9, 0.8, spec=spec)
    asked = []

    def score(*arguments: object) -> dict[str, float]:
        asked.append(arguments[2])
        return {"accuracy": 0.875}

    monkeypatch.setattr(results, "locked_test_scores", score)
    hpo("report", study)
    assert asked == []
    assert hpo("report", study, "--open-test").code == 0
    assert [one.number for one in asked if isinstance(one, Trial)] == [1]
    assert "0.875 (the validation said 0.9)" in (tmp_path / "s-report.html").read_text("utf-8")


@pytest.mark.parametrize(
    "spec", [SPEC, structs.replace(SPEC, data=None, objective=FunctionSpec("f.py:loss"))]
)
def test_to_open_a_locked_test_that_there_is_not_is_refused(
    spec: StudySpec, tmp_path: Path
) -> None:
    said = hpo("report", write(tmp_path / "s.hpostudy", 0.7, spec=spec), "--open-test")
    assert said.code == MISUSE
    assert "--open-test needs rows that were locked away" in said.text
    assert not (tmp_path / "s-report.html").exists()


# --- what is gathered -------------------------------------------------------------------------


def gathered(history: History, spec: StudySpec = SPEC) -> report_module.Report:
    return report_of(spec, Path(), history, None, None)


def test_the_status_says_how_far_a_study_is(study: Path) -> None:
    opened = open_study(study)
    history = read_history(opened)
    assert gathered(history).status == "3 trials have finished; the budget is not used up."
    one = read_history(open_study(write(study.parent / "one.hpostudy", 0.7)))
    assert gathered(one).status == "1 trial has finished; the budget is not used up."
    done = StudySpec(**{f: getattr(SPEC, f) for f in SPEC.__struct_fields__} | _three())
    assert gathered(history, done).status == "All 3 trials of the budget are done."


def _three() -> dict[str, BudgetSpec]:
    return {"budget": BudgetSpec(trials=3)}


def test_the_automatic_strategy_says_what_it_has_chosen(study: Path) -> None:
    title, why = gathered(read_history(open_study(study))).strategy
    assert title == "Automatic"
    assert why
    assert "Use when" not in why


def test_a_strategy_or_pruner_of_another_version_is_named(study: Path) -> None:
    history = read_history(open_study(study))
    fields = {f: getattr(SPEC, f) for f in SPEC.__struct_fields__}
    spec = StudySpec(**fields | {"strategy": Choice("newest"), "pruner": Choice("later")})
    made = gathered(history, spec)
    assert (made.strategy, made.pruner) == (("newest", ""), ("later", ""))


def test_rows_are_counted_only_where_the_table_is_there_unchanged_and_not_large(
    tmp_path: Path, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = open_study(study)
    history = read_history(opened)
    assert report_of(opened.spec, tmp_path, history, study, None).shape is None
    table = tmp_path / "t.csv"
    table.write_text("a,kind\n1,x\n2,y\n3,x\n")
    assert report_of(opened.spec, tmp_path, history, study, None).shape is None  # it has changed
    assert opened.spec.data is not None
    data = type(opened.spec.data)("t.csv", target="kind")
    fields = {f: getattr(SPEC, f) for f in SPEC.__struct_fields__}
    spec = StudySpec(**fields | {"data": data})
    assert report_of(spec, tmp_path, history, None, None).shape == (3, 2)
    monkeypatch.setattr(report_assembly, "LARGE_TABLE", 5)
    assert report_of(spec, tmp_path, history, None, None).shape is None

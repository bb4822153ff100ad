"""`hpo-gui trial …` changes trials of a study that does not run."""

from __future__ import annotations

import csv
from argparse import ArgumentTypeError
from pathlib import Path

import msgspec
import pytest
from small_studies import hpo

import hpo_gui.assembly.running
import hpo_gui.cli.run
from hpo_gui.assembly import acts
from hpo_gui.assembly.opened import open_study
from hpo_gui.assembly.sessions import JUDGED, SESSION, Session, to_text
from hpo_gui.cli.run import MoreTrials, _trials
from hpo_gui.cli.trials import read_numbers, read_pairs
from hpo_gui.core.errors import StudioError
from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Categorical, Float
from hpo_gui.core.plan import Plan
from hpo_gui.core.spec import BudgetSpec, FunctionSpec, StudySpec
from hpo_gui.core.spec_text import spec_to_json
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.storage.study_file import StudyFile

SPACE = (Float("x", 0, 1, default=0.5), Categorical("kind", ("a", "b")))
SPEC = StudySpec(
    seed=7,
    objective=FunctionSpec("mine.py:score", SPACE),
    goals=(Goal("accuracy"),),
    budget=BudgetSpec(trials=4),
)


def make(number: int, score: float, state: TrialState = TrialState.COMPLETE) -> Trial:
    scores = {} if state.is_open else {"accuracy": score}
    params = {"x": number / 10, "kind": "a"}
    told = None if state.is_open else number + 1
    return Trial(number, params, Origin("random"), state, seed=7, scores=scores, told=told)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    path = tmp_path / "study.hpostudy"
    with StudyFile.create(path, spec_to_json(SPEC)) as file:
        file.put([make(n, score) for n, score in enumerate((0.5, 0.9, 0.7))])
        file.put([make(3, 0.0, TrialState.RUNNING)])
    return path


def trials(study: Path) -> tuple[Trial, ...]:
    return open_study(study).trials


def test_a_trial_is_retracted_and_restored(study: Path) -> None:
    said = hpo("trial", "retract", study, "1", "--reason", "wrong data")
    assert said.code == 0
    assert said.text == "Trial 1 retracted: wrong data\n"
    assert trials(study)[1].state is TrialState.RETRACTED
    assert hpo("trial", "restore", study, 1).text == "Trial 1 counts again.\n"
    assert trials(study)[1].state is TrialState.COMPLETE


def test_what_is_not_possible_is_named_and_the_others_are_done(study: Path) -> None:
    said = hpo("trial", "retract", study, "0-1", "3,9")
    assert said.code == 2
    assert "Trial 0 retracted." in said.text
    assert "trial 3 must have ended to be retracted" in said.text
    assert "trial 9 must be one of the study" in said.text
    assert [t.state.value for t in trials(study)] == [
        "retracted",
        "retracted",
        "complete",
        "running",
    ]


def test_scores_are_corrected_and_taken_back(study: Path) -> None:
    assert hpo("trial", "correct", study, 1, "accuracy=0.25", "--reason", "typo").code == 0
    assert trials(study)[1].scores == {"accuracy": 0.25}
    assert hpo("trial", "uncorrect", study, 1).code == 0
    assert trials(study)[1].scores == {"accuracy": 0.9}


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("accuracy=nan", "must be a number"),
        ("accuracy=1e999", "must be a finite number"),
        ("accuracy=", "must stand at"),
        ("accuracy", "must be such as name=value"),
        ("acuracy=0.5", "must be of a metric of the study: accuracy"),
    ],
)
def test_a_score_that_is_none_is_refused(study: Path, typed: str, words: str) -> None:
    before = trials(study)
    said = hpo("trial", "correct", study, 1, typed)
    assert (said.code, words in said.text) == (2, True), said.text
    assert trials(study) == before


def test_notes_and_tags_are_written_and_change_nothing_else(study: Path) -> None:
    assert hpo("trial", "note", study, 0, "odd").code == 0
    assert hpo("trial", "tag", study, "0-1", "--add", "a, b ,,c").code == 0
    assert hpo("trial", "tag", study, 0, "--remove", "b,d").code == 0
    first, second, *_ = trials(study)
    assert (first.note, first.tags, second.tags) == ("odd", ("a", "c"), ("a", "b", "c"))
    said = hpo("trial", "note", study, 0, "x" * 10_001)
    assert said.code == 2
    assert "10,000 characters" in said.text
    assert hpo("trial", "tag", study, 0).code == 2
    assert trials(study)[0].note == "odd"


def test_a_tag_that_another_program_adds_meanwhile_stays(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = acts.writable

    def interrupted(path: Path) -> StudyFile:
        monkeypatch.setattr(acts, "writable", before)
        assert hpo("trial", "tag", path, 0, "--add", "theirs").code == 0
        assert hpo("trial", "note", path, 0, "their note").code == 0
        return before(path)

    monkeypatch.setattr(acts, "writable", interrupted)
    assert hpo("trial", "tag", study, 0, "--add", "mine").code == 0
    assert (trials(study)[0].tags, trials(study)[0].note) == (("theirs", "mine"), "their note")


@pytest.mark.parametrize("number", [4, 10**20])
def test_a_number_that_no_trial_has_is_told(study: Path, number: int) -> None:
    for action in (("correct", study, number, "accuracy=1"), ("note", study, number, "odd")):
        said = hpo("trial", *action)
        assert said.code == 2
        assert f"trial {number} must be one of the study" in said.text


def test_two_results_are_not_written_into_one_file(study: Path, tmp_path: Path) -> None:
    same = tmp_path / "same.csv"
    said = hpo("export", study, "--trials", same, "--parquet", tmp_path / "." / "same.csv")
    assert said.code == 2
    assert "must be named for one result only" in said.text
    assert not same.exists()


def test_a_configuration_is_queued_with_defaults_for_the_rest(study: Path) -> None:
    said = hpo("trial", "add", study, "kind=b")
    assert said.code == 0
    assert "hpo-gui resume" in said.text
    added = trials(study)[4]
    assert (added.params, added.state) == ({"x": 0.5, "kind": "b"}, TrialState.WAITING)
    assert added.origin.strategy == "manual"
    assert trials(study)[3].state is TrialState.RUNNING, "what was interrupted stays so"
    refused = hpo("trial", "add", study, "x=7")
    assert refused.code == 2
    assert len(trials(study)) == 5


def test_the_best_are_repeated_with_new_seeds(study: Path) -> None:
    assert hpo("trial", "repeat", study, "--best", 2).code == 0
    again = trials(study)[4:]
    assert [t.params["x"] for t in again] == [0.1, 0.2]
    assert {t.origin.strategy for t in again} == {"repeat"}
    assert 7 not in {t.seed for t in again}
    assert hpo("trial", "repeat", study, 0, "--same-seed").code == 0
    assert trials(study)[6].seed == 7
    assert hpo("trial", "repeat", study).code == 2
    assert hpo("trial", "repeat", study, 1, "--best", 2).code == 2
    assert hpo("trial", "repeat", study, "--best", -1).code == 2


def test_waiting_trials_are_skipped_and_others_stay(study: Path) -> None:
    hpo("trial", "add", study, "kind=b")
    said = hpo("trial", "skip", study, "3-4")
    assert said.code == 2
    assert "Trial 4 is cancelled." in said.text
    assert "trial 3 must be waiting to be skipped, but got 'running'" in said.text
    assert "no such trial" in hpo("trial", "skip", study, 41).text
    assert [t.state.value for t in trials(study)[3:]] == ["running", "cancelled"]


def test_the_log_tells_everything_in_order_and_as_a_table(study: Path, tmp_path: Path) -> None:
    assert "Nothing was done" in hpo("trial", "log", study).text
    hpo("trial", "retract", study, 1, "--reason", "=cmd|'calc'!A1")
    hpo("trial", "note", study, 0, "a\nb")
    lines = hpo("trial", "log", study).text.splitlines()
    assert len(lines) == 2
    assert "Trial 1 retracted" in lines[0]
    assert "note “a b”" in lines[1]
    assert hpo("trial", "log", study, "--csv", tmp_path / "log.csv").code == 0
    with (tmp_path / "log.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["kind"], row["trial"]) for row in rows] == [("retract", "1"), ("annotate", "0")]
    assert rows[0]["reason"].startswith("'=cmd")


def test_a_study_that_runs_elsewhere_is_not_touched(
    study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "PATIENCE", 0.0)
    with StudyFile.open(study):
        for action in (("retract", study, 0), ("add", study, "x=0.1"), ("skip", study, 3)):
            said = hpo("trial", *action)
            assert said.code == 2
            assert "can only be read" in said.text
    assert hpo("trial", "retract", study.with_name("none.hpostudy"), 0).code == 2
    assert len(trials(study)) == 4


def test_numbers_are_read_as_people_write_them() -> None:
    assert read_numbers(["3", "5-7,9", "3"]) == [3, 5, 6, 7, 9]
    for bad in ("", "a", "5-", "-5", "7-5", "0-99999999", "1.5"):
        with pytest.raises(StudioError):
            read_numbers([bad])
    assert read_pairs(["x=1", "kind=b", "layers=(8, 4)"]) == {
        "x": 1,
        "kind": "b",
        "layers": (8, 4),
    }


def test_more_trials_are_those_beyond_the_budget() -> None:
    assert _trials("+20") == MoreTrials(20)
    assert _trials("20") == 20
    with pytest.raises(ArgumentTypeError):
        _trials("+x")


@pytest.mark.parametrize(("budget", "total"), [(None, 5), (2, 5), (10, 12)])
def test_more_trials_are_more_than_have_finished_too(
    study: Path, monkeypatch: pytest.MonkeyPatch, budget: int | None, total: int
) -> None:
    """Else a study whose budget was lowered would end at once, however much more is asked for."""
    asked: list[StudySpec] = []

    def resume(path: Path, spec: StudySpec, tell: object) -> None:
        asked.append(spec)
        raise StudioError("study", "was asked for")

    with StudyFile.open(study) as file:
        changed = msgspec.structs.replace(SPEC, budget=BudgetSpec(trials=budget))
        file.add_spec(spec_to_json(changed), "another budget")
    monkeypatch.setattr(hpo_gui.assembly.running, "resume_study", resume)
    monkeypatch.setattr(hpo_gui.cli.run, "ask_for_trust", lambda *arguments: None)
    hpo("resume", study, "--trials", "+2")
    assert [spec.budget.trials for spec in asked] == [total]


def test_none_of_the_best_cannot_be_repeated(study: Path) -> None:
    said = hpo("trial", "repeat", study, "--best", "0")
    assert said.code == 2
    assert "--best must be at least 1, but got 0" in said.text


def test_a_name_that_is_given_twice_is_refused() -> None:
    with pytest.raises(StudioError, match="x must be given once, but got 0.7"):
        read_pairs(["x=0.2", "x=0.7"])


@pytest.mark.parametrize("text", ["+0", "+-3"])
def test_no_more_trials_are_refused(text: str, study: Path) -> None:
    said = hpo("resume", study, "--trials", text)
    assert said.code == 2
    assert "must be 60 or +20" in said.text


@pytest.mark.parametrize(
    "command", [("trial", "log", "--csv"), ("export", "--spec"), ("export", "--trials")]
)
def test_an_export_never_takes_the_place_of_a_study(command: tuple[str, ...], study: Path) -> None:
    before = trials(study)
    *words, option = command
    said = hpo(*words, study, option, study)
    assert said.code == 2
    assert "would be lost" in said.text
    assert trials(study) == before


def test_the_trail_tells_of_sessions_in_words(study: Path) -> None:
    session = Session(3, 2, 1, Plan(trials=4, workers=2), {"HPO Studio": "1.2.3"})
    with StudyFile.open(study) as file:
        file.log(SESSION, to_text(session))
        file.log(JUDGED, to_text([]))
        file.log(SESSION, "from a later version")
    hpo("trial", "retract", study, "1")
    lines = [line.partition("  ")[2] for line in hpo("trial", "log", study).text.splitlines()]
    assert lines == [
        "Began to run with 3 trials there, by version 1 of the specification, 2 workers, "
        "HPO Studio 1.2.3.",
        "from a later version",
        "Trial 1 retracted.",
    ]

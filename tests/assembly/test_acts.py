"""Acts on a study that does not run."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hpo_gui.assembly import acts
from hpo_gui.assembly.acts import act_on_study, audit_trail
from hpo_gui.core.acts import Annotate, Correct, Retract, Uncorrect
from hpo_gui.core.errors import ReadOnlyError, StorageError
from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.spec_text import spec_to_json
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.storage.study_file import StudyFile

TRIALS = [
    Trial(n, {"x": n}, Origin("random"), TrialState.COMPLETE, scores={"accuracy": n / 4})
    for n in range(4)
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "study.hpostudy"
    with StudyFile.create(file, spec_to_json(StudySpec(goals=(Goal("accuracy"),)))) as study:
        study.put(TRIALS)
    return file


def test_acts_change_the_file_and_stand_in_the_audit_trail(path: Path) -> None:
    wanted = [Retract(3, "wrong data"), Correct(1, {"accuracy": 0.9}), Annotate(1, "odd", ("a",))]
    changed = [one.after for one in act_on_study(path, wanted).done]
    assert [trial.state.value for trial in changed] == ["retracted", "complete", "complete"]
    with StudyFile.open(path) as file:
        trials = file.load()
    assert trials[3] == changed[0]
    assert trials[1] == changed[2]
    assert (trials[1].scores, trials[1].note) == ({"accuracy": 0.9}, "odd")
    trail = audit_trail(path)
    assert [event.act for event in trail] == wanted
    assert trail[0].text == "Trial 3 retracted: wrong data"
    assert {event.trials for event in trail} == {4}
    act_on_study(path, [Uncorrect(1)])
    with StudyFile.open(path) as file:
        assert file.load()[1].scores == TRIALS[1].scores


def test_an_impossible_act_hinders_no_other(path: Path) -> None:
    acted = act_on_study(path, [Retract(0), Retract(4), Retract(0), Retract(1)])
    assert [one.act.number for one in acted.done] == [0, 1]
    unknown, again = acted.refused
    assert "trial 4 must be one of the study" in str(unknown)
    assert "is retracted already" in str(again)
    assert [event.kind for event in audit_trail(path)] == ["retract", "retract"]


def test_a_study_that_another_program_writes_is_not_changed(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "PATIENCE", 0.0)
    with StudyFile.open(path), pytest.raises(ReadOnlyError, match="can only be read"):
        act_on_study(path, [Retract(0)])
    assert audit_trail(path) == []
    with pytest.raises(StorageError):
        act_on_study(path.with_name("none.hpostudy"), [Retract(0)])


def test_who_looks_into_the_file_for_a_moment_hinders_no_act(path: Path) -> None:
    reader = StudyFile.look_into(path)
    timer = threading.Timer(0.2, reader.close)
    timer.start()
    assert len(act_on_study(path, [Retract(0)]).done) == 1
    timer.join()

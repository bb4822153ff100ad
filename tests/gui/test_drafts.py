from __future__ import annotations

import pytest
from msgspec import structs

from hpo_gui.gui.drafts import Draft, DraftKeeper


@pytest.fixture
def keeper(study, tmp_path, qapp):
    return DraftKeeper(study, tmp_path)


def test_an_edited_study_that_never_ran_is_kept(keeper, study):
    study.edit(structs.replace(study.spec, seed=13), "Seed")
    assert keeper.save()
    draft = keeper.load()
    assert draft.spec.seed == 13
    assert draft.base == str(study.base)


def test_nothing_is_kept_when_there_is_nothing_to_lose(keeper, study):
    assert not keeper.save()
    study.edit(structs.replace(study.spec, seed=13), "Seed")
    study.undo.undo()
    assert not keeper.save()
    assert keeper.load() is None


def test_a_draft_is_forgotten_when_the_study_gets_its_file(keeper, study, engine, qtbot):
    study.edit(structs.replace(study.spec, seed=13), "Seed")
    keeper.save()
    with qtbot.waitSignal(study.study_changed):
        study.run()
    assert keeper.load() is None
    with qtbot.waitSignal(study.stopped):
        study.stop_now()


def test_an_edit_is_written_after_a_pause(keeper, study, qtbot):
    keeper._timer.setInterval(10)
    study.edit(structs.replace(study.spec, seed=13), "Seed")
    qtbot.waitUntil(keeper.path.exists)


@pytest.mark.parametrize("text", ["", "{}", '{"base": "/", "spec": {"seed": -1}}', "[1]"])
def test_a_draft_that_cannot_be_read_is_put_aside(keeper, text):
    keeper.path.write_text(text)
    assert keeper.load() is None
    assert keeper.path.with_name("draft.json.broken").exists()


def test_drafts_open_behind_the_window_are_kept_too(keeper, study, tmp_path, qapp):
    behind = Draft(str(tmp_path), structs.replace(study.spec, name="behind"))
    keeper.others = lambda: [behind]
    study.edit(structs.replace(study.spec, seed=13), "Seed")
    keeper.save()
    later = DraftKeeper(study, tmp_path)
    assert [draft.spec.name for draft in later.left] == ["wine", "behind"]
    later.forget(later.left[1])
    assert [draft.spec.name for draft in later.load_all()] == ["wine", "wine"]


def test_a_draft_of_the_last_time_stays_until_somebody_decides(keeper, study, tmp_path, qapp):
    study.edit(structs.replace(study.spec, seed=13), "Seed")
    keeper.save()
    later = DraftKeeper(study, tmp_path)
    study.undo.undo()
    later.save()
    assert [draft.spec.seed for draft in later.load_all()] == [13]
    later.forget()
    assert not later.path.exists()

from __future__ import annotations

from dataclasses import replace

import pytest
from msgspec import structs

from hpo_gui.gui.drafts import Draft, DraftKeeper
from hpo_gui.gui.open_studies import OpenStudies
from tests.support.window import make_spec


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


def test_what_was_taken_up_is_kept_when_it_is_shown_again(study, tmp_path, qtbot):
    studies, keeper = OpenStudies(study), DraftKeeper(study, tmp_path)
    keeper.is_taken_up = lambda: studies.is_kept
    keeper.save()
    assert keeper.load() is None
    studies.keep()
    keeper.save()
    taken_up = studies.shown
    with qtbot.waitSignal(study.opening.open_draft(make_spec("iris"), tmp_path).ended):
        pass
    assert keeper.load() is None  # the one shown; `others` gives those behind it
    studies.show(taken_up)
    assert keeper.load().spec.name == "wine"


def test_a_draft_keeps_open_what_the_user_has_left_open(keeper, study, engine, monkeypatch):
    resolve = engine.resolve

    def filled(spec, table):
        view = resolve(spec, table)
        return replace(view, spec=structs.replace(spec, duplicates="reuse"))

    monkeypatch.setattr(engine, "resolve", filled)
    study.edit(structs.replace(study.spec, seed=13), "Seed")
    assert study.spec.duplicates == "reuse"
    keeper.save()
    assert keeper.load().spec == study.asked
    assert keeper.load().spec.duplicates == "run"

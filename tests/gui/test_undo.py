from __future__ import annotations

import pytest
from msgspec import structs

from hpo_gui.core.parameter import Categorical
from hpo_gui.core.spec import ModelSpec, StudySpec
from hpo_gui.gui.loading import carry
from hpo_gui.gui.study_edit import differs
from hpo_gui.gui.undo import MERGE_SECONDS, SpecUndo


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Editor:
    """Holds a specification as the session does."""

    def __init__(self) -> None:
        self.spec = StudySpec(name="a")
        self.clock = Clock()
        self.undo = SpecUndo(self.show, self.clock)

    def show(self, spec: StudySpec) -> None:
        self.spec = spec

    def rename(self, name: str, text: str = "Rename") -> bool:
        self.clock.now += 0.1
        return self.undo.replace(self.spec, structs.replace(self.spec, name=name), text)


def test_an_edit_is_shown_undone_and_redone(qapp):
    editor = Editor()
    assert editor.rename("b")
    assert editor.spec.name == "b"
    editor.undo.undo()
    assert editor.spec.name == "a"
    editor.undo.redo()
    assert editor.spec.name == "b"


def test_an_edit_that_changes_nothing_is_no_command(qapp):
    editor = Editor()
    assert not editor.rename("a")
    assert not editor.undo.canUndo()


def test_quick_edits_of_the_same_thing_are_undone_together(qapp):
    editor = Editor()
    for name in ("b", "bc", "bcd"):
        editor.rename(name)
    assert editor.undo.count() == 1
    editor.undo.undo()
    assert editor.spec.name == "a"


def test_edits_of_other_things_or_after_a_pause_stay_apart(qapp):
    editor = Editor()
    editor.rename("b")
    editor.rename("c", "Something else")
    editor.clock.now += MERGE_SECONDS + 1
    editor.rename("d", "Something else")
    assert editor.undo.count() == 3


def test_a_quick_edit_back_leaves_no_command(qapp):
    editor = Editor()
    editor.rename("b")
    editor.rename("a")
    assert not editor.undo.canUndo()
    assert editor.spec.name == "a"


def chosen(*choices: object) -> StudySpec:
    space = (Categorical("flag", choices),)
    return StudySpec(models=(ModelSpec("decision_tree", {"flag": choices[0]}, space),))


@pytest.mark.parametrize(
    ("before", "after", "is_edit"),
    [((True, 0), (1, 0), True), ((1, 0), (True, 0), True), ((1, 2), (1.0, 2.0), False)],
)
def test_true_instead_of_one_is_an_edit(qapp, before, after, is_edit):
    editor = Editor()
    editor.spec = chosen(*before)
    asked = carry(editor.spec, editor.spec, chosen(*after))
    assert editor.undo.replace(editor.spec, asked, "Choose") is is_edit
    assert differs(chosen(*before), editor.spec) is is_edit
    editor.clock.now += 0.1
    assert editor.undo.replace(editor.spec, chosen(*before), "Choose") is is_edit
    assert editor.undo.count() == 0, "it led back to what was"

from __future__ import annotations

from msgspec import structs

from hpo_gui.core.spec import StudySpec
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

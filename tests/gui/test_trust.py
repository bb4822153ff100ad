"""Code of others in the window: said before it runs, looked at, trusted, asked about again."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from hpo_gui.gui.assembly_engine import AssemblyEngine
from hpo_gui.gui.dialogs.code_dialog import CodeDialog
from hpo_gui.gui.session import Session
from hpo_gui.gui.space_editor import SpaceEditor
from hpo_gui.gui.summaries import run_problem
from hpo_gui.gui.widgets.message_bar import MessageStack
from hpo_gui.gui.window.study_messages import StudyMessages
from tests.journeys.test_trust import MINE, SPEC
from tests.support.real_session import open_sample, settle


class Frame:
    """A session with the messages of the window's frame."""

    def __init__(self, qtbot: QtBot) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        self.session = Session(AssemblyEngine())
        self.messages = MessageStack(self.window)
        self.about = StudyMessages(self.session, self.messages, self.window)


@pytest.fixture(autouse=True)
def nothing_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HPO_STUDIO_TRUST")
    monkeypatch.setattr(sys, "path", list(sys.path))


@pytest.fixture
def frame(qtbot: QtBot, tmp_path: Path) -> Frame:
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "study.toml").write_text(SPEC)
    made = Frame(qtbot)
    made.session.opening.open_spec(tmp_path / "study.toml")
    qtbot.waitUntil(lambda: not made.session.opening.title)
    return made


def links(frame: Frame) -> list[str]:
    bar = frame.messages.bar("trust")
    return [bar._links.itemAt(place).widget().text() for place in range(bar._links.count())]


def test_a_study_with_code_of_others_waits_until_it_is_trusted(
    qtbot: QtBot, frame: Frame, tmp_path: Path
) -> None:
    bar = frame.messages.bar("trust")
    assert bar.head.text() == "This study runs code from mine.py"
    assert links(frame) == ["Look at it…", "Trust this file"]
    assert run_problem(frame.session).startswith("The file mine.py must be trusted before it runs")
    frame.session.run()
    assert frame.session.state == "idle"
    frame.about.trust()
    qtbot.waitUntil(lambda: not frame.session.untrusted)
    assert frame.messages.keys() == []
    assert run_problem(frame.session) == ""
    assert not (tmp_path / "mine.py.ran").exists()


def test_a_file_that_changed_while_its_study_is_open_is_asked_about(
    qtbot: QtBot, frame: Frame, tmp_path: Path
) -> None:
    frame.about.trust()
    qtbot.waitUntil(lambda: not frame.session.untrusted)
    (tmp_path / "mine.py").write_text(MINE + "# changed\n")
    frame.session.run()
    qtbot.waitUntil(lambda: frame.messages.keys() == ["trust"])
    assert frame.session.state == "idle"
    head = frame.messages.bar("trust").head.text()
    assert head == "mine.py has changed since you trusted it"


def test_the_code_is_shown_as_text_before_it_is_trusted(qtbot: QtBot, frame: Frame) -> None:
    dialog = CodeDialog(frame.session.untrusted, "Trust this file")
    qtbot.addWidget(dialog)
    assert MINE.strip() in dialog.code.toPlainText()
    assert dialog.later_button.isDefault()
    dialog.trusted.connect(frame.about.trust)
    dialog.trust_button.click()
    qtbot.waitUntil(lambda: not frame.session.untrusted)


def test_whoever_names_a_file_himself_is_not_asked(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    frame = Frame(qtbot)
    frame.session.trust_chosen("mine.py:objective")
    SpaceEditor(frame.session).choose_function("mine.py:objective")
    settle(qtbot, frame.session)
    assert frame.session.untrusted == ()
    assert frame.messages.keys() == []


def test_a_class_that_is_trusted_later_is_looked_up_then(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "foreign_tree.py").write_text(
        "from sklearn.tree import DecisionTreeClassifier\n"
        "class Tree(DecisionTreeClassifier):\n    pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    session = open_sample(qtbot)
    editor = SpaceEditor(session)
    editor.choose("foreign_tree.Tree")
    qtbot.waitUntil(lambda: bool(session.untrusted and editor.look_up_error))
    assert [code.name for code in session.untrusted] == ["foreign_tree.Tree"]
    assert "must be trusted" in editor.look_up_error
    assert "foreign_tree" not in sys.modules
    session.trust()
    qtbot.waitUntil(lambda: editor.entry("foreign_tree.Tree") is not None, timeout=30_000)
    assert editor.look_up_error == ""
    assert session.untrusted == ()
    session.close()

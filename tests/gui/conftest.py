"""What tests of the window share: the theme and a session on an engine under control."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hpo_gui.core.spec import ReadingSpec
from hpo_gui.gui.engine import View
from hpo_gui.gui.loading import Loaded
from hpo_gui.gui.session import Session
from hpo_gui.gui.theme import current_theme
from tests.support.window import SPACE, FakeEngine, FakeTable, make_spec


@pytest.fixture(autouse=True)
def dressed(qapp: QApplication) -> None:
    """Dress the application as the program does."""
    current_theme().set_mode("light")
    current_theme().apply(qapp)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def session(engine: FakeEngine, qtbot: QtBot) -> Iterator[Session]:
    """A session on the fake engine, closed at the end."""
    made = Session(engine)
    yield made
    engine.wait = lambda: None
    engine.runner.stops_by_itself = True
    assert made.close()


@pytest.fixture
def study(session: Session, tmp_path: Path) -> Session:
    """A session that shows a study ready to run."""
    spec, view = make_spec(), View(None, SPACE, make_spec().goals)
    read_as = ("wine.csv", ReadingSpec())
    session._show(Loaded(spec, tmp_path, FakeTable(), view, read_as=read_as))
    return session

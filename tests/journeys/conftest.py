"""A window with a person before it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from person import LONG, Person
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hpo_gui.gui.assembly_engine import AssemblyEngine
from hpo_gui.gui.main_window import MainWindow
from hpo_gui.gui.preferences import PreferenceStore
from hpo_gui.gui.recent import RecentFiles
from hpo_gui.gui.session import Session
from hpo_gui.gui.theme import current_theme


@pytest.fixture
def person(qtbot: QtBot, qapp: QApplication) -> Iterator[Person]:
    current_theme().set_mode("light")
    current_theme().apply(qapp)
    session = Session(AssemblyEngine())
    window = MainWindow(session, PreferenceStore(), RecentFiles())
    qtbot.addWidget(window)
    window.resize(1440, 900)
    with qtbot.waitExposed(window):
        window.show()
    yield Person(window, qtbot)
    if session.is_active:
        session.stop_now()
        qtbot.waitUntil(lambda: not session.is_active, timeout=LONG)
    window.close()
    session.close()

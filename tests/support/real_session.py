"""A session on the real engine, with one of the bundled tables open."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from hpo_gui.gui.assembly_engine import AssemblyEngine
from hpo_gui.gui.session import Session


def open_sample(qtbot: QtBot, name: str = "penguins") -> Session:
    """Open ``sample:<name>`` and wait until everything is filled in; close it at the end."""
    session = Session(AssemblyEngine())
    session.opening.open_data(f"sample:{name}")
    qtbot.waitUntil(
        lambda: session.roles is not None and not session.opening.title, timeout=30_000
    )
    return session


def settle(qtbot: QtBot, session: Session) -> None:
    """Wait until no job is under way."""
    qtbot.waitUntil(lambda: not session.jobs.running and not session.is_checking, timeout=30_000)

"""The window's own look for the widgets under test, in each theme."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication

from hpo_gui.gui.theme import Mode, Theme, current_theme


@pytest.fixture
def themed(qapp: QApplication) -> Iterator[Theme]:
    theme = current_theme()
    theme.set_mode("light")
    theme.apply(qapp)
    yield theme
    theme.set_mode("light")


@pytest.fixture(params=["light", "dark"])
def each_theme(themed: Theme, request: pytest.FixtureRequest) -> Theme:
    mode: Mode = request.param
    themed.set_mode(mode)
    return themed

"""Texts of others are shown as they stand: a column may be called like a piece of HTML."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PySide6.QtGui import Qt
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

import hpo_gui.gui
from hpo_gui.core.goal import Goal
from hpo_gui.core.trial import Failure, Origin, Trial, TrialState
from hpo_gui.gui.assembly_engine import AssemblyEngine
from hpo_gui.gui.plots.trial_tip import trial_tip
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.plain_tips import plain_tip
from tests.support.real_session import settle

EVIL = '<img src="file:///etc/passwd">'


@pytest.mark.parametrize("text", [EVIL, "<b>bold</b>\nand more", "&lt;x&gt;"])
def test_what_looks_like_html_is_escaped(text: str) -> None:
    made = plain_tip(text)
    assert "<img" not in made
    assert "<b>" not in made


@pytest.mark.parametrize("text", ["", "a < b and c", "1 < 2", "3 rows\nof <b>"])
def test_other_texts_are_left_alone(text: str) -> None:
    assert plain_tip(text) == text


def _texts(widget: QWidget) -> list[str]:
    """All that a widget and its children would show as rich text."""
    found = []
    for child in (widget, *widget.findChildren(QWidget)):
        found.append(child.toolTip() if Qt.mightBeRichText(child.toolTip()) else "")
        if isinstance(child, QLabel):
            rich = child.textFormat() == Qt.TextFormat.RichText
            auto = child.textFormat() == Qt.TextFormat.AutoText
            if rich or (auto and Qt.mightBeRichText(child.text())):
                found.append(child.text())
    return found


def test_no_page_draws_the_name_of_a_column_as_html(qtbot: QtBot, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {EVIL: rng.normal(size=40), "kind": [EVIL, "b"] * 20, f"{EVIL} kind": [EVIL, "c"] * 20}
    )
    frame.to_csv(tmp_path / "evil.csv", index=False)
    session = Session(AssemblyEngine())
    session.opening.open_data(tmp_path / "evil.csv")
    qtbot.waitUntil(
        lambda: session.roles is not None and not session.opening.title, timeout=30_000
    )
    settle(qtbot, session)
    from hpo_gui.gui.window.pages import MAKERS

    for key in ("data", "space", "strategy", "run", "results"):
        if key not in MAKERS:
            continue
        page = MAKERS[key](session)
        qtbot.addWidget(page)
        page.resize(1200, 800)
        page.show()
        assert [text for text in _texts(page) if "<img" in text] == [], key
        for view in page.findChildren(QWidget):
            model = getattr(view, "model", None)
            model = model() if callable(model) else None
            if model is None or not hasattr(model, "rowCount"):
                continue
            for row in range(model.rowCount()):
                for column in range(model.columnCount()):
                    tip = model.index(row, column).data(Qt.ItemDataRole.ToolTipRole) or ""
                    assert "<img" not in tip or not Qt.mightBeRichText(tip)
    session.close()


def test_the_tip_of_a_trial_escapes_all_that_a_study_file_holds() -> None:
    trial = Trial(
        0,
        {EVIL: EVIL},
        Origin(EVIL, EVIL),
        TrialState.FAILED,
        scores={EVIL: 1.0},
        failure=Failure("raised", EVIL),
    )
    assert "<img" not in trial_tip(trial, Goal(EVIL))


def test_every_rich_text_in_the_window_is_one_that_escapes() -> None:
    """Files that write tags by hand: each new one has to be looked at."""
    folder = Path(hpo_gui.gui.__file__).parent
    tags = re.compile(r"<(b|br|p|span|td|tr|table|a|qt|img|i|font|div)\b[^>]*>")
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            text = node.value if isinstance(node, ast.Constant) else None
            if isinstance(text, str) and tags.search(text) and "``" not in text:
                found.add(path.name)
    known = {"trial_tip.py", "lineage_plot.py", "filter_box.py", "run_bar.py", "best_card.py"}
    assert found <= {*known, "reference_list.py", "plain_tips.py"}

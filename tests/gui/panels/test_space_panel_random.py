"""The Space panel under random edits: nothing breaks, and the specification stays sound."""

from __future__ import annotations

import random

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from hpo_gui.core.spec_text import spec_from_dict, spec_to_dict
from hpo_gui.gui.panels.space_panel import SpacePanel
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.space_model import FIELDS, NAME
from hpo_gui.gui.tables.space_rows import KINDS, add_choice, remove_choice
from tests.support.real_session import open_sample, settle

TEXTS = [
    *["", "0", "1", "2", "-3", "0.5", "1e-3", "1e300", "1e-320", "nan", "x", "1,5", "2^-5", "1/0"],
    *["none", "true", "bootstrap = true", "kernel = rbf or poly", "criterion = gini"],
    *["max_depth = 3 and bootstrap = true", "a = (1", "`", "C = 1 or", "`my name` = 1"],
]
RULES = ["min_samples_leaf < 5", "a <", "C > 1 and gamma < 2", "max_depth > 999", "not (1", ""]


def step(panel: SpacePanel, session: Session, rng: random.Random) -> None:
    """One edit of any kind."""
    editor, model = panel.editor, panel.model
    if not model.rowCount():
        session.undo.undo()
        return
    index = model.index(rng.randrange(model.rowCount()), rng.choice([*FIELDS, 9]))
    row = model.row_at(index)
    match rng.randrange(12):
        case 0:
            model.toggle(index)
        case 1:
            model.set_kind(index, rng.choice([*KINDS, None]))
        case 2:
            model.set_log(index, rng.random() < 0.5)
        case 3:
            editor.set_row(model.number_at(index), add_choice(row, rng.choice(TEXTS))[0], "c")
        case 4 if row.choices:
            editor.set_row(model.number_at(index), remove_choice(row, 0), "c")
        case 5:
            session.undo.undo()
        case 6:
            session.undo.redo()
        case 7:
            editor.choose(rng.choice(["svm", "random_forest", "knn"]))
        case 8:
            editor.toggle(rng.choice(["svm", "random_forest"]))
        case 9:
            editor.set_constraints([rng.choice(RULES)], "r")
        case 10:
            editor.restore_row(model.number_at(index))
        case _ if index.column() != NAME:
            model.setData(index, rng.choice(TEXTS))


@pytest.mark.parametrize("seed", range(4))
def test_random_edits_leave_a_sound_specification(qtbot: QtBot, seed: int) -> None:
    rng = random.Random(seed)
    session = open_sample(qtbot)
    panel = SpacePanel(session)
    qtbot.addWidget(panel)
    panel.resize(1100, 640)
    panel.show()
    for _ in range(60):
        step(panel, session, rng)
        QApplication.processEvents()
        spec = session.spec
        assert spec_from_dict(spec_to_dict(spec)) == spec
    settle(qtbot, session)
    problems = [str(problem.error) for problem in session.problems if problem.step == "space"]
    assert all("random configurations" in problem for problem in problems)
    while session.undo.canUndo():
        session.undo.undo()
    settle(qtbot, session)
    assert not session.problems
    assert panel.editor.is_recommended
    assert session.close()

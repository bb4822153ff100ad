"""The picture of several studies: what is told where the mouse points at it."""

from __future__ import annotations

import pytest
from msgspec import structs
from PySide6.QtCore import QEvent, QPoint, QPointF
from PySide6.QtGui import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip
from pytestqt.qtbot import QtBot

from hpo_gui.analysis.study_comparison import compare_studies
from hpo_gui.analysis.study_differences import Studied
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.plan import Plan
from hpo_gui.gui.plots.comparison_plot import ComparisonPlot
from hpo_gui.gui.plots.trial_tip import tip_of
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_store import trial_store
from tests.support.window import SPACE, make_spec, make_trial


def studied(name: str, scores: list[float]) -> Studied:
    trials = [make_trial(number, score) for number, score in enumerate(scores)]
    goals = (Goal("accuracy", "maximize"),)
    return Studied(name, make_spec(name), History(SPACE, goals, trials), f"/{name}.hpostudy")


@pytest.fixture
def plot(qtbot: QtBot) -> ComparisonPlot:
    """One study of 11 trials that gets better twice, and one of 4 that is <b>old</b>."""
    made = ComparisonPlot()
    qtbot.addWidget(made)
    made.resize(700, 300)
    one = studied("new", [0.5, 0.5, 0.5, 0.5, 0.5, 0.9, 0.9, 0.9, 0.9, 0.9, 0.95])
    made.show_comparison(compare_studies([one, studied("<b>old</b>", [0.7] * 4)]), "trial")
    with qtbot.waitExposed(made):
        made.show()
    return made


def pixel(plot: ComparisonPlot, trial: float) -> QPointF:
    return plot.pixel(trial, plot.y_axis.low + 0.01)


def test_every_study_has_its_best_score_so_far_the_best_first(plot: ComparisonPlot) -> None:
    assert plot.scores_at(2.0) == [(1, 0.7), (0, 0.5)]
    assert plot.scores_at(5.0) == [(0, 0.9), (1, 0.7)]
    assert plot.scores_at(10.0)[0] == (0, 0.95)
    assert plot.scores_at(-1.0) == []


def test_the_tip_names_the_trial_and_says_which_study_was_over(plot: ComparisonPlot) -> None:
    lines = plot.pointed_at(pixel(plot, 6.0)).splitlines()
    assert lines == ["after trial 6", "new: 0.9000", "<b>old</b>: 0.7000 (its last)"]
    assert plot.pointed_at(QPointF(1, 1)) == ""


def test_time_is_told_as_a_duration(plot: ComparisonPlot) -> None:
    plot.show_comparison(plot.found, "time")
    plot.grab()
    high = plot.x_axis.high
    assert plot.pointed_at(pixel(plot, high / 2)).startswith("after ")
    assert "at work" in plot.pointed_at(pixel(plot, high / 2))


def test_moving_the_mouse_shows_the_tip_and_leaving_takes_the_line_away(
    plot: ComparisonPlot, qtbot: QtBot
) -> None:
    before = plot.grab().toImage()
    QTest.mouseMove(plot, pixel(plot, 6.0).toPoint())
    qtbot.waitUntil(lambda: "after trial 6" in QToolTip.text())
    assert not Qt.mightBeRichText(QToolTip.text()), "a name is no HTML"
    assert plot.grab().toImage() != before
    plot.leaveEvent(QEvent(QEvent.Type.Leave))
    assert plot.grab().toImage() == before
    QTest.mouseMove(plot, QPoint(1, 1))


def test_without_studies_nothing_is_told(qtbot: QtBot) -> None:
    plot = ComparisonPlot()
    qtbot.addWidget(plot)
    plot.resize(700, 300)
    assert plot.pointed_at(QPointF(300, 100)) == ""


def test_where_repeats_are_averaged_their_mean_is_the_score_and_the_tip_says_so(
    session: Session,
) -> None:
    params = {"depth": 0.5}
    trials = [
        structs.replace(make_trial(number, score), params=params)
        for number, score in enumerate((0.9, 0.5))
    ]
    spec = structs.replace(make_spec("mean"), duplicates="average")
    plan = Plan(averages=True)
    history = History(SPACE, (Goal("accuracy", "maximize"),), trials, plan=plan)
    mean = Studied("mean", spec, history, "/mean.hpostudy")
    found = compare_studies([mean, studied("other", [0.8])])
    assert [line.score for line in found.lines] == pytest.approx([0.7, 0.8])
    assert found.leader == 1
    session.show_history(spec, SPACE, trials)
    assert "mean over its 2 repeats: 0.7000" in tip_of(trial_store(session), 0)
    session.show_history(make_spec("own"), SPACE, trials)
    assert "mean over" not in tip_of(trial_store(session), 0)

"""The learning curves by mouse: hover, click, brush; what is drawn, and when the tab shows."""

from __future__ import annotations

import time

import msgspec
import numpy as np
import pytest
import shiboken6
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest

from hpo_gui.analysis.learning_curves import Course
from hpo_gui.core.spec import TrainingSpec
from hpo_gui.core.trial import Learned, TrialState, add_step
from hpo_gui.gui.cards.trials_card import TrialsCard
from hpo_gui.gui.plots.kept_curves import KeptCurves
from hpo_gui.gui.plots.learning_plot import LearningPlot
from hpo_gui.gui.plots.learning_view import LearningView
from hpo_gui.gui.plots.rate_strip import rate_axis
from hpo_gui.gui.tables.score_text import course_words
from hpo_gui.gui.theme import current_theme
from tests.analysis.studies import SPACE, random_trials
from tests.gui.run.conftest import spec_for
from tests.gui.run.test_plots import drag, move, shown_plot
from tests.support.learning_studies import learn, learning_spec, learning_trials


def click(plot, at):
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=at.toPoint())


@pytest.fixture
def learning(session):
    session.show_history(learning_spec(), SPACE, learning_trials(40))
    return session


@pytest.fixture
def plot(learning, qtbot):
    return shown_plot(qtbot, LearningPlot, learning)


def pixel_on(plot, number, step):
    """A pixel of the curve, between two steps."""
    row = int(np.flatnonzero(plot.curves.numbers == number)[0])
    a, b = plot.curves.scores[row, step : step + 2]
    return plot.pixel(step + 0.5, float(a + b) / 2)


def lonely(plot):
    """The trial with the lowest curve, far from the others."""
    done = plot.curves.done >= 20
    rows = np.flatnonzero(done)
    return int(plot.curves.numbers[rows[np.argmin(plot.curves.scores[rows, 20])]])


def test_every_trial_that_learns_has_a_curve_up_to_its_last_step(plot):
    assert len(plot.curves.numbers) == 40
    assert plot.x_home.high == 50
    assert "40 trials" in plot.accessibleDescription()


def test_the_mouse_hits_a_curve_between_two_steps(plot, learning):
    number = lonely(plot)
    at = pixel_on(plot, number, 18)
    assert plot.nearest(at) == number
    move(plot, at)
    assert plot.pointed == number
    assert f"#{number}" in plot.tip(number)
    assert plot.nearest(QPointF(at.x(), plot.area().bottom() - 2)) == -1


def test_the_end_of_a_curve_is_hit_from_beside_it(session, qtbot):
    session.show_history(learning_spec(10), SPACE, [learn(0, [0.5]), learn(1, [0.9] * 10)])
    plot = shown_plot(qtbot, LearningPlot, session)
    for step in (0.9, 1.0, 1.1):
        assert plot.nearest(plot.pixel(step, 0.5)) == 0
    assert plot.nearest(plot.pixel(1.5, 0.5)) == -1


def test_a_click_selects_the_trial_and_a_click_beside_lets_go(plot, learning):
    number = lonely(plot)
    click(plot, pixel_on(plot, number, 18))
    assert learning.looking.selection == (number,)
    plot.repaint()
    assert plot.strong[0].number == number
    click(plot, plot.area().bottomRight() - QPointF(4, 4))
    assert learning.looking.selection == ()


def test_brushing_selects_all_curves_that_pass(plot, learning):
    area = plot.area()
    drag(plot, area.topLeft() + QPointF(2, 2), area.bottomRight() - QPointF(2, 2))
    assert len(learning.looking.selection) == 40


def test_without_a_selection_the_best_trial_is_strong(plot, learning):
    best = learning.history.best
    assert [strong.number for strong in plot.strong] == [best.number]
    assert plot.strong[0].course.train


def test_the_learning_rate_has_a_strip_where_there_is_room(plot, learning):
    assert plot.has_strip
    assert plot.strip().top() > plot.area().bottom()
    assert rate_axis(plot.strong).low <= 0.01 <= rate_axis(plot.strong).high
    plot.resize(880, 180)
    plot.repaint()
    assert not plot.has_strip
    assert plot.area().height() > 100


def test_a_log_axis_is_taken_where_all_scores_lie_above_0(plot):
    plot.set_log(True)
    plot.repaint()
    assert plot.y_axis.log


def test_a_running_trial_grows_step_by_step_within_a_frame(session, qtbot):
    session.show_history(learning_spec(), SPACE, learning_trials(500))
    plot = shown_plot(qtbot, LearningPlot, session)
    qtbot.wait(100)  # the kept picture is painted in several frames
    number, seconds = 499, []
    for _ in range(8):
        trial = session.builder.trials[number]
        scores = Learned({"accuracy": (0.8, 0.8), "learning_rate": (0.01, 0.01)})
        session.builder.put(add_step(trial, trial.steps_done, scores))
        session.trials_changed.emit([number])
        started = time.process_time()
        plot.repaint()
        seconds.append(time.process_time() - started)
    row = int(np.flatnonzero(plot.curves.numbers == number)[0])
    assert plot.curves.scores[row, plot.curves.done[row]] == pytest.approx(0.8)
    assert np.median(seconds) < 0.05  # 7 ms measured; a frame has 16


def test_a_trial_that_ends_joins_the_kept_picture(plot, learning):
    trial = learning.builder.trials[39]
    ended = msgspec.structs.replace(trial, state=TrialState.PRUNED, finished=1.0, told=99)
    learning.builder.put(ended)
    learning.trials_changed.emit([39])
    plot.repaint()
    assert 39 in plot._kept.painted


def test_curves_outside_the_filter_are_not_drawn(plot, learning):
    learning.looking.set_filter("score > 0.9")
    plot.repaint()
    assert 0 < len(plot.curves.numbers) < 40


def test_a_child_is_drawn_from_its_parents_end(session, qtbot):
    trials = [learn(0, [0.5, 0.6], steps=2), learn(1, [0.7, 0.8], parent=0, begin=2)]
    session.show_history(learning_spec(4), SPACE, trials)
    plot = shown_plot(qtbot, LearningPlot, session)
    line = plot._line(plot.curves.scores[1])
    assert (line.first() - plot.pixel(2, 0.6)).manhattanLength() < 1


def test_ends_that_are_marked_in_a_later_frame_outlive_the_lines(session, qtbot):
    session.show_history(learning_spec(), SPACE, learning_trials(200))
    plot = shown_plot(qtbot, LearningPlot, session)
    kept = KeptCurves(plot._lines)
    image = QImage(plot.size(), QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    assert kept.paint_some(painter, plot.curves)  # more than a frame takes
    painter.end()
    ends = [at for at, _ in kept._unmarked]
    assert ends
    assert all(shiboken6.ownedByPython(at) for at in ends)  # none lies in a line that is gone


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_paints_in_both_themes(plot, theme, qapp):
    current_theme().set_mode(theme)
    current_theme().apply(qapp)
    plot.repaint()
    assert not plot.grab().isNull()


def test_curves_without_a_finite_score_are_survived(session, qtbot):
    session.show_history(learning_spec(4), SPACE, [learn(0, [float("nan"), float("inf")])])
    plot = shown_plot(qtbot, LearningPlot, session)
    assert plot.nearest(plot.area().center()) == -1
    assert plot.inside(QRectF(plot.area())) == []


# --- the tab ----------------------------------------------------------------------------------


def test_the_tab_is_hidden_where_steps_are_folds(session, qtbot):
    session.show_history(spec_for(20), SPACE, random_trials(20))
    card = TrialsCard(session)
    qtbot.addWidget(card)
    place = card.stack.indexOf(card.learning)
    assert not card.tabs.isTabVisible(place)
    session.show_history(learning_spec(), SPACE, learning_trials(10))
    assert card.tabs.isTabVisible(place)
    card.show_learning()
    session.show_history(spec_for(20), SPACE, random_trials(20))
    assert not card.tabs.isTabVisible(place)
    assert card.tabs.currentIndex() == 0


def test_without_curves_the_view_says_how_to_get_some(session, qtbot):
    view = LearningView(session)
    qtbot.addWidget(view)
    assert view.stack.currentWidget() is view.empty
    assert "Training is on" in view.empty.text.text()
    spec = msgspec.structs.replace(spec_for(2), training=TrainingSpec(steps=9))
    session.show_history(spec, SPACE, [])
    assert "after its first step" in view.empty.text.text()
    session.show_history(learning_spec(), SPACE, learning_trials(3))
    assert view.stack.currentWidget() is not view.empty


def test_the_menu_switches_to_a_log_scale(learning, qtbot):
    view = LearningView(learning)
    qtbot.addWidget(view)
    view.resize(600, 300)
    with qtbot.waitExposed(view):
        view.show()
    view.menu().actions()[0].trigger()
    view.plot.repaint()
    assert view.plot.y_axis.log


def test_what_is_left_out_is_told(session, qtbot):
    session.show_history(learning_spec(), SPACE, learning_trials(520))
    view = LearningView(session)
    qtbot.addWidget(view)
    view.resize(900, 300)
    with qtbot.waitExposed(view):
        view.show()
    qtbot.waitUntil(lambda: "500 of 520" in view.left_out.text())


# --- words ------------------------------------------------------------------------------------


def course(**changes):
    usual = {"validation": (), "train": (), "rate": (), "done": 12, "steps": 50, "counts": 7}
    return Course(**{**usual, "end": "early", **changes})


def test_an_early_end_tells_why_and_what_was_saved():
    assert course_words(course()) == (
        "Stopped after 12 of 50 steps: no better for 5, best at step 7. 38 steps saved."
    )
    assert course_words(course(counts=12)) == "Over after 12 of 50 steps. 38 steps saved."
    assert course_words(course(end="pruned")) == "Pruned after 12 of 50 steps. 38 steps saved."
    assert course_words(course(end="complete", done=50, counts=50)) == "50 of 50 steps"
    assert course_words(course(end="complete", done=50)) == "50 of 50 steps, best at step 7"

"""The plots by mouse and keys: point, click, brush, zoom; and what they compute when."""

import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetricsF, QMouseEvent, QPainter, QPixmap, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from hpo_gui.core.goal import Goal
from hpo_gui.core.parameter import Categorical, Float
from hpo_gui.core.space import Space
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.trial import TrialState
from hpo_gui.gui.plots.convergence_plot import ConvergencePlot, _beside
from hpo_gui.gui.plots.convergence_points import SECONDS
from hpo_gui.gui.plots.fold_plot import FoldPlot
from hpo_gui.gui.plots.parallel_plot import BOTTOM, LINE, MOST_SIDE, SIDE, TICK, ParallelPlot
from hpo_gui.gui.plots.slice_plot import SlicesView
from hpo_gui.gui.plots.timeline_plot import TimelinePlot
from hpo_gui.gui.theme import current_theme, tokens
from hpo_gui.gui.typography import text_font
from hpo_gui.gui.widgets.painting import elided
from tests.analysis.studies import LOSS, SPACE, make_trial, random_trials
from tests.gui.run.conftest import spec_for


def shown_plot(qtbot, kind, session):
    plot = kind(session)
    qtbot.addWidget(plot)
    plot.resize(880, 320)
    with qtbot.waitExposed(plot):
        plot.show()
    plot.repaint()
    return plot


@pytest.fixture
def plot(shown, qtbot):
    return shown_plot(qtbot, ConvergencePlot, shown)


def pixel_of(plot, number):
    place = int(np.flatnonzero(plot.points.numbers == number)[0])
    return QPointF(plot.points.x[place], plot.points.y[place])


def move(plot, at, buttons=Qt.MouseButton.NoButton):
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        at,
        QPointF(plot.mapToGlobal(at.toPoint())),
        Qt.MouseButton.NoButton,
        buttons,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(plot, event)


def drag(plot, start, end, modifier=Qt.KeyboardModifier.NoModifier):
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, modifier, start.toPoint())
    move(plot, (start + end) / 2, Qt.MouseButton.LeftButton)
    move(plot, end, Qt.MouseButton.LeftButton)
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, modifier, end.toPoint())


def wheel(plot, at, delta=120):
    event = QWheelEvent(
        at,
        QPointF(plot.mapToGlobal(at.toPoint())),
        QPoint(),
        QPoint(0, delta),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(plot, event)


# --- convergence --------------------------------------------------------------------------------


def test_parameters_whose_names_begin_alike_are_told_apart_on_their_axes(qapp):
    picture = QPixmap(10, 10)
    painter = QPainter(picture)
    names = ("min_samples_split", "min_samples_leaf")
    short = [elided(painter, name, 70, Qt.TextElideMode.ElideMiddle) for name in names]
    painter.end()
    assert len(set(short)) == 2
    assert all("…" in name for name in short)


def test_the_line_of_the_defaults_does_not_strike_out_the_words_beside_the_best(session, qtbot):
    trials = [make_trial(0, [0.9], strategy="default"), *(make_trial(n, [0.5]) for n in (1, 2, 3))]
    session.show_history(spec_for(4), SPACE, trials)
    plot = shown_plot(qtbot, ConvergencePlot, session)
    area = plot.area()
    words = plot._best_word_place(area)
    y = plot.pixel(0, 0.9).y()
    assert words.top() < y < words.bottom()
    whole = (area.left(), area.right())
    parts = _beside(words, y, area)
    assert parts[0] == (whole[0], words.left() - 4)
    assert all(right <= words.left() or left >= words.right() for left, right in parts)
    assert _beside(words, words.bottom() + 1, area) == [whole]
    assert _beside(None, y, area) == [whole]


def test_the_words_of_the_defaults_hide_no_trial_where_there_is_another_place(session, qtbot):
    """Trials just below the line, at the right end: where its words stood whatever was there."""
    near = [make_trial(n, [0.885]) for n in range(4, 9)]
    far = [make_trial(n, [0.5]) for n in (1, 2, 3)]
    trials = [make_trial(0, [0.9], strategy="default"), *far, *near]
    session.show_history(spec_for(9), SPACE, trials)
    plot = shown_plot(qtbot, ConvergencePlot, session)
    area, y = plot.area(), plot.pixel(0, 0.9).y()
    best = plot._best_word_place(area)
    place = plot._free_place(y, 80.0, area, best)
    assert not place.intersects(best)
    points = [pixel_of(plot, trial.number) for trial in trials]
    assert not any(place.adjusted(-4, -4, 4, 4).contains(point) for point in points)


def test_a_click_on_a_point_selects_its_trial_and_on_nothing_lets_go(plot, shown):
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=pixel_of(plot, 40).toPoint())
    assert shown.looking.selection == (40,)
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=plot.area().bottomRight().toPoint())
    assert shown.looking.selection == ()


def test_the_rubber_band_selects_what_it_holds(plot, shown):
    points = plot.points
    left, right = plot.x_pixels(np.array([9.5, 20.5]))
    area = plot.area()
    drag(plot, QPointF(left, area.top() - 5), QPointF(right, area.bottom() + 5))
    wanted = {int(n) for n in points.numbers if 10 <= n <= 20}
    assert set(shown.looking.selection) == wanted
    left, right = plot.x_pixels(np.array([29.5, 31.5]))
    control = Qt.KeyboardModifier.ControlModifier
    drag(plot, QPointF(left, area.top()), QPointF(right, area.bottom()), control)
    assert wanted | {30, 31} == set(shown.looking.selection)


def test_pointing_at_a_trial_tells_its_number_score_and_parameters(plot, shown):
    move(plot, pixel_of(plot, 40))
    assert plot.pointed == 40
    tip = plot.tip(40)
    assert "#40" in tip
    assert f"{shown.builder.trials[40].scores['accuracy']:.4f}" in tip
    assert "max_depth" in tip
    move(plot, QPointF(3, 3))
    assert plot.pointed == -1


def test_what_users_wrote_is_not_read_as_markup(session, qtbot):
    space = Space([Float("<b>x</b>", 0.0, 1.0)])
    session.show_history(
        StudySpec(goals=(Goal("accuracy"),)),
        space,
        [make_trial(0, [0.5], params={"<b>x</b>": 0.5})],
    )
    plot = shown_plot(qtbot, ConvergencePlot, session)
    assert "&lt;b&gt;x" in plot.tip(0)


def test_the_wheel_zooms_around_the_mouse_and_a_double_click_shows_everything(plot):
    at = plot.area().center()
    before = plot.x_axis.high - plot.x_axis.low
    middle = plot.x_axis.value(0.5)
    wheel(plot, at)
    assert plot.x_axis.high - plot.x_axis.low < before
    assert plot.x_axis.value(0.5) == pytest.approx(middle, abs=1)
    corner = plot.area().bottomRight() - QPointF(1, 1)
    QTest.mouseDClick(plot, Qt.MouseButton.LeftButton, pos=corner.toPoint())
    assert not plot.is_zoomed


def test_dragging_with_alt_moves_the_view(plot):
    before = plot.x_axis
    start = plot.area().center()
    drag(plot, start, start + QPointF(100, 0), Qt.KeyboardModifier.AltModifier)
    assert plot.x_axis.low < before.low
    assert plot.x_axis.high - plot.x_axis.low == pytest.approx(before.high - before.low)


def test_keys_walk_along_the_points_zoom_and_let_go(plot, shown):
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_Right)
    first = shown.looking.selection
    QTest.keyClick(plot, Qt.Key.Key_Right)
    assert shown.looking.selection > first
    QTest.keyClick(plot, Qt.Key.Key_Left)
    assert shown.looking.selection == first
    QTest.keyClick(plot, Qt.Key.Key_Plus)
    assert plot.is_zoomed
    QTest.keyClick(plot, Qt.Key.Key_0)
    assert not plot.is_zoomed
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert shown.looking.selection == ()


def test_new_points_are_painted_onto_the_kept_picture(plot, shown, add):
    kept = plot._picture.cacheKey()
    before = plot._picture.toImage()
    add([make_trial(90, [0.9] * 5)])
    plot.repaint()
    assert plot._drawn.sum() == plot._done(slice(None)).sum()
    after = plot._picture.toImage()
    assert after.size() == before.size()
    assert after != before
    assert plot._picture.cacheKey() != 0
    assert kept != 0


def test_incremental_painting_equals_painting_everything(plot, shown, add):
    add([make_trial(90 + i, [0.9 + i / 1000] * 5, strategy="bayesian") for i in range(5)])
    plot.repaint()
    step_by_step = plot._picture.toImage()
    plot.repaint_back()
    plot.repaint()
    assert plot._picture.toImage() == step_by_step


def test_a_hidden_plot_computes_nothing(plot, qtbot, add, monkeypatch):
    calls = []
    compute = plot.compute
    monkeypatch.setattr(plot, "compute", lambda: (calls.append(1), compute()))
    plot.hide()
    for number in range(90, 95):
        add([make_trial(number, [0.9] * 5)])
    QApplication.processEvents()
    assert calls == []
    with qtbot.waitExposed(plot):
        plot.show()
    plot.repaint()
    assert calls == [1]


def test_many_changes_between_two_frames_cost_one(plot, add, monkeypatch):
    calls = []
    compute = plot.compute
    monkeypatch.setattr(plot, "compute", lambda: (calls.append(1), compute()))
    for number in range(90, 110):
        add([make_trial(number, [0.9] * 5)])
    plot.repaint()
    assert calls == [1]


def test_the_legend_names_what_is_there(plot, qtbot):
    with qtbot.waitSignal(plot.legend_changed) as signal:
        plot.mark_stale()
        plot.repaint()
    words = [item.text for item in signal.args[0]]
    assert words[:3] == ["Bayesian", "hill climbing", "random"]
    assert "stopped early" in words


def test_the_filter_hides_points(plot, shown):
    shown.looking.set_filter("number < 10")
    plot.repaint()
    assert plot.points.numbers.max() < 10


def test_along_time_points_stand_where_their_trials_ended(plot, shown):
    plot.set_along("time")
    plot.repaint()
    trial = shown.builder.trials[40]
    first = min(t.started for t in shown.builder.trials)
    value = plot.x_axis.value((pixel_of(plot, 40).x() - plot.area().x()) / plot.area().width())
    assert value == pytest.approx(trial.finished - first, abs=0.01)
    assert plot.x_axis.kind == "time"


def test_other_metrics_and_a_log_scale_can_be_shown(plot, shown):
    plot.set_quantity("fit_time")
    plot.set_log(True)
    plot.repaint()
    assert plot.is_log
    assert "fit" in plot.y_name
    value = plot.y_axis.value(
        (plot.area().bottom() - pixel_of(plot, 40).y()) / plot.area().height()
    )
    assert value == pytest.approx(shown.builder.trials[40].scores["fit_time"], rel=0.01)
    plot.set_quantity(SECONDS)
    plot.repaint()
    assert "time" in plot.y_name


def test_one_bad_score_does_not_flatten_the_others(session, qtbot):
    trials = [make_trial(i, [0.9 + (i % 10) / 100]) for i in range(40)]
    trials.append(make_trial(40, [-1000.0]))
    session.show_history(spec_for(41), SPACE, trials)
    plot = shown_plot(qtbot, ConvergencePlot, session)
    assert plot.y_axis.low > 0.8
    assert 40 in plot.points.numbers
    plot.set_everything(True)
    plot.repaint()
    assert plot.y_axis.low <= -1000


def test_for_a_loss_the_axis_says_that_smaller_is_better(session, qtbot):
    session.show_history(StudySpec(goals=(LOSS,)), SPACE, random_trials(40, metric="log_loss"))
    plot = shown_plot(qtbot, ConvergencePlot, session)
    assert "smaller is better" in plot.y_name


@pytest.mark.parametrize(
    "kind", [ConvergencePlot, SlicesView, TimelinePlot, ParallelPlot, FoldPlot]
)
@pytest.mark.parametrize(
    "trials",
    [
        [],
        [make_trial(0, state=TrialState.WAITING)],
        [make_trial(0, state=TrialState.RUNNING)],
        [make_trial(0, [0.5], strategy="default")],
        [make_trial(i, [0.5] * 5) for i in range(3)],
        [make_trial(i, state=TrialState.FAILED) for i in range(3)],
        [make_trial(0, [math.nan]), make_trial(1, [math.inf]), make_trial(2, [1e300])],
    ],
    ids=["none", "waiting", "running", "one", "equal", "failed", "strange"],
)
@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_plot_paints_whatever_there_is(session, qtbot, kind, trials, mode):
    current_theme().set_mode(mode)
    session.show_history(spec_for(3), SPACE, trials)
    plot = shown_plot(qtbot, kind, session)
    assert not plot.grab().isNull()


@pytest.mark.parametrize(
    "kind", [ConvergencePlot, SlicesView, TimelinePlot, ParallelPlot, FoldPlot]
)
def test_a_live_switch_of_the_theme_repaints(shown, qtbot, kind):
    plot = shown_plot(qtbot, kind, shown)
    light = plot.grab().toImage()
    current_theme().set_mode("dark")
    dark = plot.grab().toImage()
    current_theme().set_mode("light")
    assert light != dark
    assert plot.grab().toImage() == light


def test_the_bulk_is_stamped_in_the_series_colours(session, qtbot):
    trials = [make_trial(i, [0.5 + (i % 100) / 1000], strategy="bayesian") for i in range(3000)]
    session.show_history(StudySpec(goals=(Goal("accuracy"),)), SPACE, trials)
    plot = shown_plot(qtbot, ConvergencePlot, session)
    image = plot._picture.toImage()
    at = pixel_of(plot, 1500)
    color = image.pixelColor(round(at.x()), round(at.y()))
    wanted = tokens().series[0]
    assert abs(color.blue() - int(wanted[5:7], 16)) < 40
    assert color.red() < 120


# --- slices -------------------------------------------------------------------------------------


def test_each_parameter_has_a_slice_whose_points_select(shown, qtbot):
    view = shown_plot(qtbot, SlicesView, shown)
    assert [plot.name for plot in view.plots] == list(SPACE.names)
    plot = view.plots[0]
    at = pixel_of(plot, 40).toPoint()
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=at)
    chosen = shown.builder.trials[shown.looking.selection[0]]
    assert chosen.state is TrialState.COMPLETE
    assert (pixel_of(plot, chosen.number).toPoint() - at).manhattanLength() < 3


def test_slices_follow_another_space(shown, qtbot):
    view = shown_plot(qtbot, SlicesView, shown)
    shown.show_history(spec_for(0), Space([Float("x", 0.0, 1.0)]), [])
    assert [plot.name for plot in view.plots] == ["x"]


def test_more_slices_stand_side_by_side_where_there_is_room(shown, qtbot):
    view = shown_plot(qtbot, SlicesView, shown)
    assert view.columns_for(260) == 1
    assert view.columns_for(880) == 3
    assert view.columns_for(5000) == 6


# --- timeline, parallel, folds ------------------------------------------------------------------


def test_a_click_on_a_bar_selects_its_trial(session, qtbot):
    session.show_history(spec_for(40), SPACE, random_trials(40, running=0))
    plot = shown_plot(qtbot, TimelinePlot, session)
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=pixel_of(plot, 30).toPoint())
    assert session.looking.selection == (30,)


def test_the_timeline_zooms_along_the_time_only(shown, qtbot):
    plot = shown_plot(qtbot, TimelinePlot, shown)
    lanes = plot.y_axis
    wheel(plot, plot.area().center())
    assert plot.is_zoomed
    assert plot.y_axis == lanes


def test_brushing_an_axis_selects_the_trials_inside(shown, qtbot):
    plot = shown_plot(qtbot, ParallelPlot, shown)
    axis = SPACE.names.index("max_features")
    x = plot.axis_x(axis)
    drag(plot, QPointF(x, plot._y(0.5)), QPointF(x, plot._y(1.02)))
    assert shown.looking.selection
    assert all(
        shown.builder.trials[n].params["max_features"] >= 0.54 for n in shown.looking.selection
    )
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=QPointF(x, plot._y(0.5)).toPoint())
    assert plot.brushes == {}
    assert shown.looking.selection == ()


MANY = Space([Categorical("size", tuple(f"size-{n}" for n in range(40))), Float("rate", 0.0, 1.0)])


def test_values_of_a_long_list_have_room_and_those_that_were_tried_come_first(session, qtbot):
    tried = (3, 4, 17, 39)
    trials = [
        make_trial(n, [0.5 + n / 100], params={"size": f"size-{value}", "rate": n / 10})
        for n, value in enumerate(tried)
    ]
    session.show_history(spec_for(4), MANY, trials)
    plot = shown_plot(qtbot, ParallelPlot, session)
    ticks = [(tick.position, tick.text) for tick in plot._shown.axes[0].ticks]
    kept = plot._legible(ticks, plot._shown.lines[:, 0])
    heights = sorted(float(plot._y(position)) for position, _ in kept)
    assert np.diff(heights).min() >= LINE
    assert 8 < len(kept) < 40
    assert {"size-3", "size-17", "size-39"} <= {text for _, text in kept}


def test_the_first_axis_makes_room_for_its_words(session, qtbot):
    models = Space([Categorical("model", ("hist_gradient_boosting", "knn"))])
    session.show_history(
        spec_for(2), models, [make_trial(n, [0.5], params={"model": "knn"}) for n in range(2)]
    )
    plot = shown_plot(qtbot, ParallelPlot, session)
    words = QFontMetricsF(text_font(TICK)).horizontalAdvance("hist_gradient_boosting")
    assert plot.axis_x(0) >= min(words, MOST_SIDE)
    assert plot.axis_x(1) == plot.width() - SIDE


def test_without_anything_inactive_the_axes_take_all_the_height(session, qtbot):
    plain = Space([Float("rate", 0.0, 1.0)])
    trials = [make_trial(n, [0.5 + n / 10], params={"rate": 0.1 * n}) for n in range(3)]
    session.show_history(spec_for(3), plain, trials)
    plot = shown_plot(qtbot, ParallelPlot, session)
    assert float(plot._y(0.0)) == plot.height() - BOTTOM


def test_a_click_on_a_line_selects_its_trial_and_escape_lets_go(shown, qtbot):
    plot = shown_plot(qtbot, ParallelPlot, shown)
    best = int(plot._shown.numbers[-1])
    row = plot._lines[-1]
    at = QPointF((plot.axis_x(5) + plot.axis_x(6)) / 2, (row[5] + row[6]) / 2)
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert len(shown.looking.selection) == 1
    assert plot.nearest(at) in (shown.looking.selection[0], best)
    QTest.keyClick(plot, Qt.Key.Key_Escape)
    assert shown.looking.selection == ()


def test_folds_compare_the_selected_trials_with_the_first_of_them(shown, qtbot):
    plot = shown_plot(qtbot, FoldPlot, shown)
    complete = [t.number for t in shown.builder.trials if t.state is TrialState.COMPLETE]
    shown.looking.select([complete[5], complete[9]])
    plot.repaint()
    numbers = [line.trial.number for line in plot.lines]
    assert numbers == [complete[5], complete[9], 0]
    assert "±" in plot.lines[1].words
    assert "defaults" in plot.lines[2].words

"""The picture of a schedule: what it computes, and what is painted and pointed at."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from hpo_gui.core.errors import SpecError
from hpo_gui.core.spec import Choice
from hpo_gui.evaluation.schedules import SCHEDULES, make_schedule
from hpo_gui.gui.learning_facts import BaseRate
from hpo_gui.gui.plots.schedule_picture import MOST_POINTS, SchedulePicture, draw_curve
from hpo_gui.gui.plots.schedule_plot import SchedulePlot
from hpo_gui.gui.plots.schedule_view import ScheduleView

TUNED = BaseRate("eta0", 0.01, 1e-4, 1.0)


@pytest.mark.parametrize("name", [name for name in SCHEDULES.names if name != "plateau"])
def test_a_curve_has_the_factors_that_a_training_will_have(name: str):
    schedule = make_schedule(Choice(name, {}))
    expected = [schedule.factor(step, 20, ()) for step in range(20)]
    curve = draw_curve(Choice(name, {}), 20)
    assert curve.factors.tolist() == expected
    assert not len(curve.losses)


def test_the_example_of_a_loss_stands_still_until_the_rate_drops():
    curve = draw_curve(Choice("plateau", {"drop": 0.1}), 50)
    assert len(curve.losses) == 50
    drops = np.flatnonzero(np.diff(curve.factors) < 0)
    assert len(drops) >= 2
    for drop in drops:
        assert curve.losses[drop] == curve.losses[drop - 1]
        assert curve.losses[drop + 1] < curve.losses[drop]


def test_a_long_training_is_drawn_with_few_points():
    curve = draw_curve(Choice("cosine"), 1_000_000)
    picture = SchedulePicture(1_000_000, curve)
    assert len(curve.factors) == MOST_POINTS
    assert (picture.x(curve)[0], picture.x(curve)[-1]) == (1, 1_000_000)
    assert curve.factors[-1] == pytest.approx(0.01)


def test_a_schedule_that_cannot_be_made_has_no_curve():
    with pytest.raises(SpecError):
        draw_curve(Choice("cosine", {"final": 2.0}), 20)


@pytest.fixture
def plot(qtbot: QtBot) -> SchedulePlot:
    made = SchedulePlot()
    qtbot.addWidget(made)
    made.resize(500, 240)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_the_picture_is_told_in_a_sentence(plot: SchedulePlot):
    curve = draw_curve(Choice("cosine", {"warmup": 0.1}), 20)
    plot.show_picture(SchedulePicture(20, curve), TUNED)
    assert plot.accessibleDescription() == (
        "Cosine: 0.001 in the first step, at most 0.01 in step 3, 0.0001 in the last one."
    )
    assert plot.y_name == "eta0"
    plot.show_picture(SchedulePicture(20, curve), None)
    assert plot.y_name == "share of the base rate"


@pytest.mark.parametrize("steps", [1, 2, 41, 5000])
@pytest.mark.parametrize("log", [False, True])
def test_any_picture_can_be_painted(plot: SchedulePlot, steps: int, log: bool):
    curves = [draw_curve(Choice(name), steps) for name in SCHEDULES.names]
    plot.set_log(log)
    for rate in (None, TUNED):
        picture = SchedulePicture(steps, curves[-1], tuple(curves), tuple(curves[:3]))
        plot.show_picture(picture, rate)
        assert not plot.grab().isNull()
    plot.show_picture(None, None)
    assert not plot.grab().isNull()
    assert plot.sentence() == ""


def test_a_logarithmic_picture_has_room_for_all_rates_of_the_study(plot: SchedulePlot):
    plot.set_log(True)
    curve = draw_curve(Choice("exponential", {"final": 0.1}), 20)
    plot.show_picture(SchedulePicture(20, curve), TUNED)
    plot.grab()
    assert plot.y_axis.log
    assert plot.y_axis.low < 1e-5
    assert plot.y_axis.high > 1.0


def test_what_is_pointed_at_is_named(plot: SchedulePlot):
    curve, other = draw_curve(Choice("constant"), 20), draw_curve(Choice("polynomial"), 20)
    plot.show_picture(SchedulePicture(20, curve, (other,)), None)
    plot.grab()
    assert plot.pointed_at(plot.pixel(12, 1.0)) == "Constant, step 12: 1"
    assert plot.pointed_at(plot.pixel(20, 0.01)) == "Polynomial, step 20: 0.01"
    assert plot.pointed_at(plot.pixel(15, 0.7)) == ""
    assert plot.pointed_at(QPointF(2, 2)) == ""


# --- with its switches --------------------------------------------------------------------------


@pytest.fixture
def view(qtbot: QtBot) -> ScheduleView:
    made = ScheduleView()
    qtbot.addWidget(made)
    made.resize(600, 340)
    made.show()
    return made


def show(view: ScheduleView, name: str, why: str = "") -> None:
    view.show_curve(20, draw_curve(Choice(name), 20), (), None if why else TUNED, why)


def test_three_curves_are_kept_to_compare_and_can_be_let_go(view: ScheduleView):
    for name in ("cosine", "step", "constant"):
        show(view, name)
        view.pin.click()
    assert [chip.text() for chip in view.pins] == ["1 Cosine", "2 Steps", "3 Constant"]
    assert not view.pin.isEnabled()
    assert view.pin.toolTip() == "Three are kept already."
    view.pins[1].removed.emit()
    assert [chip.text() for chip in view.pins] == ["1 Cosine", "2 Constant"]
    assert view.plot.shown is not None
    assert [curve.name for curve in view.plot.shown.pinned] == ["cosine", "constant"]
    assert view.pin.isEnabled()
    view.forget()
    assert view.pins == []


def test_the_note_says_what_must_be_known(view: ScheduleView):
    show(view, "cosine")
    assert view.note.text() == "Drawn for eta0 = 0.01, which is tuned from 0.0001 to 1."
    show(view, "plateau")
    assert "loss of an example" in view.note.text()
    show(view, "cosine", "Random forest has no learning rate.")
    assert view.note.text() == "Random forest has no learning rate."
    assert view.note.property("role") == "warning"

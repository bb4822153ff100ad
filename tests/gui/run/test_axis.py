"""Axes: places and back, and ticks that are round."""

import numpy as np
import pytest

from hpo_gui.gui.plots.axis import Axis, grown
from hpo_gui.gui.plots.scatter_layers import PointSeries, marker_mask, stamp
from hpo_gui.gui.plots.score_range import score_range


@pytest.mark.parametrize("axis", [Axis(2.0, 12.0), Axis(1e-3, 10.0, log=True), Axis(5.0, -1.0)])
def test_a_place_leads_back_to_its_value(axis):
    for place in (0.0, 0.3, 1.0, 1.4):
        value = axis.value(place)
        assert float(axis.place(np.array([value]))[0]) == pytest.approx(place)


def test_a_log_axis_has_no_place_for_zero():
    assert np.isnan(Axis(0.1, 10.0, log=True).place(np.array([0.0, -1.0]))).all()


@pytest.mark.parametrize(
    ("axis", "count", "texts"),
    [
        (Axis(0.85, 0.97), 6, ["0.86", "0.88", "0.90", "0.92", "0.94", "0.96"]),
        (Axis(0.0, 150.0, kind="count"), 8, ["0", "25", "50", "75", "100", "125", "150"]),
        (Axis(0.0, 60.0, kind="count"), 8, ["0", "10", "20", "30", "40", "50", "60"]),
        (Axis(0.0, 4.0, kind="count"), 8, ["0", "1", "2", "3", "4"]),
        (
            Axis(0.0, 125000.0, kind="count"),
            6,
            ["0", "50,000", "100,000"],
        ),
        (Axis(0.0, 12.0, kind="time"), 6, ["0", "2 s", "4 s", "6 s", "8 s", "10 s", "12 s"]),
        (Axis(0.0, 150.0, kind="time"), 5, ["0", "30 s", "1 m", "1 m 30 s", "2 m", "2 m 30 s"]),
        (Axis(0.0, 8000.0, kind="time"), 4, ["0", "30 m", "1 h", "1 h 30 m", "2 h"]),
        (Axis(0.0, 3e5, kind="time"), 3, ["0", "2 d"]),
        (Axis(1e-4, 10.0, log=True), 5, ["0.0001", "0.001", "0.01", "0.1", "1", "10"]),
        (Axis(-0.3, 0.3), 3, ["−0.2", "0.0", "0.2"]),
    ],
)
def test_ticks_are_round_and_written_short(axis, count, texts):
    assert [tick.text for tick in axis.make_ticks(count)] == texts


@pytest.mark.parametrize("low", [-1e12, -3.7, 0.0, 1e-9, 42.0])
@pytest.mark.parametrize("span", [1e-9, 0.013, 7.0, 1e5, 1e13])
def test_every_range_gets_a_few_ticks_inside(low, span):
    if abs(low) > 1e9 * span:
        return
    axis = Axis(low, low + span)
    ticks = axis.make_ticks(6)
    assert 2 <= len(ticks) <= 14
    assert all(axis.low - 1e-6 * span <= tick.value <= axis.high + 1e-6 * span for tick in ticks)


def test_an_axis_grows_in_round_steps():
    assert [grown(v) for v in (0, 10, 11, 149, 151, 100_001)] == [10, 10, 12.5, 150, 200, 125_000]


def test_a_range_stays_while_it_fits_and_grows_when_it_must():
    scores = np.linspace(0.8, 0.9, 50)
    first = score_range(scores, bad_side="low")
    assert score_range(scores[5:], bad_side="low", before=first.axis).axis == first.axis
    wider = score_range(np.append(scores, 0.95), bad_side="low", before=first.axis)
    assert wider.axis.high > 0.95
    assert score_range(np.array([np.nan, np.inf])).axis == Axis(0.0, 1.0)


def test_scores_beyond_stand_at_the_end_of_the_axis():
    scores = np.append(np.linspace(0.8, 0.9, 50), [-5.0, np.nan])
    found = score_range(scores, bad_side="low")
    assert found.axis.low > 0.7
    assert found.beyond(scores).sum() == 1
    assert found.clip(scores)[50] == found.axis.low
    losses = score_range(-scores, bad_side="high")
    assert losses.clip(-scores)[50] == losses.axis.high


def test_stamped_markers_stand_where_painted_ones_do(qapp):
    from PySide6.QtCore import QRectF

    series = PointSeries(np.array([20.5]), np.array([10.5]), "#FF0000", "circle", 7.0)
    image = stamp(series, QRectF(0, 0, 40, 30), 1.0)
    alpha = [
        [image.pixelColor(x, y).alpha() for x in range(image.width())]
        for y in range(image.height())
    ]
    rows, columns = np.nonzero(np.array(alpha) > 60)
    assert rows.mean() == pytest.approx(10, abs=0.6)
    assert columns.mean() == pytest.approx(20, abs=0.6)
    assert 5 <= columns.max() - columns.min() + 1 <= 8
    assert image.pixelColor(20, 10).red() > 200


@pytest.mark.parametrize("shape", ["circle", "triangle", "square", "diamond", "cross", "plus"])
def test_every_marker_has_a_mask_with_a_middle(qapp, shape):
    mask = marker_mask(shape, 7.0)
    assert mask.shape[0] == mask.shape[1]
    assert mask.shape[0] % 2 == 1
    assert mask.max() > 120


def test_points_outside_and_nan_are_not_stamped(qapp):
    from PySide6.QtCore import QRectF

    away = np.array([np.nan, -50.0, 1e9, 20.0])
    series = PointSeries(away, np.array([10.0, 10.0, 10.0, np.nan]), "#FF0000", "circle")
    image = stamp(series, QRectF(0, 0, 40, 30), 1.0)
    assert all(image.pixelColor(x, 10).alpha() == 0 for x in range(40))


def test_while_there_are_few_scores_only_those_of_stopped_trials_are_cut_off():
    complete = np.array([0.90, 0.92, 0.94, 0.5])
    stopped = np.array([0.91, -7.0])
    found = score_range(np.append(complete, stopped), bad_side="low", sure=complete)
    assert found.axis.low > -1
    assert found.beyond(np.append(complete, stopped)).tolist() == [False] * 5 + [True]
    losses = score_range(-np.append(complete, stopped), bad_side="high", sure=-complete)
    assert losses.axis.high < 1
    alone = score_range(np.append(complete[:2], stopped), bad_side="low", sure=complete[:2])
    assert not alone.beyond(stopped).any()
    assert not score_range(complete, bad_side="low", sure=complete).beyond(complete).any()

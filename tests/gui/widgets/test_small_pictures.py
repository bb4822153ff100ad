"""Small pictures of numbers: right heights, told in words, safe with gaps and nothing at all."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QApplication, QTableView
from pytestqt.qtbot import QtBot

from hpo_gui.gui.theme import Theme, tokens
from hpo_gui.gui.theme_tokens import SERIES_MARKERS, STATE_LOOKS
from hpo_gui.gui.widgets.bar_list import BarList, NamedBar
from hpo_gui.gui.widgets.fold_bars import FoldBars
from hpo_gui.gui.widgets.key_value_list import KeyValueList
from hpo_gui.gui.widgets.mini_histogram import (
    HISTOGRAM_ROLE,
    HistogramDelegate,
    MiniHistogram,
    paint_histogram,
)
from hpo_gui.gui.widgets.painting import paint_marker
from hpo_gui.gui.widgets.run_progress import RunProgress
from hpo_gui.gui.widgets.sparkline import Sparkline
from hpo_gui.gui.widgets.stat_tile import StatTile
from hpo_gui.gui.widgets.table_style import EDIT_ROW, dress_table

RED = "#FF0000"


def test_bars_are_as_high_as_their_numbers(qapp: QApplication) -> None:
    image = _blank(40, 20)
    with_painter(image, lambda p: paint_histogram(p, QRectF(0, 0, 40, 20), [4, 2, 1, 0], RED))
    assert [_column(image, x) for x in (4, 14, 24, 34)] == [20, 10, 5, 0]


@pytest.mark.parametrize("heights", [[], [0, 0], [0.0]])
def test_a_histogram_of_nothing_is_empty(qapp: QApplication, heights: list[float]) -> None:
    image = _blank(40, 20)
    with_painter(image, lambda p: paint_histogram(p, QRectF(0, 0, 40, 20), heights, RED))
    assert sum(_column(image, x) for x in range(40)) == 0


def test_a_histogram_is_told_in_words(themed: Theme, qtbot: QtBot) -> None:
    histogram = MiniHistogram()
    qtbot.addWidget(histogram)
    histogram.set_bars([1, 2], "2 values between 0 and 1")
    assert histogram.accessibleDescription() == "2 values between 0 and 1"


def test_a_delegate_paints_the_bars_of_its_cell(each_theme: Theme, qtbot: QtBot) -> None:
    model = QStandardItemModel(2, 1)
    item = QStandardItem()
    item.setData([1, 2, 3], HISTOGRAM_ROLE)
    model.setItem(0, 0, item)
    view = QTableView()
    qtbot.addWidget(view)
    view.setModel(model)
    dress_table(view, EDIT_ROW)
    view.setItemDelegateForColumn(0, HistogramDelegate(view))
    view.setColumnWidth(0, 150)
    view.show()
    image = view.viewport().grab().toImage()
    wanted = QColor(tokens().histogram).rgb()
    rows = {y for y in range(72) for x in range(150) if image.pixel(x, y) == wanted}
    assert rows
    assert max(rows) < EDIT_ROW
    assert view.rowHeight(0) == EDIT_ROW


def test_the_bar_of_a_fold_tells_its_score(themed: Theme, qtbot: QtBot) -> None:
    folds = FoldBars()
    qtbot.addWidget(folds)
    folds.set_scores([0.9512345678, None])
    folds.resize(folds.sizeHint())
    assert folds.tooltip_at(5) == "Fold 1: 0.951235"
    assert folds.tooltip_at(50) == "Fold 2: not run"
    assert folds.tooltip_at(500) == ""
    assert folds.accessibleDescription() == "0.9512, —"


@pytest.mark.parametrize("scores", [[], [None, None], [0.5], [0.5, 0.5], [-3.0, 2.0]])
def test_folds_of_any_kind_can_be_painted(
    themed: Theme, qtbot: QtBot, scores: list[float | None]
) -> None:
    folds = FoldBars()
    qtbot.addWidget(folds)
    folds.set_scores(scores)
    assert not folds.grab().isNull()


def test_a_trend_leaves_out_what_is_not_finite(themed: Theme, qtbot: QtBot) -> None:
    line = Sparkline()
    qtbot.addWidget(line)
    line.resize(108, 24)
    line.set_values([1.0, math.nan, 3.0])
    assert [(p.x(), p.y()) for p in line.points()] == [(4, 20), (104, 4)]
    line.set_values([math.nan])
    assert line.points() == []
    assert not line.grab().isNull()
    line.set_values([2.0, 2.0])
    assert {p.y() for p in line.points()} == {12}


def test_a_long_trend_is_thinned_but_keeps_its_end(themed: Theme, qtbot: QtBot) -> None:
    line = Sparkline()
    qtbot.addWidget(line)
    line.set_values(list(range(100_000)))
    assert len(line.points()) <= 400
    assert line.points()[-1].y() == min(p.y() for p in line.points())


@pytest.mark.parametrize(
    ("given", "shares"),
    [
        ((88, 2, 150), (88 / 150, 2 / 150)),
        ((0, 0, 0), (0, 0)),
        ((200, 5, 150), (1, 0)),
        ((-1, 1, 2), (0, 0.5)),
    ],
)
def test_progress_stays_between_nothing_and_all(
    themed: Theme,
    qtbot: QtBot,
    given: tuple[float, float, float],
    shares: tuple[float, float],
) -> None:
    bar = RunProgress()
    qtbot.addWidget(bar)
    bar.set_progress(*given)
    assert bar.shares == pytest.approx(shares)
    assert "done" in bar.accessibleDescription()


def test_rows_are_copied_and_what_does_not_apply_is_a_dash(themed: Theme, qtbot: QtBot) -> None:
    rows = KeyValueList("Parameters")
    qtbot.addWidget(rows)
    rows.set_rows([("max_depth", "7"), ("max_samples", "")])
    rows.copy()
    assert QApplication.clipboard().text() == "max_depth: 7\nmax_samples: —"
    assert rows.sizeHint().height() == 2 * 27
    rows.set_rows([])
    assert not rows.grab().isNull()


def test_named_bars_are_told_with_their_error(themed: Theme, qtbot: QtBot) -> None:
    bars = BarList("What matters")
    qtbot.addWidget(bars)
    bars.set_bars([NamedBar("max_depth", 0.456, 0.02), NamedBar("C", 2.0, text="much")])
    assert bars.accessibleDescription() == "max_depth: 0.46 ± 0.02\nC: much ± 0.00"
    assert not bars.grab().isNull()


def test_a_figure_without_a_remark_shows_no_pill(themed: Theme, qtbot: QtBot) -> None:
    tile = StatTile("Best trial")
    qtbot.addWidget(tile)
    tile.set_stat("0.966", "accuracy", remark="▲ 0.039", tone="good")
    assert not tile.remark.isHidden()
    tile.set_stat("0.97", name="Best trial #9")
    assert tile.remark.isHidden()
    assert tile.name.text() == "Best trial #9"


SHAPES = sorted({*SERIES_MARKERS, *(shape for _, shape in STATE_LOOKS.values())})


@pytest.mark.parametrize("shape", SHAPES)
def test_every_marker_is_painted_inside_its_size(qapp: QApplication, shape: str) -> None:
    image = _blank(20, 20)
    with_painter(image, lambda p: paint_marker(p, QPointF(10, 10), shape, RED, 10))
    inked = [x for x in range(20) if _column(image, x, exact=False)]
    assert inked
    assert min(inked) >= 3
    assert max(inked) <= 17


def test_every_marker_looks_different(qapp: QApplication) -> None:
    seen = []
    for shape in {*SERIES_MARKERS, *(shape for _, shape in STATE_LOOKS.values())}:
        image = _blank(20, 20)
        with_painter(image, lambda p, s=shape: paint_marker(p, QPointF(10, 10), s, RED, 10))
        assert image not in seen
        seen.append(image)


def with_painter(image: QImage, draw: Callable[[QPainter], None]) -> None:
    painter = QPainter(image)
    draw(painter)
    painter.end()


def _blank(width: int, height: int) -> QImage:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    return image


def _column(image: QImage, x: int, *, exact: bool = True) -> int:
    """Count the inked pixels of a column: pure red, or anything but white."""
    colors = [image.pixelColor(x, y) for y in range(image.height())]
    if exact:
        return sum(color == QColor(RED) for color in colors)
    return sum(color != QColor("#FFFFFF") for color in colors)

"""Scatters of any size: a few points are painted one by one, many are stamped as one picture.

A hundred thousand markers would take 22 ms at every repaint. Instead the points of a series are
counted per pixel, the marker's shape is laid over all counted pixels at once by numpy, and the
picture is kept until the axes change. New points are painted onto the kept picture.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, qRgba

from hpo_gui.gui.widgets.painting import paint_marker

FloatArray = NDArray[np.float64]
ByteArray = NDArray[np.uint8]

ONE_BY_ONE = 1200
"""Up to this many points are painted one by one, to the tenth of a pixel."""


@dataclass(frozen=True)
class PointSeries:
    """Points that look the same.

    Attributes
    ----------
    x, y : pixels from the top left corner of the picture; NaN is not painted
    color : ``#RRGGBB``
    shape : see `widgets.painting.paint_marker`
    """

    x: FloatArray
    y: FloatArray
    color: str
    shape: str
    size: float = 7.0

    def __len__(self) -> int:
        return len(self.x)


def paint_points(painter: QPainter, area: QRectF, series: PointSeries) -> None:
    """Paint a series into ``area``; points outside are left out."""
    if len(series) <= ONE_BY_ONE:
        inside = np.isfinite(series.x) & np.isfinite(series.y)
        for x, y in zip(series.x[inside].tolist(), series.y[inside].tolist(), strict=True):
            if area.contains(x, y):
                paint_marker(painter, QPointF(x, y), series.shape, series.color, series.size)
        return
    ratio = painter.device().devicePixelRatioF()
    image = stamp(series, area, ratio)
    painter.drawImage(area.topLeft(), image)


def stamp(series: PointSeries, area: QRectF, ratio: float) -> QImage:
    """All points of a series as a picture of the size of ``area``."""
    wide, high = int(area.width() * ratio) + 1, int(area.height() * ratio) + 1
    counts = _counts((series.x - area.x()) * ratio, (series.y - area.y()) * ratio, wide, high)
    mask = marker_mask(series.shape, round(series.size * ratio * 2) / 2)
    return _colored(_spread(_levels(counts), mask), series.color, ratio)


def _counts(x: FloatArray, y: FloatArray, wide: int, high: int) -> NDArray[np.intp]:
    """How many points fall on each pixel, shape (high, wide)."""
    inside = (x >= 0) & (x < wide) & (y >= 0) & (y < high)
    places = y[inside].astype(np.intp) * wide + x[inside].astype(np.intp)
    return np.bincount(places, minlength=wide * high).reshape(high, wide)


def _levels(counts: NDArray[np.intp]) -> ByteArray:
    """Opacity by how crowded a pixel is, 0 … 255; single points stay easy to see."""
    most = int(counts.max())
    steps = np.log1p(np.arange(most + 1)) / np.log1p(max(most, 2))
    palette = np.round(255 * (0.55 + 0.45 * steps)).astype(np.uint8)
    palette[0] = 0
    shown: ByteArray = palette[counts]
    return shown


def _spread(levels: ByteArray, mask: ByteArray) -> ByteArray:
    """Lay the marker over every pixel; where several meet, the strongest counts."""
    high, wide = levels.shape
    reach = mask.shape[0] // 2
    result = np.zeros((high + 2 * reach, wide + 2 * reach), dtype=np.uint8)
    scaled: dict[int, ByteArray] = {}
    for row, column in np.argwhere(mask >= 24).tolist():
        alpha = min(int(mask[row, column]) // 32 * 32 + 31, 255)  # eight strengths are enough
        if alpha not in scaled:
            scaled[alpha] = (levels.astype(np.uint16) * alpha // 255).astype(np.uint8)
        part = result[row : row + high, column : column + wide]
        np.maximum(part, scaled[alpha], out=part)
    return np.ascontiguousarray(result[reach : reach + high, reach : reach + wide])


def _colored(alpha: ByteArray, color: str, ratio: float) -> QImage:
    """A picture of one colour with this opacity."""
    high, wide = alpha.shape
    rest = -wide % 4
    if rest:  # Qt wants rows of whole words
        alpha = np.ascontiguousarray(np.pad(alpha, ((0, 0), (0, rest))))
    image = QImage(alpha.data, wide, high, wide + rest, QImage.Format.Format_Indexed8)
    base = QColor(color)
    image.setColorTable(
        [qRgba(base.red(), base.green(), base.blue(), level) for level in range(256)]
    )
    made = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    made.setDevicePixelRatio(ratio)
    return made


@lru_cache(maxsize=64)
def marker_mask(shape: str, size: float) -> ByteArray:
    """The opacity of a marker, odd width and height, its middle in the middle."""
    reach = int(size / 2 + 2)
    side = 2 * reach + 1
    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    paint_marker(painter, QPointF(reach + 0.5, reach + 0.5), shape, "#FFFFFF", size)
    painter.end()
    pixels = np.frombuffer(image.constBits(), dtype=np.uint8).reshape(side, side, 4)
    return pixels[:, :, 3].copy()

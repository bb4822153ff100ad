"""Losses in units that suit a Gaussian process, and back.

Losses of real tuning have a long tail of disasters: a diverged fit may cost a thousand times what
a fair one does. What lies more than a few robust standard deviations above the middle is pressed
together, the more the farther; the good end keeps its shape.

Notation
--------
y : losses as they are
t : (y − centre) / scale, robustly standardised, so that the best of them is not below −10
g : t up to the knee c, above it c + r (1 − (1 + t − c)^(−1/r)), smooth at c, less than c + r
z : g standardised

The way back would rise to infinity at c + r, and a process that expects a little more than the
worst loss seen comes near it. Beyond the worst one it is therefore a straight line, as steep as
from c to there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

KNEE = 3.0  # c, robust standard deviations above the median
ROOM = 3.0  # r, for all that lies above
DEEPEST = 10.0  # robust standard deviations that the best loss lies below the median at most
LARGEST = 1e150  # losses beyond it would overflow when squared: nobody can learn from them
_FULL = 1 - 1e-12  # share of the room that turns back to a finite loss


@dataclass(frozen=True)
class Scaling:
    """A rising map of losses; made by `fit_scaling`.

    Attributes
    ----------
    worst : g of the largest loss that it was fitted to, c at least
    """

    centre: float
    scale: float
    shift: float
    spread: float
    worst: float = KNEE

    def forward(self, y: FloatArray) -> FloatArray:
        """Losses to scaled ones, any shape."""
        return (_press(y, self.centre, self.scale) - self.shift) / self.spread

    def backward(self, z: FloatArray) -> FloatArray:
        """Scaled losses to losses, any shape."""
        g = z * self.spread + self.shift
        seen = np.minimum(g, self.worst)
        steep = float(_lift(self.worst)) / (self.worst - KNEE) if self.worst > KNEE else 1.0
        t = np.minimum(g, KNEE) + _lift(seen) + np.maximum(g - self.worst, 0.0) * steep
        return np.asarray(t * self.scale + self.centre)

    def moments_backward(self, mean: FloatArray, sd: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Scaled mean and sd to those of the losses: the median, and how far below it 16 % end."""
        middle = self.backward(mean)
        return middle, middle - self.backward(mean - sd)


def fit_scaling(y: FloatArray) -> Scaling:
    """The map for finite losses, shape (n,), n ≥ 1; equal ones are only moved to 0."""
    centre = float(np.median(y))
    widths = [*np.subtract(*np.quantile(y, [[0.75, 0.95], [0.25, 0.05]])), 4 * float(np.std(y))]
    normal = (1.349, 3.290, 4.0)  # the same of a standard normal distribution
    least = 1e-12 * max(abs(centre), 1e-290)
    scales = (width / one for width, one in zip(widths, normal, strict=True) if width > least)
    scale = float(next(scales, 0.0))  # the first that is none when many losses are equal
    if not 0 < scale < np.inf:
        return Scaling(centre, max(abs(centre), 1.0), 0.0, 1.0)
    scale = max(scale, (centre - float(np.min(y))) / DEEPEST)
    g = _press(y, centre, scale)
    worst = max(float(np.max(g)), KNEE)
    return Scaling(centre, scale, float(np.mean(g)), float(np.std(g)) or 1.0, worst)


def _press(y: FloatArray, centre: float, scale: float) -> FloatArray:
    """g; a loss far below all that the map was fitted to counts as the deepest."""
    with np.errstate(over="ignore"):
        t = np.maximum((y - centre) / scale, -10 * DEEPEST)
    above = -np.expm1(-np.log1p(np.maximum(t - KNEE, 0.0)) / ROOM)
    return np.asarray(np.minimum(t, KNEE) + ROOM * above)


def _lift(g: FloatArray | float) -> FloatArray:
    """t − c above the knee, 0 below it."""
    used = np.clip((np.asarray(g) - KNEE) / ROOM, 0.0, _FULL)
    return np.asarray(np.expm1(-ROOM * np.log1p(-used)))

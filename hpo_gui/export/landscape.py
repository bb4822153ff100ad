"""The landscape of a study as files: its slices as a table, slices and map as a picture."""

from __future__ import annotations

import csv
import math
from pathlib import Path
from typing import Any

import numpy as np

from hpo_gui.analysis.landscape import Landscape, LandscapeMap, LandscapeSlice
from hpo_gui.analysis.parameter_axis import AxisTick, is_listed, spaced_ticks
from hpo_gui.core.goal import Goal
from hpo_gui.core.space import Space
from hpo_gui.export.figures import FORMATS, save_figure
from hpo_gui.export.files import check_suffix, replaced
from hpo_gui.export.plot import plain
from hpo_gui.export.table import cell

COLUMNS = ("trial", "parameter", "value", "expected", "expected_sd", "expected_improvement")
ACROSS = 3
BLUE, GREEN, GREY = "#0072B2", "#009E73", "#667085"


def write_landscape_csv(landscape: Landscape, path: Path) -> None:
    """Write the slices as CSV: one row a value of a parameter, the others as in ``trial``.

    Columns: ``trial``, ``parameter``, ``value``, then what the surrogate expects of the score
    there, without the noise of its measurement: ``expected``, ``expected_sd`` and
    ``expected_improvement`` over the best, in the score's units; empty where a constraint forbids
    the value.
    """
    with replaced(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for made in landscape.slices:
            outlook = made.outlook
            rows = zip(made.values, outlook.mean, outlook.sd, outlook.improvement, strict=True)
            for value, *numbers in rows:
                shown = [None if math.isnan(number) else float(number) for number in numbers]
                told = "none" if value is None else value
                row = (landscape.number, made.name, told, *shown)
                writer.writerow([cell(item) for item in row])


def write_landscape_plot(landscape: Landscape, space: Space, path: Path) -> None:
    """Draw every slice with its band, its trials and the expected improvement, then the map.

    Raises
    ------
    ExportError : the suffix is none of .png, .svg, .pdf, or the file cannot be written
    """
    check_suffix(path, FORMATS)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    panels = len(landscape.slices) + (landscape.map is not None)
    rows = -(-panels // ACROSS)
    figure = Figure(figsize=(10, 2.9 * max(rows, 1)), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(max(rows, 1), ACROSS, squeeze=False).ravel()
    for axes in grid[panels:]:
        axes.set_visible(False)
    for axes, made in zip(grid, landscape.slices, strict=False):
        _draw_slice(axes, landscape, made, space)
        axes.set_ylim(*_score_range(landscape))
    if landscape.map is not None:
        _draw_map(figure, grid[panels - 1], landscape, landscape.map, space)
    quality = landscape.quality
    figure.suptitle(
        f"Through trial {landscape.number}. Surrogate of {quality.used} trials, leave-one-out "
        f"R² {quality.r2:.2f}. Bands: ±1 and ±2 sd",
        fontsize=9,
        color=GREY,
    )
    save_figure(figure, path)


def _score_range(landscape: Landscape) -> tuple[float, float]:
    """The same for all slices, so that they can be compared."""
    parts = [landscape.scores]
    for made in landscape.slices:
        parts += [made.outlook.mean - made.outlook.sd, made.outlook.mean + made.outlook.sd]
    shown = np.concatenate(parts)
    low, high = float(np.nanmin(shown)), float(np.nanmax(shown))
    return low - 0.05 * (high - low), high + 0.05 * (high - low)


def _draw_slice(axes: Any, landscape: Landscape, made: LandscapeSlice, space: Space) -> None:
    outlook, line = made.outlook, slice(0, made.joined)
    x, mean, sd = made.positions, outlook.mean, outlook.sd
    for width, alpha in ((2, 0.15), (1, 0.2)):
        low, high = mean - width * sd, mean + width * sd
        axes.fill_between(x[line], low[line], high[line], color=BLUE, alpha=alpha, lw=0)
    axes.plot(x[line], mean[line], color=BLUE, lw=1.5)
    rest = slice(made.joined, None)
    axes.errorbar(x[rest], mean[rest], 2 * sd[rest], fmt="none", ecolor=BLUE, elinewidth=1)
    axes.errorbar(x[rest], mean[rest], sd[rest], fmt="o", color=BLUE, ms=5, elinewidth=3)
    column = landscape.rows[:, space.names.index(made.name)]
    shades = [(0.1, 0.12, 0.16, 0.12 + 0.7 * near) for near in made.nearness]
    axes.scatter(column, landscape.scores, s=9, c=shades, lw=0)
    axes.axvline(made.here, color=GREY, lw=0.8, ls="--")
    gain = axes.twinx()
    gain.fill_between(x[line], outlook.improvement[line], color=GREEN, alpha=0.35, lw=0)
    gain.bar(x[rest], outlook.improvement[rest], 0.05, color=GREEN, alpha=0.35)
    most = np.nanmax([1e-300, *(np.nanmax([0, *s.outlook.improvement]) for s in landscape.slices)])
    gain.set_ylim(0, 5 * most)
    gain.set_yticks([])
    _set_ticks(axes, "x", spaced_ticks(space[made.name], 4))
    axes.set_xlim(-0.04, 1.04)
    axes.set_ylabel(_title(landscape.goal), fontsize=8)
    axes.set_title(plain(made.name), fontsize=9, loc="left")
    axes.set_xlabel("green: expected improvement", fontsize=7, color=GREEN, loc="left")
    for each in (axes, gain):
        each.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=7)


def _draw_map(
    figure: Any, axes: Any, landscape: Landscape, made: LandscapeMap, space: Space
) -> None:
    colors = "viridis" if landscape.goal.maximize else "viridis_r"
    smooth = not any(is_listed(space[name]) for name in made.names)
    image = axes.imshow(
        made.outlook.mean, origin="lower", extent=(0, 1, 0, 1), aspect="auto", cmap=colors
    )
    if smooth and np.isfinite(made.outlook.mean).all() and np.ptp(made.outlook.mean) > 0:
        axes.contour(made.outlook.mean, extent=(0, 1, 0, 1), colors="#1A1F29", linewidths=0.5)
    across, up = (space.names.index(name) for name in made.names)
    rows = landscape.rows
    axes.scatter(rows[:, across], rows[:, up], s=9, c="#1A1F29", edgecolors="white", lw=0.5)
    here = space.encode(landscape.point)
    axes.plot(here[across], here[up], "*", color="white", mec="#1A1F29", ms=12)
    for side, name in zip("xy", made.names, strict=True):
        _set_ticks(axes, side, spaced_ticks(space[name], 4))
    axes.set_xlabel(plain(made.names[0]), fontsize=8)
    axes.set_ylabel(plain(made.names[1]), fontsize=8)
    axes.tick_params(labelsize=7)
    bar = figure.colorbar(image, ax=axes)
    bar.set_label(f"expected {_title(landscape.goal)}", fontsize=7)
    bar.ax.tick_params(labelsize=7)


def _title(goal: Goal) -> str:
    return f"{plain(goal.metric)} ({'larger' if goal.maximize else 'smaller'} is better)"


def _set_ticks(axes: Any, side: str, ticks: tuple[AxisTick, ...]) -> None:
    places, words = [tick.position for tick in ticks], [plain(tick.text) for tick in ticks]
    (axes.set_xticks if side == "x" else axes.set_yticks)(places, words)

"""The landscape: what the surrogate expects around a trial, as slices or as a map, live."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from hpo_gui.analysis.landscape import Landscape, SurrogateQuality
from hpo_gui.analysis.recommendation import Recommendation
from hpo_gui.gui.landscape_source import landscape_source
from hpo_gui.gui.plots.axis import Axis
from hpo_gui.gui.plots.landscape_map import LandscapeMapPlot
from hpo_gui.gui.plots.landscape_slice import (
    HEIGHT,
    LEAST_WIDTH,
    LandscapeSlicePlot,
    slices_axis,
)
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import metric_words
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.empty_state import EmptyState
from hpo_gui.gui.widgets.labels import ElidedLabel, label, set_role, wrapped
from hpo_gui.gui.widgets.segmented_control import SegmentedControl

POOR = 0.2  # R² below which the surrogate is not to be trusted
NEXT_MS = 10  # between two slices, each painted in a frame of its own


class LandscapeSlices(QScrollArea):
    """One slice a parameter, as many side by side as there is room for."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._store = trial_store(session)
        self._axis: Axis | None = None
        self._landscape: Landscape | None = None
        self._waiting: list[str] = []
        self.plots: dict[str, LandscapeSlicePlot] = {}
        self.left_out = wrapped("", "small")
        self._inner = QWidget()
        self._grid = QGridLayout()
        self._grid.setSpacing(6)
        column = QVBoxLayout(self._inner)
        column.setContentsMargins(6, 4, 6, 8)
        column.addLayout(self._grid)
        for words in (self.left_out, wrapped(self._legend(), "small")):
            words.setContentsMargins(8, 0, 8, 0)
            column.addWidget(words)
        column.addStretch(1)
        self.setWidget(self._inner)
        self._inner.setAutoFillBackground(False)
        self.setWidgetResizable(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(self.tr("Expected score along each parameter"))
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._timer = QTimer(self)
        self._timer.setInterval(NEXT_MS)
        self._timer.timeout.connect(self._show_next)
        self._store.filtered.connect(self._refilter)

    def _legend(self) -> str:
        return self.tr(
            "Line: the score expected, with one and two standard deviations, without the chance "
            "of the folds. Dots: trials, the fainter the farther they are in the other "
            "parameters. Dashed: the trial looked from. Below: what may be gained over the best."
        )

    def forget(self) -> None:
        """Another study: take all plots away."""
        self._axis, self._landscape, self._waiting = None, None, []
        for plot in self.plots.values():
            self._grid.removeWidget(plot)
            plot.hide()
            plot.deleteLater()
        self.plots = {}

    def show_landscape(self, landscape: Landscape) -> None:
        """Show its slices, one a frame."""
        self._landscape = landscape
        self._axis = slices_axis(landscape, before=self._axis)
        names = [made.name for made in landscape.slices]
        for name in [name for name in self.plots if name not in names]:
            plot = self.plots.pop(name)
            plot.hide()
            plot.deleteLater()
        fresh = [name for name in names if name not in self.plots]
        for name in fresh:
            self.plots[name] = LandscapeSlicePlot(self._session, name, self._inner)
            self.plots[name].setFixedHeight(HEIGHT)
        self.plots = {name: self.plots[name] for name in names}
        if fresh or self._grid.count() != len(names):
            self._place()
        self._explain(landscape)
        self._waiting = names
        self._show_next()
        self._timer.start()

    def _explain(self, landscape: Landscape) -> None:
        words = self.tr("Left out, since they do not apply beside the other values here: {0}.")
        self.left_out.setText(words.format(", ".join(landscape.inactive)))
        self.left_out.setVisible(bool(landscape.inactive))

    def _show_next(self) -> None:
        landscape, axis = self._landscape, self._axis
        if not self._waiting or landscape is None or axis is None:
            self._timer.stop()
            return
        name = self._waiting.pop(0)
        made = next(made for made in landscape.slices if made.name == name)
        gains = [g.outlook.improvement for g in landscape.slices]
        most = max((float(g[g == g].max()) for g in gains if (g == g).any()), default=0.0)
        self.plots[name].show_slice(landscape, made, axis, most)

    def _refilter(self) -> None:
        for plot in self.plots.values():
            plot.mark_stale()
            plot.repaint_back()

    def columns_for(self, width: int) -> int:
        """How many plots fit side by side."""
        return max(min(width // LEAST_WIDTH, max(len(self.plots), 1)), 1)

    def _place(self) -> None:
        while self._grid.takeAt(0) is not None:
            pass
        columns = self.columns_for(self.viewport().width())
        for number, plot in enumerate(self.plots.values()):
            self._grid.addWidget(plot, number // columns, number % columns)
            plot.show()
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit as many side by side as there is room for."""
        super().resizeEvent(event)
        old = self.columns_for(max(event.oldSize().width(), 1))
        if self.columns_for(event.size().width()) != old:
            self._place()


class LandscapeView(QWidget):
    """See the module."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._store = trial_store(session)
        self._source = landscape_source(session)
        self._drawn: Landscape | None = None
        self.kind = SegmentedControl(
            [("slices", self.tr("Slices")), ("map", self.tr("Map"))], self.tr("Kind of view")
        )
        self.across = Combo(name=self.tr("Parameter along x"))
        self.up = Combo(name=self.tr("Parameter along y"))
        self.quantity = SegmentedControl(
            [
                ("mean", self.tr("Expected")),
                ("sd", self.tr("Uncertainty")),
                ("improvement", self.tr("Improvement")),
            ],
            self.tr("What the colours show"),
        )
        self.caption = ElidedLabel("", "small")
        self.quality = ElidedLabel("", "small")
        self.told = ElidedLabel("", "small")
        self.advice = ElidedLabel("", "small")
        self.slices = LandscapeSlices(session)
        self.map = LandscapeMapPlot(session)
        self.empty = EmptyState("chart", "", "")
        self.stack = QStackedWidget()
        self._build()
        self._listen()
        self._show()

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        self.controls = QWidget()
        controls = QHBoxLayout(self.controls)
        controls.setContentsMargins(0, 0, 0, 0)
        controls.setSpacing(8)
        controls.addWidget(self.across, 1)
        controls.addWidget(label("×", "muted"))
        controls.addWidget(self.up, 1)
        controls.addWidget(self.quantity)
        controls.addStretch(2)
        for combo in (self.across, self.up):
            combo.setMinimumWidth(122)
            combo.setMaximumWidth(200)
        head.addWidget(self.kind)
        head.addWidget(self.controls, 1)
        self._beside, self._below = QHBoxLayout(), QHBoxLayout()  # the words: slices, map
        head.addLayout(self._beside, 1)
        self.words = QWidget()
        words = QHBoxLayout(self.words)
        words.setContentsMargins(0, 0, 0, 0)
        words.setSpacing(12)
        words.addWidget(self.caption)
        words.addWidget(self.quality, 1)
        self.head = QWidget()
        column = QVBoxLayout(self.head)
        column.setContentsMargins(14, 8, 14, 0)
        column.setSpacing(4)
        column.addLayout(head)
        column.addLayout(self._below)
        column.addWidget(self.advice)
        column.addWidget(self.told)
        for page in (self.empty, self.slices, self.map):
            self.stack.addWidget(page)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.head)
        whole.addWidget(self.stack, 1)

    def _listen(self) -> None:
        self._source.changed.connect(self._show)
        self._store.reset.connect(self._forget)
        self.kind.changed.connect(lambda _: self._show_page())
        self.quantity.changed.connect(self.map.set_quantity)
        self.quantity.changed.connect(lambda _: self._tell(""))
        self.across.picked.connect(lambda _: self._choose_pair(self.across, self.up))
        self.up.picked.connect(lambda _: self._choose_pair(self.up, self.across))
        self.map.told.connect(self._tell)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to follow the study."""
        super().showEvent(event)
        self._source.watch(self)
        self._show()

    def show_kind(self, kind: str) -> None:
        """Show "slices" or the "map", where there is one; "" leaves it as it is."""
        if kind and self.kind.button(kind).isEnabled():
            self.kind.set_current(kind)
            self._show_page()

    def _forget(self) -> None:
        self._drawn = None
        self.slices.forget()

    def _choose_pair(self, changed: Combo, other: Combo) -> None:
        """Take both; when they are the same, the other one gets what this one had."""
        names, pair = (str(self.across.current_key()), str(self.up.current_key())), None
        landscape = self._source.landscape
        if landscape is not None and landscape.map is not None:
            pair = landscape.map.names
        if names[0] == names[1] and pair is not None:
            before = pair[0] if changed is self.across else pair[1]
            other.set_current_key(before)
            names = str(self.across.current_key()), str(self.up.current_key())
        self._source.set_pair(names)

    # --- showing --------------------------------------------------------------------------------

    def _show(self) -> None:
        if not self.isVisible():
            return
        landscape = self._source.landscape
        if landscape is None:
            self._show_empty()
        elif landscape is not self._drawn:
            self._drawn = landscape
            self._show_landscape(landscape)
        self._show_page()

    def _show_empty(self) -> None:
        self._drawn = None
        texts = {
            "few": (
                self.tr("Too few trials for a surrogate"),
                self.tr(
                    "From three complete trials on, a model of the score is fitted: what it "
                    "expects along each parameter, how sure it is, where there is most to gain."
                ),
            ),
            "equal": (
                self.tr("All scores are equal"),
                self.tr("There is nothing yet that a model could learn from."),
            ),
            "no_parameters": (
                self.tr("No parameter is free"),
                self.tr("Tune at least one parameter on the Space page to see its effect here."),
            ),
        }
        if self._source.error:
            title, text = self.tr("The surrogate could not be fitted"), self._source.error
        elif self._source.absence is None:
            title, text = self.tr("Fitting the surrogate…"), ""
        else:
            title, text = texts[self._source.absence]
        self.empty.set_text(title, text)

    def _show_landscape(self, landscape: Landscape) -> None:
        best = self._store.summary.best
        is_best = best is not None and best.number == landscape.number
        words = (
            self.tr("Through the best trial #{0}") if is_best else self.tr("Through trial #{0}")
        )
        self.caption.setText(words.format(landscape.number))
        self.caption.set_hint(
            self.tr(
                "All other parameters are as in this trial. Select another to look from there."
            )
        )
        text, poor, why = quality_words(landscape.quality)
        self.quality.setText(text)
        set_role(self.quality, "warning" if poor else "small")
        self.quality.set_hint(why)
        told = recommendation_words(landscape.recommended)
        self.advice.setText(told)
        self.advice.set_hint(
            self.tr(
                "The best of many scores is often a lucky one. The surrogate weighs all trials "
                "around it."
            )
        )
        self.advice.setVisible(bool(told))
        names = [made.name for made in landscape.slices] + list(landscape.inactive)
        order = {name: place for place, name in enumerate(self._store.columns.space.names)}
        names.sort(key=lambda name: order.get(name, len(order)))
        for combo in (self.across, self.up):
            combo.set_options([(name, name) for name in names])
        self.kind.button("map").setEnabled(landscape.map is not None)
        if landscape.map is not None:
            self.across.set_current_key(landscape.map.names[0])
            self.up.set_current_key(landscape.map.names[1])
            self.map.show_map(landscape, landscape.map)
        elif self.kind.current() == "map":
            self.kind.set_current("slices")
        self.slices.show_landscape(landscape)

    def _show_page(self) -> None:
        there = self._source.landscape is not None
        is_map = self.kind.current() == "map"
        self.head.setVisible(there)
        self.controls.setVisible(is_map)
        self.told.setVisible(is_map)
        (self._below if is_map else self._beside).addWidget(self.words)
        page: QWidget = self.map if is_map else self.slices
        self.stack.setCurrentWidget(page if there else self.empty)
        if is_map:
            self._tell("")

    def _tell(self, words: str) -> None:
        """What is expected under the mouse, else what the colours are."""
        if not words:
            metric = metric_words(self._store.goal.metric)
            words = {
                "mean": self.tr("Colour: expected {0}.").format(metric),
                "sd": self.tr("Colour: standard deviation of the expected {0}.").format(metric),
                "improvement": self.tr("Colour: expected improvement of {0}, in decades.").format(
                    metric
                ),
            }[self.quantity.current()]
            words += " " + self.tr("Dots: trials. Rings: under way. Star: the trial looked from.")
            made = self._source.landscape and self._source.landscape.map
            if made and not (made.outlook.mean == made.outlook.mean).all():
                words += " " + self.tr("Hatched: not allowed, or does not apply.")
        self.told.setText(words)


def recommendation_words(found: Recommendation) -> str:
    """Which other trial is probably better than the one with the best score; "" for none."""
    if found.agrees:
        return ""
    return _tr(
        "#{0} is probably better than #{1}: {2:.4g} ± {3:.2g} expected, and {4:.4g} of #{1} when "
        "measured again."
    ).format(found.number, found.best, found.mean, found.sd, found.best_mean)


def quality_words(quality: SurrogateQuality) -> tuple[str, bool, str]:
    """How good the surrogate is: a sentence, whether it is poor, and the explanation."""
    used = _tr("{0:,} trials").format(quality.used)
    if quality.used < quality.complete:
        used = _tr("{0:,} of {1:,} trials").format(quality.used, quality.complete)
    poor = quality.r2 < POOR
    text = _tr("surrogate of {0}: R² {1}, {2:.0f} % within ±2 sd").format(
        used, f"{quality.r2:.2f}".replace("-", "−"), 100 * quality.within
    )
    if poor:
        text += _tr(" — it hardly predicts anything yet")
    why = _tr(
        "Each trial as all the others predict it (leave-one-out). R²: 1 for a perfect prediction, "
        "0 when the mean of the scores would do as well. About 95 % lie within two standard "
        "deviations when the uncertainty is right; the mean error is {0:.2f} sd where 0.80 is "
        "right. A score measured twice would differ by about ± {1:.2g}."
    ).format(quality.error, quality.noise)
    return text, poor, why


def _tr(text: str) -> str:
    return QCoreApplication.translate("LandscapeView", text)

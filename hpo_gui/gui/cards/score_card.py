"""The card of the convergence plot with its legend and its choices."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QPoint
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from hpo_gui.gui.plots.convergence_plot import ConvergencePlot
from hpo_gui.gui.plots.convergence_points import HYPERVOLUME, SECONDS
from hpo_gui.gui.plots.legend import Legend
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import metric_words
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.buttons import IconButton
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.segmented_control import SegmentedControl


class ScoreCard(Card):
    """See the module."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent, flush=True)
        self.set_title(self.tr("Best score"))
        self._session = session
        self._store = trial_store(session)
        self.goals = Combo(name=self.tr("Goal that is shown"), dense=True)
        self.plot = ConvergencePlot(session)
        self.legend = Legend()
        self.along = SegmentedControl(
            [("trial", self.tr("trial")), ("time", self.tr("time"))], self.tr("Along the x axis")
        )
        self.more = IconButton("more", self.tr("More about the plot"))
        self._quantity, self._log, self._everything = "", False, False
        self.plot.legend_changed.connect(self.legend.set_items)
        self.along.changed.connect(self.plot.set_along)
        self.more.clicked.connect(self._popup)
        self._store.reset.connect(self._forget)
        self.goals.picked.connect(self._see)
        self.add_head_widget(self.legend)
        self.add_action(self.goals)
        self.add_action(self.along)
        self.add_action(self.more)
        self.add(self.plot, 1)
        self._forget()

    def _forget(self) -> None:
        """Of several goals one is looked at, or what the front of all of them dominates."""
        goals = self._store.goals
        several = len(goals) > 1
        options: list[tuple[object, str]] = [(g.metric, metric_words(g.metric)) for g in goals]
        self.goals.set_options([*options, (HYPERVOLUME, self.tr("hypervolume"))])
        self.goals.setVisible(several)
        self.set_quantity("")

    def _see(self, key: object) -> None:
        if key == HYPERVOLUME:
            self.set_quantity(HYPERVOLUME)
        elif key == self._store.goal.metric:
            self.set_quantity("")
        else:
            self._session.looking.see_goal(str(key))

    def set_quantity(self, name: str) -> None:
        """Choose what the y axis shows: "" for the score, a metric, or `SECONDS`."""
        self._quantity = name
        self.plot.set_quantity(name)
        titles = {
            "": self._best_words(),
            SECONDS: self.tr("Time of the trials"),
            HYPERVOLUME: self.tr("Hypervolume"),
        }
        self.goals.set_current_key(name or self._store.goal.metric)
        words = metric_words(name)
        self.set_title(titles.get(name) or words[0].upper() + words[1:])

    def _best_words(self) -> str:
        if not self._store.several:
            return self.tr("Best score")
        return self.tr("Best {0}").format(metric_words(self._store.goal.metric))

    def menu(self) -> QMenu:
        """The choices of the y axis."""
        menu, group = QMenu(self), QActionGroup(self)
        choices = [("", metric_words(self._store.goal.metric))]
        choices += [(name, metric_words(name)) for name in self._store.metrics[1:]]
        if self._store.several:
            choices.append((HYPERVOLUME, self.tr("hypervolume")))
        choices.append((SECONDS, self.tr("time of the whole trial")))
        for key, words in choices:
            action = menu.addAction(words, partial(self.set_quantity, key))
            action.setCheckable(True)
            action.setChecked(key == self._quantity)
            group.addAction(action)
        menu.addSeparator()
        log = menu.addAction(self.tr("Logarithmic scale"))
        log.setCheckable(True)
        log.setChecked(self._log)
        log.toggled.connect(self._set_log)
        everything = menu.addAction(self.tr("Make room for the worst scores"))
        everything.setCheckable(True)
        everything.setChecked(self._everything)
        everything.toggled.connect(self._set_everything)
        menu.addSeparator()
        back = menu.addAction(self.tr("Show everything again"), self.plot.reset_view)
        back.setEnabled(self.plot.is_zoomed)
        return menu

    def _set_log(self, on: bool) -> None:
        self._log = on
        self.plot.set_log(on)

    def _set_everything(self, on: bool) -> None:
        self._everything = on
        self.plot.set_everything(on)

    def _popup(self) -> None:
        self.menu().popup(self.more.mapToGlobal(QPoint(0, self.more.height())))

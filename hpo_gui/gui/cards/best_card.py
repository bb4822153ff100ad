"""The card of the best trial: its score, and honestly how much better it is than the defaults."""

from __future__ import annotations

import math

from PySide6.QtWidgets import QWidget

from hpo_gui.analysis.comparison import Comparison
from hpo_gui.analysis.dummy import dummy_trial
from hpo_gui.analysis.summary import Summary
from hpo_gui.core.goal import Goal
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.repeat_words import mean_words
from hpo_gui.gui.tables.score_text import (
    decimals_for,
    difference_text,
    metric_words,
    score_text,
    spread_text,
    tr,
)
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.key_value_list import KeyValueList
from hpo_gui.gui.widgets.labels import wrapped
from hpo_gui.gui.widgets.plain_tips import plain_tip
from hpo_gui.gui.widgets.stat_tile import StatTile

LONGEST_UNIT = 14  # letters that have room beside the figure


class BestCard(Card):
    """Follows the store; refreshed by its owner."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._store = trial_store(session)
        self.tile = StatTile(self.tr("Best trial"))
        self.ends = KeyValueList(self.tr("The front"))
        self.ends.hide()
        self.add(self.tile)
        self.add(self.ends)
        self.dummy = wrapped("", "small")
        self.dummy.setToolTip(
            self.tr(
                "It always says how frequent the classes are, or the mean of the target, and was "
                "scored on the same folds."
            )
        )
        self.add(self.dummy)
        self.setAccessibleName(self.tr("Best trial"))
        self.refresh()

    def refresh(self) -> None:
        """Show the best trial there is now."""
        several = self._store.several
        self.ends.setVisible(several and bool(len(self._store.pareto.numbers)))
        name = self.tr("Pareto front") if several else self.tr("Best trial")
        self.setAccessibleName(name)
        if several:
            self.dummy.hide()
            self._show_front()
            return
        summary, goal = self._store.summary, self._store.goal
        best = summary.best
        dummy = dummy_trial(self._store.history)
        self.dummy.setVisible(dummy is not None and best is not None)
        if dummy is not None:
            score = score_text(dummy.scores[goal.metric], 4)
            self.dummy.setText(
                self.tr("A dummy that looks at no column scores {0}.").format(score)
            )
        if best is None:
            self.tile.set_stat("—", metric_words(goal.metric), name=self.tr("No best trial yet"))
            self.tile.setToolTip("")
            return
        sd = best.sd(goal.metric)
        digits = decimals_for(sd) if math.isfinite(sd) and sd > 0 else 4
        text, tone, why = gain_words(summary, goal)
        name, unit = self.tr("Best trial #{0}").format(best.number), spread_text(sd, digits)
        words = metric_words(goal.metric)
        if len(words) > LONGEST_UNIT:
            name = self.tr("{0}: {1}").format(name, words)
        else:
            unit = f"{unit} {words}".strip()
        self.tile.set_stat(
            score_text(self._store.history.score(best.number), digits),
            unit,
            name=name,
            remark=text,
            tone=tone,
        )
        self.tile.remark.setToolTip(plain_tip(why))
        self.tile.unit.setToolTip(
            self.tr("± is the standard deviation over {0} folds.").format(best.steps_done)
        )
        own = score_text(best.scores[goal.metric], digits)
        mean = mean_words(self._store, best.number)
        measured = self.tr("{0}. Its own score is {1}.").format(mean, own)
        self.tile.setToolTip(measured if mean else "")

    def _show_front(self) -> None:
        """Of several goals: how large the front is, its ends, its knee, and what is chosen."""
        store, made = self._store, self._store.pareto
        count = len(made.front)
        unit = self.tr("trial") if count == 1 else self.tr("trials")
        self.tile.setToolTip("")
        self.tile.unit.setToolTip("")
        remark, tone = "", ""
        if made.nearest is not None:
            remark, tone = self.tr("no trial keeps all thresholds"), "warning"
        self.tile.set_stat(
            str(count) if len(made.numbers) else "—",
            unit,
            name=self.tr("Pareto front"),
            remark=remark,
            tone=tone,
        )
        self.tile.remark.setToolTip("")
        rows = []
        for goal, number in zip(made.goals, made.bests, strict=False):
            score = score_text(store.trial(number).scores[goal.metric])
            words = self.tr("best {0}").format(metric_words(goal.metric))
            rows.append((words, f"{score}  #{number}"))
        if made.knee is not None:
            rows.append((self.tr("knee"), f"#{made.knee}"))
        if made.nearest is not None:
            rows.append((self.tr("nearest to the thresholds"), f"#{made.nearest}"))
        chosen = store.chosen
        if chosen is not None:
            why = {
                "given": self.tr("by you"),
                "knee": self.tr("the knee"),
                "best": self.tr("no knee"),
                "nearest": self.tr("the nearest"),
            }.get(store.why_chosen, "")
            rows.append((self.tr("taken"), f"#{chosen.number}, {why}"))
        self.ends.set_rows(rows)


def gain_words(summary: Summary, goal: Goal) -> tuple[str, str, str]:
    """What the best is worth: the words, their colour token, and the explanation."""
    if summary.best is None or summary.baseline is None:
        return "", "", ""
    if summary.gain is None:
        words = tr("the defaults are the best so far")
        return words, "muted", tr("No other trial beats the model's own defaults.")
    gain = summary.gain
    size = difference_text(abs(gain.mean), gain.half_width)
    side = tr("above") if goal.maximize else tr("below")
    arrow = "▲" if goal.maximize else "▼"
    if gain.verdict == "better":
        return f"{arrow} {size} {side} {tr('the defaults')}", "good", _why(gain)
    if gain.verdict == "unknown":
        words = f"{arrow} {score_text(abs(gain.mean), 3)} {side} {tr('the defaults')}"
        return words, "", tr("One fold tells no uncertainty: this may be chance.")
    return tr("{0} vs defaults: within noise").format(size), "warning", _why(gain)


def _why(gain: Comparison) -> str:
    count = len(gain.differences)
    sure = {
        "better": tr("The interval does not contain 0."),
        "within_noise": tr("The interval contains 0: the difference may be chance."),
        "worse": tr("On the folds that both have, the defaults are better."),
    }[gain.verdict]
    return "<p>{}</p><p>{}</p><p>{}</p>".format(
        tr(
            "Mean difference over {0} folds with its 95 % confidence interval, corrected for "
            "the overlap of the training sets (Nadeau and Bengio 2003)."
        ).format(count),
        sure,
        tr("The best of many trials is a little lucky: the locked test tells what remains."),
    )

"""The card "Why this trial?": who proposed it and why, what was expected, and what came out."""

from __future__ import annotations

import math

from PySide6.QtWidgets import QWidget

from hpo_gui.analysis.expectations import ENOUGH, Calibration, calibrate, expectation_of
from hpo_gui.core.goal import Goal
from hpo_gui.core.trial import Trial
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import decimals_for, origin_title, score_text, tr
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.buttons import LinkButton
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.key_value_list import KeyValueList
from hpo_gui.gui.widgets.labels import label, wrapped


class WhyCard(Card):
    """Shows the trial it is given; hidden for none."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._store = trial_store(session)
        self._parent: int | None = None
        self.setAccessibleName(self.tr("Why this trial?"))
        self.reason = wrapped("", "muted")
        self.expected = wrapped("", "")
        self.facts = KeyValueList(self.tr("What the strategy computed"))
        self.parent_button = LinkButton("")
        self.parent_button.clicked.connect(lambda: session.looking.select([self._parent or 0]))
        self.calibration = wrapped("", "small")
        self.calibration.setToolTip(
            self.tr(
                "About 95 % lie within two standard deviations when a strategy judges its own "
                "uncertainty well. The chance of the folds comes on top."
            )
        )
        self.body.setSpacing(4)
        self.add(label(self.tr("Why this trial?"), "strong"))
        for part in (
            self.reason,
            self.expected,
            self.facts,
            self.parent_button,
            self.calibration,
        ):
            self.add(part)

    def show_trial(self, trial: Trial | None) -> None:
        """Show why there is this trial."""
        self.setVisible(trial is not None)
        if trial is None:
            return
        goal = self._store.goal
        self.reason.setText(reason_words(trial))
        expected = expectation_words(trial, goal)
        self.expected.setText(expected)
        self.expected.setVisible(bool(expected))
        acquisition = trial.origin.acquisition
        rows = []
        if acquisition is not None:
            rows.append((self.tr("acquisition value"), score_text(acquisition, 3)))
        self.facts.set_rows(rows)
        self.facts.setVisible(bool(rows))
        self._show_parent(trial)
        text = ""
        if expected:
            text = calibration_words(calibrate(self._store.history, self._store.columns))
        self.calibration.setText(text)
        self.calibration.setVisible(bool(text))

    def _show_parent(self, trial: Trial) -> None:
        self._parent = trial.parent
        known = trial.parent is not None and trial.parent < self._store.count
        self.parent_button.setVisible(known)
        self.parent_button.setText(self.tr("Goes on from trial #{0}").format(trial.parent))


def reason_words(trial: Trial) -> str:
    """Who proposed a trial, and why, in a sentence."""
    origin = trial.origin
    who = origin_title(origin.strategy)
    reasons = {
        "default": tr("the model's own defaults, which every other trial is compared with."),
        "manual": tr("you typed this configuration."),
        "random": tr("drawn at random from the search space."),
        "grid": tr("the next combination of the grid."),
    }
    reason = origin.reason or reasons.get(origin.strategy, "")
    if reason[1:2].islower():
        reason = reason[0].lower() + reason[1:]
    text = f"{who}: {reason}" if reason else tr("{0} proposed it.").format(who)
    return _sentence(text)


def expectation_words(trial: Trial, goal: Goal) -> str:
    """What was expected and what came out: "Expected 0.952 ± 0.011, got 0.947 (−0.4 sd)."."""
    told = expectation_of(trial, goal)
    if told is None:
        return ""
    digits = decimals_for(told.sd)
    expected = score_text(told.mean, digits)
    if not math.isnan(told.sd):
        expected += f" ± {score_text(told.sd, digits)}"
    if math.isnan(told.got):
        return tr("Expected {0}.").format(expected)
    got = score_text(told.got, digits)
    if math.isnan(told.deviation):
        return tr("Expected {0}, got {1}.").format(expected, got)
    off = f"{told.deviation:+.1f}".replace("-", "−")
    return (
        tr("Expected {0}, got {1} ({2} sd).").format(expected, got, off).replace(" sd", "\u00a0sd")
    )


def calibration_words(found: Calibration) -> str:
    """How often the expectations were right, once there are enough to say so."""
    if found.count < ENOUGH:
        return ""
    text = tr("Within ±2 sd so far: {0:.0f} % of {1:,} trials.")
    return text.format(100 * found.share, found.count)


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."

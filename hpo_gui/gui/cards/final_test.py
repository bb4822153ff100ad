"""The locked test: rows that took no part in anything, opened once, for the trial chosen."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QWidget

from hpo_gui.core.trial import Trial
from hpo_gui.gui.jobs import Job
from hpo_gui.gui.notices import notice_of
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import metric_words, score_text
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.buttons import LinkButton, SecondaryButton, explain
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.key_value_list import KeyValueList
from hpo_gui.gui.widgets.labels import label, wrapped
from hpo_gui.gui.widgets.stat_tile import StatTile

Key: TypeAlias = tuple[Path, float | None]


@dataclass
class Opened:
    """What is known of the locked rows of one study.

    Attributes
    ----------
    scores : of each trial that was tested, by its number, in the order of the tests
    job : the test under way, None for none
    """

    scores: dict[int, dict[str, float]] = field(default_factory=dict)
    job: Job | None = None


class FinalTest(QObject):
    """What is known of the locked rows, one a session.

    What was opened stays so while the program runs: when its study goes on, and while another one
    is shown.

    Signals
    -------
    changed : rows were opened, or it is another study
    failed : the exception that stood in the way
    """

    changed = Signal()
    failed = Signal(object)

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._session = session
        self._shown = Opened()
        self._known: dict[Key, Opened] = {}
        session.replacing.connect(self._leave)
        session.study_changed.connect(self._recall)

    @property
    def scores(self) -> dict[int, dict[str, float]]:
        """Of each trial of the study shown that was tested, in the order of the tests."""
        return self._shown.scores

    @property
    def job(self) -> Job | None:
        """The test of the study shown that is under way."""
        return self._shown.job

    @property
    def share(self) -> float:
        """Share of the rows that is locked, 0 where none is."""
        data = self._session.spec.data
        return data.test_share if data is not None else 0.0

    def open(self, number: int) -> Job:
        """Score a trial's model on the locked rows; in a job."""
        opened = self._shown
        job = self._session.study_jobs.open_test(number)
        opened.job = job
        self._remember()
        job.finished.connect(lambda scores: opened.scores.update({number: scores}))
        job.failed.connect(lambda error: self._failed(opened, error))
        job.ended.connect(lambda: self._ended(opened))
        self.changed.emit()
        return job

    def _failed(self, opened: Opened, error: Exception) -> None:
        if opened is self._shown:
            self.failed.emit(error)
        else:
            self._session.tell(notice_of(error, self.tr("The locked test could not be opened")))

    def _ended(self, opened: Opened) -> None:
        opened.job = None
        if opened is self._shown:
            self.changed.emit()

    def _leave(self) -> None:
        """Another study is about to be shown, whose trials have the same numbers."""
        self._shown = Opened()
        self.changed.emit()

    def _recall(self) -> None:
        """A study is shown, perhaps again, or has another file."""
        self._remember()
        self.changed.emit()

    def _remember(self) -> None:
        """Know the study shown by its file and its beginning: the file can be another's later."""
        path, trials = self._session.path, self._session.builder.trials
        if path is not None and trials:
            self._shown = self._known.setdefault((path, trials[0].started), self._shown)


def final_test(session: Session) -> FinalTest:
    """Return what is known of a session's locked rows."""
    direct = Qt.FindChildOption.FindDirectChildrenOnly
    return session.findChild(FinalTest, options=direct) or FinalTest(session)


class FinalTestCard(Card):
    """Says whether rows are locked, opens them, and shows what came out."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._session = session
        self._store = trial_store(session)
        self._test = final_test(session)
        self.setAccessibleName(self.tr("Final test"))
        self.heading = label(self.tr("Final test"), "strong")
        self.tile = StatTile()
        self.text = wrapped("", "muted")
        self.error = wrapped("", "error")
        self.button = SecondaryButton(self.tr("Open the locked test"), "unlock")
        self.link = LinkButton(self.tr("Lock rows in step 1"))
        self.rest = KeyValueList(self.tr("Other goals"))
        for part in (
            self.heading,
            self.tile,
            self.rest,
            self.text,
            self.error,
            self.button,
            self.link,
        ):
            self.add(part)
        self.body.setSpacing(6)
        self.error.hide()
        self.button.clicked.connect(self._open)
        self.link.clicked.connect(lambda: session.go_to.emit("data", "data.test_share"))
        self._test.changed.connect(self.refresh)
        self._test.failed.connect(self._complain)
        session.replacing.connect(self.error.hide)
        store = self._store
        signals = (session.spec_changed, store.reset, store.changed, store.chosen_changed)
        for signal in signals:
            signal.connect(self.refresh)
        self.refresh()

    def _open(self) -> None:
        best = self._chosen()
        if best is not None:
            self.error.hide()
            self._test.open(best.number)

    def _chosen(self) -> Trial | None:
        """The best trial; of several goals the one that is taken."""
        return self._store.chosen if self._store.several else self._store.summary.best

    def _complain(self, error: BaseException) -> None:
        self.error.setText(str(error))
        self.error.show()

    def refresh(self) -> None:
        """Show what is known."""
        share, count = self._test.share, len(self._session.builder.trials)
        scores = {n: tested for n, tested in self._test.scores.items() if n < count}
        self.link.setVisible(share == 0 and self._session.spec.data is not None)
        self.button.setVisible(share > 0 and not scores)
        self.tile.setVisible(bool(scores))
        self.rest.setVisible(bool(scores) and self._store.several)
        if scores:
            self._show_scores(scores)
        elif share == 0:
            self.text.setText(
                self.tr(
                    "No rows are locked away. The validation score is a little optimistic, "
                    "since the winner was chosen by it."
                )
            )
        else:
            self.text.setText(
                self.tr(
                    "{0:.0f} % of the rows took no part in anything so far. Open them once, when "
                    "the choice is made: that score is the one to report."
                ).format(100 * share)
            )
        best = self._chosen()
        if self._store.several and best is not None:
            words = self.tr("Open the locked test for #{0}").format(best.number)
            opened = best.number in scores
            self.button.setVisible(share > 0 and not opened)
            self.button.setText(words)
        else:
            self.button.setText(self.tr("Open the locked test"))
        why = "" if best is not None else self.tr("No trial is complete yet.")
        if self._test.job is not None:
            why = self.tr("The final model is being fitted and scored.")
        explain(self.button, why)

    def _show_scores(self, scores: dict[int, dict[str, float]]) -> None:
        number = list(scores)[-1]
        metric = self._store.goal.metric
        trial = self._store.trial(number)
        self.tile.set_stat(
            score_text(scores[number].get(metric), 3),
            metric_words(metric),
            name=self.tr("Locked test, trial #{0}").format(number),
        )
        self.rest.set_rows(
            [
                (
                    metric_words(goal.metric),
                    self.tr("{0} (validation {1})").format(
                        score_text(scores[number].get(goal.metric), 3),
                        score_text(trial.scores.get(goal.metric), 3),
                    ),
                )
                for goal in self._store.goals
                if goal.metric != metric
            ]
        )
        said = score_text(trial.scores.get(metric), 3)
        text = self.tr("The validation said {0}.").format(said)
        if len(scores) > 1:
            text += " " + self.tr(
                "Opened for {0} trials: choosing between them by it would make it optimistic."
            ).format(len(scores))
        self.text.setText(text)

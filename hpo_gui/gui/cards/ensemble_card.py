"""The ensemble in the results: who votes, how good it is, and how honest that number is."""

from __future__ import annotations

import math

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from hpo_gui.analysis.ensemble import Ensemble
from hpo_gui.analysis.model_board import model_of
from hpo_gui.gui.jobs import Job
from hpo_gui.gui.session import Session
from hpo_gui.gui.summaries import title_of
from hpo_gui.gui.tables.score_text import difference_text, metric_words, score_text
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.bar_list import BarList, NamedBar
from hpo_gui.gui.widgets.buttons import LinkButton, SecondaryButton, explain
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.labels import label, wrapped
from hpo_gui.gui.widgets.stat_tile import StatTile

SHOWN = 10  # members with a bar of their own


class EnsembleCard(Card):
    """Chooses the ensemble when asked, in a process of its own; hidden where there is none.

    Signals
    -------
    export_wanted : the user wants it as a file
    """

    export_wanted = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._session = session
        self._store = trial_store(session)
        self._job: Job | None = None
        self.found: Ensemble | None = None
        self.test: dict[str, float] = {}
        self.setAccessibleName(self.tr("Ensemble"))
        self.tile = StatTile()
        self.bars = BarList(self.tr("Weights of the members"))
        self.text = wrapped("", "muted")
        self.error = wrapped("", "error")
        self.choose = SecondaryButton(self.tr("Combine the best models"))
        self.tested = wrapped("", "good")
        self.open_test = LinkButton(self.tr("Open the locked test for it"))
        self.export = LinkButton(self.tr("Export it…"))
        heading = label(self.tr("Ensemble"), "strong")
        for part in (
            heading,
            self.tile,
            self.bars,
            self.text,
            self.tested,
            self.error,
            self.choose,
            self.open_test,
            self.export,
        ):
            self.add(part)
        self.body.setSpacing(6)
        self.choose.clicked.connect(self._choose)
        self.open_test.clicked.connect(self._open_test)
        self.export.clicked.connect(self.export_wanted)
        session.spec_changed.connect(self.refresh)
        session.replacing.connect(self._forget)
        session.history_reset.connect(self._forget)  # looking at another goal changes nothing here
        self.refresh()

    def _forget(self) -> None:
        self._job = self.found = None
        self.test = {}
        self.error.setText("")
        self.refresh()

    def _choose(self) -> None:
        job = self._session.study_jobs.find_ensemble()
        job.finished.connect(lambda found: self._take(job, found))
        self._begin(job)

    def _open_test(self) -> None:
        if self.found is not None:
            job = self._session.study_jobs.open_ensemble_test(self.found)
            job.finished.connect(lambda scores: self._take_test(job, scores))
            self._begin(job)

    def _begin(self, job: Job) -> None:
        self._job = job
        self.error.setText("")
        job.failed.connect(lambda error: self._complain(job, error))
        job.ended.connect(lambda: self._ended(job))
        self.refresh()

    def _take(self, job: Job, found: Ensemble) -> None:
        if self._job is job:
            self.found, self.test = found, {}

    def _take_test(self, job: Job, scores: dict[str, float]) -> None:
        if self._job is job:
            self.test = scores

    def _complain(self, job: Job, error: BaseException) -> None:
        if self._job is job:
            self.error.setText(str(error))

    def _ended(self, job: Job) -> None:
        if self._job is job:
            self._job = None
            self.refresh()

    def refresh(self) -> None:
        """Show what there is now."""
        spec, found = self._session.spec, self.found
        self.setVisible(spec.ensemble is not None and spec.objective is None)
        for part in (self.tile, self.bars, self.export):
            part.setVisible(found is not None)
        self.error.setVisible(bool(self.error.text()))
        why = "" if len(self._store.history.complete) else self.tr("No trial is complete yet.")
        if self._job is not None:
            why = self.tr("The ensemble is being worked on.")
        explain(self.choose, why)
        explain(self.open_test, why)
        share = spec.data.test_share if spec.data is not None else 0.0
        self.open_test.setVisible(found is not None and share > 0 and not self.test)
        self.tested.setVisible(bool(self.test))
        if self.test and found is not None:
            score = score_text(self.test.get(found.goal.metric), 4)
            self.tested.setText(self.tr("On the locked rows it scores {0}.").format(score))
        if found is None:
            self.text.setText(
                self.tr("Several trials' models that vote are often better than the best one.")
            )
            return
        self.choose.setText(self.tr("Choose again"))
        self._show(found)

    def _show(self, found: Ensemble) -> None:
        metric, best = found.goal.metric, found.best
        gain = found.against_best(self._store.test_ratio)
        known = math.isfinite(found.honest)
        size = difference_text(gain.mean, gain.half_width)
        remark = self.tr("{0} against the best trial").format(size)
        tone = "good" if gain.verdict == "better" and known else ""
        if gain.verdict == "within_noise":
            remark, tone = self.tr("{0} against the best: within noise").format(size), "warning"
        self.tile.set_stat(
            score_text(found.honest if known else found.score, 4),
            metric_words(metric),
            name=self.tr("Votes chosen on other folds") if known else self.tr("Optimistic score"),
            remark=remark if math.isfinite(gain.mean) else "",
            tone=tone,
        )
        shown = found.members[:SHOWN]
        self.bars.set_bars(
            [
                NamedBar(
                    self._name(member.number),
                    found.share(member),
                    text=f"{found.share(member):.0%}",
                )
                for member in shown
            ]
        )
        words = [
            self.tr(
                "On the folds that its votes were chosen on it scores {0}, which is optimistic; "
                "trial #{1} alone {2}."
            ).format(
                score_text(found.score, 4),
                best.number,
                score_text(best.scores.get(metric), 4),
            )
        ]
        if len(found.members) > len(shown):
            more = len(found.members) - len(shown)
            words.append(self.tr("{0} more vote a little.").format(more))
        if found.left_out:
            one = found.left_out[0]
            words.append(
                self.tr("{0} took no part: of trial #{1}, {2}.").format(
                    len(found.left_out), one.number, one.reason
                )
            )
        self.text.setText(" ".join(words))

    def _name(self, number: int) -> str:
        models = [model.name for model in self._session.spec.models]
        known = models and number < self._store.count
        name = title_of(model_of(self._store.trial(number), models)) if known else ""
        return f"#{number} {name}".strip()

"""A dialog that computes the study again and shows whether it comes to the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QWidget

from hpo_gui.core.durations import show_duration
from hpo_gui.core.errors import StudioError
from hpo_gui.gui.jobs import Job
from hpo_gui.gui.session import Session
from hpo_gui.gui.widgets.buttons import LinkButton, PrimaryButton, SecondaryButton
from hpo_gui.gui.widgets.dialogs import MessageDialog
from hpo_gui.gui.widgets.labels import set_role, wrapped
from hpo_gui.gui.widgets.run_progress import RunProgress

if TYPE_CHECKING:
    from hpo_gui.assembly.repetition import Repetition

LEAST_WIDTH = 560


class RepeatDialog(MessageDialog):
    """Asks how much to compute again, then shows how far it is, then the answer.

    The study and its file stay as they are. Closing the dialog gives up.

    Attributes
    ----------
    found : the answer, once it is there
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Check that the study repeats"), "", parent)
        self._session = session
        self.job: Job | None = None
        self.found: Repetition | None = None
        self.setMinimumWidth(LEAST_WIDTH)
        self.text.setText(self._intro())
        self.progress = RunProgress()
        self.progress.setAccessibleName(self.tr("Progress of the check"))
        self.stage = wrapped("", "muted")
        self.answer = wrapped("", "strong")
        self.details = wrapped("", "")
        for words in (self.answer, self.details):
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        parts: tuple[QWidget, ...] = (self.progress, self.stage, self.answer, self.details)
        for part in parts:
            self.body.addWidget(part)
            part.hide()
        self.body.addStretch(1)
        self.copy_button = LinkButton(self.tr("Copy the answer"), "copy")
        self.close_button = SecondaryButton(self.tr("Cancel"))
        self.quick_button = SecondaryButton(self.tr("Proposals only"))
        self.all_button = PrimaryButton(self.tr("Proposals and scores"))
        self._build_buttons()
        self.finished.connect(self._give_up)

    def _build_buttons(self) -> None:
        self.add_button(self.copy_button, left=True)
        self.copy_button.hide()
        for button in (self.close_button, self.quick_button, self.all_button):
            self.add_button(button)
        self.copy_button.clicked.connect(self.copy)
        self.close_button.clicked.connect(self.reject)
        self.quick_button.clicked.connect(lambda: self.start(scores=False))
        self.all_button.clicked.connect(lambda: self.start(scores=True))
        self.all_button.setDefault(True)
        self.all_button.setFocus()

    def _intro(self) -> str:
        trials = self._session.builder.trials
        spent = sum(trial.seconds or 0.0 for trial in trials)
        spent /= max(self._session.history.plan.workers, 1)
        return self.tr(
            "The {0:,} trials are computed again from what is recorded, and compared bit for bit: "
            "what the strategy proposes from what it knew then, and the scores of every fold or "
            "step, which takes about as long as the study did ({1}). Nothing is changed."
        ).format(len(trials), show_duration(spent))

    def start(self, *, scores: bool) -> None:
        """Begin, in a job."""
        engine, path = self._session.engine, self._session.path
        assert engine is not None
        assert path is not None, "the command needs a study with a file"
        self.quick_button.hide()
        self.all_button.hide()
        self.progress.show()
        self.stage.show()
        self.stage.setText(self.tr("Reading the study…"))
        self.job = self._session.jobs.start(
            self.tr("Checking that the study repeats"),
            lambda job: engine.replay(path, scores, job.tell),
            finished=self._show,
            failed=self._complain,
            progressed=self._show_progress,
        )

    def _show_progress(self, share: float, words: str) -> None:
        self.progress.set_progress(max(share, 0.0))
        self.stage.setText(words)

    def _show(self, found: Repetition) -> None:
        self.found = found
        self._end(found.head, "good" if found.is_same else "warning")
        self.details.setText("\n".join(f"• {line}" for line in found.details))
        self.details.show()
        self.copy_button.show()
        self.adjustSize()

    def _complain(self, error: BaseException) -> None:
        text = str(error) if isinstance(error, StudioError) else f"{type(error).__name__}: {error}"
        self._end(text, "error")

    def _end(self, text: str, role: str) -> None:
        self.job = None
        self.text.hide()
        self.progress.hide()
        self.stage.hide()
        set_role(self.answer, role)
        self.answer.setText(text)
        self.answer.show()
        self.close_button.setText(self.tr("Close"))
        self.close_button.setDefault(True)
        self.close_button.setFocus()

    def copy(self) -> None:
        """Put the answer on the clipboard."""
        QApplication.clipboard().setText(f"{self.answer.text()}\n{self.details.text()}")

    def _give_up(self) -> None:
        if self.job is not None:
            self.job.progressed.disconnect(self._show_progress)
            self.job.cancel()
            self.job = None

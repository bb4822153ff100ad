"""The export drawer: which trial, which files, where to, and what came of it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from hpo_gui.analysis.landscape import LEAST
from hpo_gui.core.trial import TrialState
from hpo_gui.gui.cards.export_choices import ExportChoice, export_choices
from hpo_gui.gui.cards.final_test import final_test
from hpo_gui.gui.jobs import Job
from hpo_gui.gui.notices import Notice, notice_of
from hpo_gui.gui.of_study import of_study
from hpo_gui.gui.session import Session
from hpo_gui.gui.study_files import studies_folder
from hpo_gui.gui.tables.front_words import choice_words
from hpo_gui.gui.tables.score_text import metric_words
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.widgets.buttons import (
    IconButton,
    LinkButton,
    PrimaryButton,
    SecondaryButton,
    explain,
)
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.labels import ElidedLabel, hairline, label, wrapped

INDENT = 26

Scores: TypeAlias = Mapping[str, float]
Export: TypeAlias = Callable[[Scores | None], Job]


class ExportDrawer(Card):
    """See the module.

    Signals
    -------
    closed : the user is done
    """

    closed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent=parent)
        self._session = session
        self._store = trial_store(session)
        self._test = final_test(session)
        self._folder: Path | None = None
        self._job: Job | None = None
        self.choices = export_choices()
        self.boxes: dict[str, QCheckBox] = {}
        self.which = Combo(name=self.tr("Trial to export"))
        self.open_test = QCheckBox(self.tr("Open the locked test"))
        self.open_test.setChecked(True)
        self.open_test_text = wrapped("", "small")
        self.folder = ElidedLabel("", "", mode=Qt.TextElideMode.ElideMiddle)
        self.choose = SecondaryButton(self.tr("Choose…"), "folder")
        self.replaces = wrapped("", "warning")
        self.error = wrapped("", "error")
        self.progress = QProgressBar()
        self.done = wrapped("", "good")
        self.show_folder = LinkButton(self.tr("Open folder"), "folder")
        self.write = PrimaryButton(self.tr("Write files"), "export")
        self.cancel = SecondaryButton(self.tr("Cancel"))
        self.close_button = IconButton("close", self.tr("Close"))
        self.set_title(self.tr("Export results"))
        self.add_action(self.close_button)
        self._fill()
        self._listen()
        self.refresh()

    # --- building -------------------------------------------------------------------------------

    def _fill(self) -> None:
        inner = QFrame()
        inner.setProperty("kind", "plain")
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(4)
        column.addWidget(label(self.tr("Trial"), "small"))
        column.addWidget(self.which)
        column.addSpacing(8)
        for choice in self.choices:
            self._add_choice(column, choice)
        column.addSpacing(4)
        column.addWidget(hairline())
        column.addSpacing(4)
        column.addWidget(self.open_test)
        column.addLayout(_indented(self.open_test_text))
        column.addStretch(1)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.add(area, 1)
        self.add(hairline())
        self.add(label(self.tr("Folder"), "small"))
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.folder, 1)
        row.addWidget(self.choose)
        self.body.addLayout(row)
        self.progress.setRange(0, 0)
        self.progress.setTextVisible(False)
        self.progress.setAccessibleName(self.tr("Export in progress"))
        for part in (self.replaces, self.error, self.progress, self.done, self.show_folder):
            self.add(part)
            part.hide()
        buttons = QHBoxLayout()
        buttons.addWidget(self.cancel)
        buttons.addStretch(1)
        buttons.addWidget(self.write)
        self.body.addLayout(buttons)
        self.cancel.hide()

    def _add_choice(self, column: QVBoxLayout, choice: ExportChoice) -> None:
        box = QCheckBox(choice.file)
        box.setChecked(choice.usual)
        box.setAccessibleDescription(choice.holds)
        box.toggled.connect(self.refresh)
        self.boxes[choice.key] = box
        column.addWidget(box)
        column.addLayout(_indented(wrapped(choice.holds, "small")))

    def _listen(self) -> None:
        session = self._session
        self.close_button.clicked.connect(self.closed)
        self.choose.clicked.connect(self._choose_folder)
        self.write.clicked.connect(self.export)
        self.cancel.clicked.connect(self._cancel)
        self.show_folder.clicked.connect(self._show_in_files)
        self.which.picked.connect(lambda _: self.refresh())
        self.open_test.toggled.connect(self.refresh)
        self._test.changed.connect(self.refresh)
        session.replacing.connect(self._leave_study)
        session.study_changed.connect(self._forget)
        self._store.reset.connect(self.refresh)
        self._store.changed.connect(self._refresh_if_seen)
        self._store.chosen_changed.connect(self._take_chosen)
        session.looking.selection_changed.connect(self._refresh_if_seen)
        session.spec_changed.connect(self._refresh_if_seen)

    def _forget(self) -> None:
        self._folder = None
        self.open_test.setChecked(True)
        self._say()
        self.refresh()

    def _take_chosen(self) -> None:
        """Offer the trial that was taken just now."""
        self.refresh()
        chosen = self._store.chosen
        if chosen is not None:
            self.which.set_current_key(chosen.number)
            self.refresh()

    def _refresh_if_seen(self) -> None:
        if self.isVisible():
            self.refresh()

    # --- what is chosen -------------------------------------------------------------------------

    def begin(self, *ticked: str, trial: int | None = None) -> None:
        """Open with the trial that the user took, else the selected one, else the best.

        Parameters
        ----------
        ticked : keys of files that are wanted too
        trial : one of the selected trials, to open with in any case
        """
        self._say()
        for key in ticked:
            self.boxes[key].setChecked(True)
        self.refresh()
        chosen = self._session.looking.selection
        if trial is not None:
            self.which.set_current_key(trial)
        elif self._session.looking.choice is not None:
            self._take_chosen()
        elif chosen and chosen[-1] in [key for key, _ in self._offered()]:
            self.which.set_current_key(chosen[-1])
        self.refresh()
        self.write.setFocus(Qt.FocusReason.OtherFocusReason)

    def _offered(self) -> list[tuple[int, str]]:
        """Complete trials to choose from: the best, the selected ones, the baseline."""
        summary = self._store.summary
        if summary.best is None:
            return []
        if self._store.several:
            return self._of_several()
        offered = {summary.best.number: self.tr("best trial #{0}").format(summary.best.number)}
        if summary.alternative is not None:
            number = summary.alternative.trial.number
            offered.setdefault(number, self.tr("cheaper, as good: #{0}").format(number))
        for number in self._session.looking.selection[-5:]:
            complete = number < self._store.count and self._is_complete(number)
            if complete:
                offered.setdefault(number, self.tr("selected trial #{0}").format(number))
        if summary.baseline is not None:
            number = summary.baseline.number
            offered.setdefault(number, self.tr("defaults #{0}").format(number))
        return list(offered.items())

    def _of_several(self) -> list[tuple[int, str]]:
        """With several goals: the trial taken, the knee, the best by each goal, the selected."""
        store, made = self._store, self._store.pareto
        offered: dict[int, str] = {}
        chosen = store.chosen
        if chosen is not None:
            why = choice_words(store, chosen.number)
            words = self.tr("trial #{0}: {1}") if why else self.tr("trial #{0}")
            offered[chosen.number] = words.format(chosen.number, why)
        if made.knee is not None:
            offered.setdefault(made.knee, self.tr("knee #{0}").format(made.knee))
        for goal, number in zip(made.goals, made.bests, strict=False):
            words = self.tr("best {0} #{1}").format(metric_words(goal.metric), number)
            offered.setdefault(number, words)
        for number in self._session.looking.selection[-5:]:
            if number < store.count and self._is_complete(number):
                offered.setdefault(number, self.tr("selected trial #{0}").format(number))
        if store.summary.baseline is not None:
            number = store.summary.baseline.number
            offered.setdefault(number, self.tr("defaults #{0}").format(number))
        return list(offered.items())

    def _is_complete(self, number: int) -> bool:
        return self._store.trial(number).state is TrialState.COMPLETE

    @property
    def trial(self) -> int | None:
        """Number of the trial to export, or None."""
        key = self.which.current_key()
        return key if isinstance(key, int) else None

    @property
    def target(self) -> Path:
        """The folder to write into."""
        if self._folder is not None:
            return self._folder
        path = self._session.path
        if path is not None:
            return path.parent / f"{path.stem} results"
        name = re.sub(r"[^\w. -]+", "_", self._session.spec.name).strip("._ ") or "study"
        return studies_folder() / f"{name} results"

    def set_folder(self, folder: Path) -> None:
        """Choose the folder."""
        self._folder = folder
        self._say()
        self.refresh()

    def wanted(self) -> dict[str, Path]:
        """The files to write: key -> path."""
        return {
            choice.key: self.target / choice.file
            for choice in self.choices
            if self.boxes[choice.key].isChecked() and self.boxes[choice.key].isEnabled()
        }

    # --- showing --------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show what can be written now, and why something cannot."""
        offered = self._offered()
        keep = self.trial
        self.which.set_options(list(offered))
        known = [key for key, _ in offered]
        self.which.set_current_key(keep if keep in known else known[0] if known else None)
        self.which.setEnabled(bool(offered))
        for choice in self.choices:
            explain(self.boxes[choice.key], self._why_not(choice), choice.holds)
        self._show_test()
        self.folder.setText(str(self.target))
        wanted = self.wanted()
        there = sum(path.exists() for path in wanted.values())
        self.replaces.setText(self._replace_words(there))
        self.replaces.setVisible(there > 0 and self._job is None and self.done.isHidden())
        one = len(wanted) == 1
        words = self.tr("Write 1 file") if one else self.tr("Write {0} files").format(len(wanted))
        self.write.setText(words)
        why = "" if wanted else self.tr("Tick at least one file.")
        if self._job is not None:
            why = self.tr("An export is under way.")
        explain(self.write, why)

    def _replace_words(self, there: int) -> str:
        if there == 1:
            return self.tr("1 file there will be replaced.")
        return self.tr("{0} files there will be replaced.").format(there)

    def _why_not(self, choice: ExportChoice) -> str:
        if choice.needs == "nothing":
            return ""
        if not self._store.count:
            return self.tr("There are no trials yet.")
        if choice.needs == "front" and not self._store.several:
            return self.tr("A study with one goal has no front.")
        if (
            choice.needs in ("front", "trial", "landscape", "lineage", "model", "ensemble")
            and self.trial is None
        ):
            return self.tr("No trial is complete yet.")
        if choice.needs == "landscape" and len(self._store.history.complete) < LEAST:
            return self.tr("A surrogate needs three complete trials.")
        if choice.needs == "ensemble" and self._session.spec.ensemble is None:
            return self.tr("Step 3 can switch on that the best models are combined.")
        if choice.needs == "learning" and not self._store.learns:
            return self.tr("These trials do not learn step by step.")
        if choice.needs == "lineage" and not self._went_on():
            return self.tr("This trial has not gone on from another: select one that has.")
        if choice.needs in ("model", "table") and self._session.spec.objective is not None:
            return self.tr("A function of your own has no model to write.")
        if choice.key == "model_skops" and find_spec("skops") is None:
            return self.tr("It needs the package skops: type pip install skops.")
        return ""

    def _went_on(self) -> bool:
        """Whether the trial has gone on from another one.

        While another study is coming the trial may still be one of the study before.
        """
        number, trials = self.trial or 0, self._session.builder.trials
        return number < len(trials) and trials[number].parent is not None

    def _show_test(self) -> None:
        share, number = self._test.share, self.trial
        model = self._session.spec.objective is None
        opened = number in self._test.scores
        shown = share > 0 and model and number is not None and not opened
        self.open_test.setVisible(shown)
        self.open_test_text.setVisible(shown)
        if self._test.scores:
            text = self.tr("Opened before for another trial: a second look is less honest.")
        else:
            text = self.tr("Scores the model once on the {0:.0f} % of rows kept for that.")
            text = text.format(100 * share)
        self.open_test_text.setText(text)

    # --- writing --------------------------------------------------------------------------------

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, self.tr("Folder for the results"), str(self.target.parent))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda path: self.set_folder(Path(path)))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        of_study(dialog, self._session)
        dialog.open()

    def export(self) -> None:
        """Write the files; the locked test is opened first where that is wished."""
        self._say()
        problem = folder_problem(self.target)
        if problem:
            self._say(error=problem)
            return
        number = self.trial
        export = self._session.study_jobs.exporting(self.wanted(), number)
        opens = self.open_test.isChecked() and not self.open_test.isHidden()
        if number is None:
            self._write(export, None)
        elif opens:
            job = self._test.open(number)
            self._begin(job)
            job.finished.connect(lambda scores: self._write(export, scores, after=job))
            job.failed.connect(lambda error: self._test_failed(job, error))
        else:
            self._write(export, self._test.scores.get(number))

    def _write(self, export: Export, test: Scores | None, *, after: Job | None = None) -> None:
        """Export the study that it was asked for, which may be shown no more after the test."""
        shown = after is None or self._job is after
        job = export(test)
        if shown:
            self._begin(job)
        job.finished.connect(lambda paths: self._written(job, paths))
        job.failed.connect(lambda error: self._failed(job, error))

    def _begin(self, job: Job) -> None:
        self._job = job
        self.progress.show()
        self.cancel.show()
        job.ended.connect(lambda: self._ended(job))
        self.refresh()

    def _written(self, job: Job, paths: Iterable[Path]) -> None:
        files = [Path(path) for path in paths]
        words = self.tr("Written: {0}").format(", ".join(path.name for path in files))
        if self._job is job:
            self._say(done=words)
        else:
            folders = dict.fromkeys(str(path.parent) for path in files)
            self._session.tell(Notice("good", words, ", ".join(folders)))

    def _failed(self, job: Job, error: Exception) -> None:
        if self._job is job:
            self._say(error=_told(error))
        else:
            self._session.tell(notice_of(error, self.tr("The results were not written")))

    def _test_failed(self, job: Job, error: Exception) -> None:
        if self._job is job:  # else `FinalTest` tells it
            self._say(error=_told(error))

    def _leave_study(self) -> None:
        """Another study is about to be shown: what is under way goes on behind it."""
        self._job = None
        self.progress.hide()
        self.cancel.hide()
        self._say()

    def _ended(self, job: Job) -> None:
        if self._job is job:
            self._job = None
            self.progress.hide()
            self.cancel.hide()
            self.refresh()

    def _cancel(self) -> None:
        if self._job is not None:
            self._job.cancel()
            self._say(error=self.tr("The export was cancelled."))

    def _say(self, *, error: str = "", done: str = "") -> None:
        self.error.setText(error)
        self.error.setVisible(bool(error))
        self.done.setText(done)
        self.done.setVisible(bool(done))
        self.show_folder.setVisible(bool(done))

    def _show_in_files(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self.target)))


def folder_problem(folder: Path) -> str:
    """Make the folder; what stands in the way and what to do, or ""."""
    remedy = "Choose another folder."
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        return f"{folder} is a file, not a folder. {remedy}"
    except OSError as error:
        return f"{folder} cannot be made: {error.strerror or error}. {remedy}"
    if not os.access(folder, os.W_OK):
        return f"{folder} cannot be written: permission denied. {remedy}"
    return ""


def _told(error: BaseException) -> str:
    text = str(error)
    return text or type(error).__name__


def _indented(widget: QWidget) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setContentsMargins(INDENT, 0, 0, 4)
    row.addWidget(widget)
    return row

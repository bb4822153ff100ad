"""What the File menu does: choosing files, opening and writing them; no dialog blocks."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from hpo_gui.assembly.relocation import relocated
from hpo_gui.core.errors import StudioError
from hpo_gui.core.spec_text import spec_to_toml
from hpo_gui.evaluation.samples import PREFIX
from hpo_gui.export.files import write_text
from hpo_gui.gui.cards.final_test import final_test
from hpo_gui.gui.dialogs.predict_dialog import PredictDialog
from hpo_gui.gui.jobs import Job
from hpo_gui.gui.notices import Notice, notice_of
from hpo_gui.gui.of_study import of_study
from hpo_gui.gui.preferences import PreferenceStore
from hpo_gui.gui.recent import RecentFile, RecentFiles
from hpo_gui.gui.session import Session
from hpo_gui.gui.study_files import studies_folder
from hpo_gui.gui.tables.trial_store import trial_store

if TYPE_CHECKING:
    from hpo_gui.assembly.predicting import Predicted

TABLES = "*.csv *.tsv *.txt *.csv.gz *.tsv.gz *.parquet *.xlsx *.xls *.xlsb *.ods"


class FileCommands(QObject):
    """See the module.

    Parameters
    ----------
    open_file : opens a path in place of what is shown, asking first when a study runs

    Signals
    -------
    report_written : its path
    """

    report_written = Signal(object)

    def __init__(
        self,
        session: Session,
        preferences: PreferenceStore,
        recent: RecentFiles,
        window: QWidget,
        open_file: Callable[[str], object],
    ) -> None:
        super().__init__(window)
        self.session = session
        self.preferences = preferences
        self.recent = recent
        self.window = window
        self.open_file = open_file
        self.dialog: QFileDialog | None = None
        session.study_changed.connect(self._remember_source)

    def open_data(self) -> None:
        """Choose a table and open it."""
        kinds = self.tr("Tables ({0})").format(TABLES)
        self._ask_open(self.tr("Open data"), kinds, self._folder())

    def open_study(self) -> None:
        """Choose a study file and open it."""
        folder = studies_folder()
        where = str(folder) if folder.is_dir() else self._folder()
        self._ask_open(self.tr("Open study"), self.tr("Studies (*.hpostudy)"), where)

    def open_spec(self) -> None:
        """Choose a specification and open it."""
        kinds = self.tr("Specifications (*.toml *.json)")
        self._ask_open(self.tr("Open specification"), kinds, self._folder())

    def save_spec(self) -> None:
        """Choose where the specification goes, and write it."""
        name = f"{self.session.spec.name}.toml"
        self._ask_save(
            self.tr("Save specification"), self.tr("TOML (*.toml)"), name, self.write_spec
        )

    def save_copy(self) -> None:
        """Choose where a copy of the study goes, and write it."""
        name = f"{self.session.spec.name}-copy.hpostudy"
        self._ask_save(
            self.tr("Save a copy of the study"),
            self.tr("Studies (*.hpostudy)"),
            name,
            self.write_copy,
        )

    def report(self) -> None:
        """Choose where the report of the study goes, and write it."""
        study = re.sub(r"[^\w. -]+", "_", self.session.spec.name).strip("._ ") or "study"
        name = f"{study} report.html"
        self._ask_save(
            self.tr("Export report"), self.tr("Web pages (*.html)"), name, self.write_report
        )

    def predict(self) -> PredictDialog:
        """Ask for a model and a table, and write what the model says of its rows."""
        spec, base = self.session.spec, self.session.base
        source = "" if spec.data is None else spec.data.source
        table = source if not source or source.startswith(PREFIX) else str(base / source)
        dialog = PredictDialog(self.session.jobs, table, self._folder(), TABLES, self.window)
        dialog.predicted.connect(self._tell_predicted)
        dialog.open()
        return dialog

    def _tell_predicted(self, done: Predicted) -> None:
        words = self.tr("Predicted {0} rows").format(f"{done.rows:,}")
        text = " ".join([str(done.path), *done.warnings])
        self.session.tell(Notice("warning" if done.warnings else "good", words, text))

    def save_elsewhere(self, not_chosen: Callable[[], object] = lambda: None) -> None:
        """Choose where a study goes on whose file cannot be written.

        Parameters
        ----------
        not_chosen : called when no file was chosen
        """
        path = self.session.path
        name = path.name if path is not None else f"{self.session.spec.name}.hpostudy"
        self._ask_save(
            self.tr("Save the study elsewhere"),
            self.tr("Studies (*.hpostudy)"),
            name,
            lambda chosen: self.session.save_elsewhere(Path(chosen)),
        )
        if self.dialog is not None:
            self.dialog.rejected.connect(not_chosen)

    def write_spec(self, path: str) -> bool:
        """Write the specification as TOML; whether that worked."""
        target = Path(path)
        moved = relocated(self.session.spec, self.session.base, target.absolute().parent)
        try:
            write_text(spec_to_toml(moved), target)
        except StudioError as error:
            head = self.tr("The specification was not saved")
            self.session.tell(notice_of(error, head))
            return False
        words = self.tr("Saved {0}").format(target.name)
        self.session.tell(Notice("good", words, str(target)))
        return True

    def write_copy(self, path: str) -> Job | None:
        """Copy the study file in a job."""
        job = self.session.study_jobs.save_copy(Path(path))
        if job is not None:
            words = self.tr("Saved {0}").format(Path(path).name)
            job.finished.connect(lambda _: self.session.tell(Notice("good", words, path)))
            head = self.tr("The copy was not saved")
            job.failed.connect(lambda error: self.session.tell(notice_of(error, head)))
        return job

    def write_report(self, path: str) -> Job:
        """Write the report in a job, with what the locked test has said where it was opened."""
        target, store = Path(path), trial_store(self.session)
        trial = store.chosen if store.several else store.summary.best
        number = None if trial is None else trial.number
        test = None if number is None else final_test(self.session).scores.get(number)
        job = self.session.study_jobs.export({"report": target}, number, test)
        job.finished.connect(lambda _: self.report_written.emit(target))
        head = self.tr("The report was not written")
        job.failed.connect(lambda error: self.session.tell(notice_of(error, head)))
        return job

    def _ask_open(self, title: str, kinds: str, folder: str) -> None:
        everything = self.tr("All files (*)")
        dialog = QFileDialog(self.window, title, folder, f"{kinds};;{everything}")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._show(dialog, self._opened)

    def _opened(self, path: str) -> None:
        self.preferences.change(folder=str(Path(path).parent))
        self.open_file(path)

    def _ask_save(self, title: str, kinds: str, name: str, write: Callable[[str], object]) -> None:
        dialog = QFileDialog(self.window, title, str(Path(self._folder()) / name), kinds)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(Path(name).suffix.removeprefix("."))
        of_study(dialog, self.session)
        self._show(dialog, write)

    def _show(self, dialog: QFileDialog, chosen: Callable[[str], object]) -> None:
        dialog.fileSelected.connect(chosen)
        dialog.finished.connect(dialog.deleteLater)
        self.dialog = dialog
        dialog.open()

    def _folder(self) -> str:
        folder = self.preferences.value.folder
        return folder if folder and Path(folder).is_dir() else str(Path.home())

    def _remember_source(self) -> None:
        """Put the table of a new study at the top of the recent files."""
        spec, base = self.session.spec, self.session.base
        if spec.data is None or self.session.path is not None:
            return
        source = spec.data.source
        path = source if source.startswith("sample:") else str(base / source)
        name = source.removeprefix("sample:")
        self.recent.put(RecentFile(path, Path(name).name, "data"))

"""The dialog that predicts a table's rows with a model file, after a look into the file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from hpo_gui.core.errors import StudioError
from hpo_gui.gui.jobs import Job, Jobs
from hpo_gui.gui.typography import monospace_font
from hpo_gui.gui.widgets.buttons import PrimaryButton, SecondaryButton
from hpo_gui.gui.widgets.dialogs import MessageDialog
from hpo_gui.gui.widgets.labels import label, set_role, wrapped

if TYPE_CHECKING:
    from hpo_gui.assembly.predicting import Predicted
    from hpo_gui.evaluation.model_file import ModelFile

MODELS = "*.skops *.pkl *.pickle *.joblib"
WIDTH = 620
NAMES_HEIGHT = 150
FILE_NAME = "predictions.csv"


class PredictDialog(MessageDialog):
    """Asks for a model, a table and a file to write; nothing of the model is loaded unasked.

    Parameters
    ----------
    table : to begin with; "" for none
    folder : where choosing begins
    tables : patterns of files that hold tables

    Signals
    -------
    predicted : a `Predicted`; the dialog is closed
    """

    predicted = Signal(object)

    def __init__(
        self, jobs: Jobs, table: str, folder: str, tables: str, parent: QWidget | None = None
    ) -> None:
        title = self.tr("Predict with a model")
        text = self.tr(
            "The model says what it expects for every row of a table. The table needs the columns "
            "that the model has learnt from."
        )
        super().__init__(title, text, parent)
        self.setMinimumWidth(WIDTH)
        self._jobs, self._folder = jobs, folder
        self._looking: Job | None = None
        self._job: Job | None = None
        self._file: ModelFile | None = None
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(8)
        self._grid.setColumnStretch(1, 1)
        self.body.addLayout(self._grid)
        self.model = self._row(self.tr("Model"), self.tr("Models ({0})").format(MODELS), False)
        self.table = self._row(self.tr("Table"), self.tr("Tables ({0})").format(tables), False)
        self.out = self._row(self.tr("Write to"), self.tr("CSV (*.csv)"), True)
        self.keep = QLineEdit()
        self.keep.setPlaceholderText(self.tr("such as id, name"))
        self._add(self.tr("Copy columns"), self.keep)
        self._add_names()
        self.error = wrapped("", "error")
        self.error.hide()
        self.body.addWidget(self.error)
        self._add_buttons()
        self.model.textChanged.connect(self._look)
        self.table.textChanged.connect(self._suggest)
        self.table.setText(table)
        for field in (self.out, self.keep):
            field.textChanged.connect(self._show)
        self.finished.connect(self._leave)
        self._show()
        self.model.setFocus()

    # --- what it is made of ---------------------------------------------------------------------

    def _add(self, words: str, field: QLineEdit, button: QWidget | None = None) -> None:
        row = self._grid.rowCount()
        name = label(words)
        name.setBuddy(field)
        field.setAccessibleName(words)
        self._grid.addWidget(name, row, 0)
        self._grid.addWidget(field, row, 1, 1, 1 if button else 2)
        if button is not None:
            self._grid.addWidget(button, row, 2)

    def _row(self, words: str, kinds: str, saves: bool) -> QLineEdit:
        """A field for a path, with a button that chooses one."""
        field = QLineEdit()
        button = SecondaryButton(self.tr("Choose…"))
        button.setAccessibleName(self.tr("Choose: {0}").format(words))
        button.clicked.connect(lambda: self._choose(field, words, kinds, saves))
        self._add(words, field, button)
        return field

    def _add_names(self) -> None:
        self.facts = wrapped("", "muted")
        self.names = QPlainTextEdit()
        self.names.setReadOnly(True)
        self.names.setFont(monospace_font())
        self.names.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.names.setAccessibleName(self.tr("Types and functions that the model names"))
        self.names.setTabChangesFocus(True)
        self.names.setMinimumHeight(NAMES_HEIGHT)
        self.body.addWidget(self.facts)
        self.body.addWidget(self.names, 1)

    def _add_buttons(self) -> None:
        cancel = SecondaryButton(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.predict = PrimaryButton("")
        self.predict.clicked.connect(self._predict)
        self.add_button(cancel)
        self.add_button(self.predict)
        self.predict.setAutoDefault(False)

    def _choose(self, field: QLineEdit, title: str, kinds: str, saves: bool) -> None:
        everything = self.tr("All files (*)")
        start = field.text() or self._folder
        dialog = QFileDialog(self, title, start, kinds if saves else f"{kinds};;{everything}")
        if saves:
            dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            dialog.setDefaultSuffix("csv")
        else:
            dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(field.setText)
        dialog.open()

    # --- the model ------------------------------------------------------------------------------

    def _look(self) -> None:
        """Find out, in a job, what the file names; only the last one asked for is shown."""
        self._file = None
        path = Path(self.model.text().strip()).expanduser()
        if self._looking is not None:
            self._looking.cancel()
            self._looking = None
        self._say("")
        if not self.model.text().strip() or not path.is_file():
            self._show()
            return

        def work(job: Job) -> ModelFile:
            from hpo_gui.evaluation.model_file import look_into_model

            return look_into_model(path)

        self._looking = self._jobs.start(
            self.tr("Looking into {0}").format(path.name),
            work,
            finished=self._looked,
            failed=self._failed,
        )
        self._show()

    def _looked(self, file: ModelFile) -> None:
        self._looking, self._file = None, file
        self._show()

    def _suggest(self) -> None:
        """Write beside the table, as long as no other place was typed."""
        if not self.out.isModified():
            table = Path(self.table.text().strip())
            away = not self.table.text().strip() or self.table.text().startswith("sample:")
            folder = Path(self._folder) if away else table.parent
            self.out.setText(str(folder / FILE_NAME))
        self._show()

    def _show(self) -> None:
        file = self._file
        asks = file is not None and not file.trusted
        self.names.setVisible(asks)
        if file is None:
            waits = self._looking is not None
            self.facts.setText(self.tr("Looking into the model…") if waits else "")
        elif asks:
            self._show_names(file)
        else:
            self.facts.setText(self.tr("This program wrote the model, or you have trusted it."))
            set_role(self.facts, "good")
        self.facts.setVisible(bool(self.facts.text()))
        self.predict.setText(self.tr("Trust it and predict") if asks else self.tr("Predict"))
        filled = all(f.text().strip() for f in (self.model, self.table, self.out))
        self.predict.setEnabled(file is not None and filled and self._job is None)

    def _show_names(self, file: ModelFile) -> None:
        from hpo_gui.evaluation.model_file import is_unusual, warning_of

        words = [warning_of(file), self.tr("It names these types and functions.")]
        if file.unusual:
            words.append(
                self.tr("Those with ! are of no package that models are usually made of.")
            )
        if file.doubt:
            words.append(self.tr("There may be more: {0}.").format(file.doubt))
        self.facts.setText(" ".join(words))
        set_role(self.facts, "warning")
        marks = {True: "!", False: " "}
        lines = [f"{marks[is_unusual(name)]} {name}" for name in file.names]
        self.names.setPlainText("\n".join(lines))

    # --- predicting -----------------------------------------------------------------------------

    def _predict(self) -> None:
        file = self._file
        assert file is not None, "the button is off until then"
        table, out = self.table.text().strip(), Path(self.out.text().strip()).expanduser()
        keep = tuple(filter(None, (name.strip() for name in self.keep.text().split(","))))

        def work(job: Job) -> Predicted:
            from hpo_gui.assembly.predicting import predict_table
            from hpo_gui.evaluation.trust import trust_model

            if not file.trusted:
                trust_model(file.sha256)
            return predict_table(
                file.path, Path(table), out, keep, cancelled=lambda: job.is_cancelled
            )

        self._say("")
        self._job = self._jobs.start(
            self.tr("Predicting {0}").format(Path(table).name),
            work,
            finished=self._done,
            failed=self._failed,
        )
        self._show()

    def _done(self, done: Predicted) -> None:
        self._job = None
        self.accept()
        self.predicted.emit(done)

    def _failed(self, error: BaseException) -> None:
        self._looking = self._job = None
        self._say(str(error) if isinstance(error, StudioError) else repr(error))
        self._show()

    def _say(self, text: str) -> None:
        self.error.setText(text)
        self.error.setVisible(bool(text))

    def _leave(self) -> None:
        for job in (self._looking, self._job):
            if job is not None:
                job.cancel()

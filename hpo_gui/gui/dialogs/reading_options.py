"""How a table is read: separator, encoding, decimal sign, header, sheet, codes for missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import structs
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QTableView, QWidget

from hpo_gui.core.errors import StudioError
from hpo_gui.core.spec import ReadingSpec
from hpo_gui.gui.jobs import Job
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.row_preview import RowPreview, fit_columns
from hpo_gui.gui.widgets.buttons import PrimaryButton, SecondaryButton, explain
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.dialogs import MessageDialog
from hpo_gui.gui.widgets.labels import label, set_role, wrapped
from hpo_gui.gui.widgets.table_style import dress_table

if TYPE_CHECKING:
    from hpo_gui.evaluation.table import Table

WIDTH, PREVIEW_HEIGHT = 760, 260
TYPING_MS = 250
SPREADSHEETS = (".xlsx", ".xls", ".xlsb", ".xlsm", ".ods")
BINARY = (*SPREADSHEETS, ".parquet", ".pq")
Options = Sequence[tuple[object, str]]


class ReadingDialog(MessageDialog):
    """Shows the first rows as the options would read them, before anything changes.

    Signals
    -------
    chosen : the `ReadingSpec` that the user applied
    """

    chosen = Signal(object)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        data, table = session.spec.data, session.table
        assert data is not None
        name = table.name if table is not None else data.source
        super().__init__(self.tr("How to read {0}").format(name), "", parent)
        self.text.hide()
        self.session = session
        self.reading = data.reading
        self.source = data.source
        self.table: Table | None = None
        self.job: Job | None = None
        self.names: dict[tuple[Combo, object], str] = {}
        self.setMinimumWidth(WIDTH)
        self._make_fields(
            data.reading, (table.path.suffix if table and table.path else "").lower()
        )
        self.summary = wrapped("", "muted")
        self.model = RowPreview(self)
        self.view = QTableView()
        self.view.setModel(self.model)
        self.view.setAccessibleName(self.tr("First rows"))
        self.view.setMinimumHeight(PREVIEW_HEIGHT)
        dress_table(self.view)
        self.body.addWidget(self.summary)
        self.body.addWidget(self.view, 1)
        self._add_buttons()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(TYPING_MS)
        self._timer.timeout.connect(self._read)
        if table is not None:
            self._show(table)
        else:
            self._read()

    def _make_fields(self, reading: ReadingSpec, suffix: str) -> None:
        found = self.tr("found by itself")
        separators: Options = (
            (None, found),
            (",", self.tr("comma")),
            (";", self.tr("semicolon")),
            ("\t", self.tr("tab")),
            ("|", self.tr("bar")),
            (" ", self.tr("spaces")),
        )
        encodings: Options = (
            (None, found),
            ("utf-8", "UTF-8"),
            ("cp1252", self.tr("Western European (cp1252)")),
            ("latin-1", "Latin-1"),
            ("utf-16", "UTF-16"),
            ("shift_jis", self.tr("Japanese (Shift JIS)")),
            ("gb18030", self.tr("Chinese (GB 18030)")),
            ("cp1251", self.tr("Cyrillic (cp1251)")),
        )
        decimals: Options = ((None, found), (".", self.tr("point")), (",", self.tr("comma")))
        headers: Options = (
            (None, found),
            (True, self.tr("first row has the names")),
            (False, self.tr("no header")),
        )
        self.separator = self._combo(self.tr("Separator"), separators, reading.separator)
        self.encoding = self._combo(self.tr("Encoding"), encodings, reading.encoding)
        self.decimal = self._combo(self.tr("Decimal sign"), decimals, reading.decimal)
        self.header = self._combo(self.tr("Header"), headers, reading.header)
        self.sheet = QLineEdit(reading.sheet or "")
        self.sheet.setPlaceholderText(self.tr("the first one"))
        self.missing = QLineEdit(", ".join(reading.missing or ()))
        self.missing.setPlaceholderText(self.tr("the usual ones: empty, NA, ?, null …"))
        for edit, words in (
            (self.sheet, self.tr("Sheet")),
            (self.missing, self.tr("Codes for missing")),
        ):
            edit.setAccessibleName(words)
            edit.textEdited.connect(lambda _: self._timer.start())
        self._lay_out(suffix)

    def _combo(self, name: str, options: Options, value: object) -> Combo:
        if value not in [key for key, _ in options]:
            options = (*options, (value, str(value)))
        combo = Combo(options, name)
        self.names |= {(combo, key): words for key, words in options if key is not None}
        combo.set_current_key(value)
        combo.picked.connect(lambda _: self._read())
        return combo

    def _lay_out(self, suffix: str) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(4)
        fields: list[tuple[str, QWidget, bool]] = [
            (self.tr("Separator"), self.separator, suffix not in BINARY),
            (self.tr("Encoding"), self.encoding, suffix not in BINARY),
            (self.tr("Decimal sign"), self.decimal, suffix not in BINARY),
            (self.tr("Sheet"), self.sheet, suffix in SPREADSHEETS),
            (self.tr("Header"), self.header, suffix not in (".parquet", ".pq")),
            (self.tr("Codes for missing, with commas"), self.missing, True),
        ]
        shown = [(words, widget) for words, widget, useful in fields if useful]
        for number, (words, widget) in enumerate(shown):
            row, column = divmod(number, 3)
            head = label(words, "small")
            head.setBuddy(widget)
            grid.addWidget(head, 2 * row, column)
            grid.addWidget(widget, 2 * row + 1, column)
        for column in range(3):
            grid.setColumnStretch(column, 1)
        self.body.addLayout(grid)
        for _, widget, useful in fields:
            if not useful:
                widget.setParent(self)
                widget.hide()

    def _add_buttons(self) -> None:
        cancel = SecondaryButton(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.apply_button = PrimaryButton(self.tr("Read it like this"))
        self.apply_button.clicked.connect(self._apply)
        self.apply_button.setDefault(True)
        self.add_button(cancel)
        self.add_button(self.apply_button)

    def wanted(self) -> ReadingSpec:
        """The options as they stand in the fields."""
        codes = tuple(code.strip() for code in self.missing.text().split(",") if code.strip())
        return structs.replace(
            self.reading,
            separator=self.separator.current_key(),
            encoding=self.encoding.current_key(),
            decimal=self.decimal.current_key(),
            header=self.header.current_key(),
            sheet=self.sheet.text().strip() or None,
            missing=codes or None,
        )

    def _read(self) -> None:
        """Read the table again in a job, with the options as they stand."""
        engine = self.session.engine
        if engine is None:
            return
        if self.job is not None:
            self.job.cancel()
        source, base, reading = self.source, self.session.base, self.wanted()
        explain(self.apply_button, self.tr("Reading the table…"))
        self.job = self.session.jobs.start(
            self.tr("Reading {0}").format(source),
            lambda job: engine.read_table(source, base, reading, lambda: job.is_cancelled),
            finished=self._show,
            failed=self._show_error,
        )

    def _show(self, table: Table) -> None:
        self.table = table
        self.model.set_table(table)
        fit_columns(self.view)
        self._name_found(table)
        set_role(self.summary, "muted")
        self.summary.setText(table.summary)
        explain(self.apply_button, "")

    def _name_found(self, table: Table) -> None:
        """Say beside "found by itself" what was found."""
        used = table.reading
        for combo, value in (
            (self.separator, used.separator),
            (self.encoding, used.encoding),
            (self.decimal, used.decimal),
            (self.header, used.header),
        ):
            words = self.names.get((combo, value), "")
            combo.setItemText(0, self.found_with(words))

    def found_with(self, words: str) -> str:
        """Such as ``found: comma``."""
        return self.tr("found: {0}").format(words) if words else self.tr("found by itself")

    def _show_error(self, error: BaseException) -> None:
        words = str(error) if isinstance(error, StudioError) else repr(error)
        self.model.set_table(None)
        set_role(self.summary, "bad")
        self.summary.setText(words)
        explain(self.apply_button, words)

    def _apply(self) -> None:
        self.chosen.emit(self.wanted())
        self.accept()

    def done(self, result: int) -> None:
        """Give up what is being read."""
        self._timer.stop()
        if self.job is not None:
            self.job.cancel()
        super().done(result)

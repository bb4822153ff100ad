"""Step 1: the table, its columns and what they are for, its rows, the splits, the task."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import structs
from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QMenu, QStackedWidget, QTableView, QVBoxLayout, QWidget

from hpo_gui.core.spec import DataSpec, ReadingSpec
from hpo_gui.gui.cards.file_card import FileCard
from hpo_gui.gui.cards.task_card import TaskCard
from hpo_gui.gui.data_edits import with_role, with_type
from hpo_gui.gui.dialogs.reading_options import ReadingDialog
from hpo_gui.gui.of_study import of_study
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.column_table import ColumnModel, ColumnTable
from hpo_gui.gui.tables.row_preview import SHOWN, RowPreview, fit_columns
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.empty_state import EmptyState
from hpo_gui.gui.widgets.message_bar import Action, MessageStack
from hpo_gui.gui.widgets.search_box import SearchBox
from hpo_gui.gui.widgets.segmented_control import SegmentedControl
from hpo_gui.gui.widgets.table_style import dress_table

if TYPE_CHECKING:
    from hpo_gui.evaluation.notice import Notice

SHOWN_NOTICES = 3
MANY_COLUMNS = 15
ORDER = {"error": 0, "warning": 1, "info": 2}
MakeSplits = Callable[[Session], QWidget]


class DataPanel(QWidget):
    """See the module.

    Parameters
    ----------
    make_splits : makes the picture of the splits when it is first looked at; None leaves it out
    fill_examples : fills the menu of examples when it opens

    Signals
    -------
    open_wanted : the user wants to choose another file
    """

    open_wanted = Signal()

    def __init__(
        self,
        session: Session,
        parent: QWidget | None = None,
        *,
        make_splits: MakeSplits | None = None,
        fill_examples: Callable[[QMenu], object] | None = None,
    ) -> None:
        super().__init__(parent)
        self.session = session
        self._make_splits = make_splits
        self._all_notices = False
        self._put_away: set[str] = set()
        self.examples = QMenu(self)
        if fill_examples is not None:
            fill_examples(self.examples)
        self.file = FileCard(session, self.examples)
        self.messages = MessageStack()
        self.columns = ColumnModel(session, self)
        self.table = ColumnTable(self.columns)
        self.rows = RowPreview(self)
        self.row_view = QTableView()
        self.task = TaskCard(session)
        self.reading: ReadingDialog | None = None
        self._build()
        self._listen()
        self.refresh()

    def _build(self) -> None:
        options = [("columns", self.tr("Columns")), ("rows", self.tr("Rows"))]
        if self._make_splits is not None:
            options.append(("splits", self.tr("Splits")))
        self.view = SegmentedControl(options, self.tr("View"))
        self.search = SearchBox(self.tr("Find a column"))
        self.search.setFixedWidth(200)
        self.card = Card(self.tr("Columns"), flush=True)
        self.card.add_action(self.search)
        self.card.add_action(self.view)
        self.row_view.setModel(self.rows)
        self.row_view.setAccessibleName(self.tr("First rows"))
        dress_table(self.row_view)
        self.row_view.verticalHeader().show()
        self.views = QStackedWidget()
        self.views.addWidget(self.table)
        self.views.addWidget(self.row_view)
        self.splits: QWidget | None = None
        self.card.add(self.views, 1)
        self.nothing = EmptyState(
            "flask",
            self.tr("This study tunes a function of your own"),
            self.tr("It needs no table. Its parameters are in step 2, Space."),
        )
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(self.file)
        column.addWidget(self.messages)
        column.addWidget(self.card, 1)
        column.addWidget(self.nothing, 1)
        column.addWidget(self.task)

    def _listen(self) -> None:
        self.view.changed.connect(self.show_view)
        self.search.searched.connect(self.columns.set_filter)
        self.columns.role_wanted.connect(self._set_role)
        self.columns.type_wanted.connect(self._set_type)
        self.file.reading_wanted.connect(self.open_reading)
        self.file.open_wanted.connect(self.open_wanted)
        self.messages.closed.connect(self._put_away.add)
        self.session.table_changed.connect(self.refresh)
        self.session.problems_changed.connect(self._show_notices)
        self.session.study_changed.connect(self._another_study)

    # --- what is shown ------------------------------------------------------------------------

    def refresh(self) -> None:
        """Show the session's table again."""
        table, data = self.session.table, self.session.spec.data
        self.card.setVisible(data is not None)
        self.nothing.setVisible(data is None)
        self.search.setVisible(table is not None and len(table.columns) > MANY_COLUMNS)
        if self.view.current() == "rows":
            self.rows.set_table(table)
            fit_columns(self.row_view)
            self._set_subtitle("rows")
        self._show_notices()

    def show_view(self, key: str) -> None:
        """Show "columns", "rows" or "splits"."""
        self.view.set_current(key)
        titles = {"rows": self.tr("Rows"), "splits": self.tr("Splits")}
        self.card.set_title(titles.get(key, self.tr("Columns")))
        self._set_subtitle(key)
        if key == "rows":
            self.rows.set_table(self.session.table)
            fit_columns(self.row_view)
            self.views.setCurrentWidget(self.row_view)
        elif key == "splits" and self._make_splits is not None:
            if self.splits is None:
                self.splits = QWidget()
                inside = QVBoxLayout(self.splits)
                inside.setContentsMargins(14, 4, 14, 8)
                inside.addWidget(self._make_splits(self.session))
                self.views.addWidget(self.splits)
            self.views.setCurrentWidget(self.splits)
        else:
            self.views.setCurrentWidget(self.table)

    def focus_field(self, field: str) -> None:
        """Go to a field: "source", "target", "reading", "test_share" or the name of a column."""
        field = field.removeprefix("data.")
        if field == "test_share":
            (self.task.share if self.task.share.isEnabled() else self.task.keep).setFocus()
            return
        if field in ("source", "reading") and self.session.spec.data is not None:
            self.open_reading() if field == "reading" else self.file.open_button.setFocus()
            return
        self.show_view("columns")
        roles = self.session.roles
        name = (roles.target or "") if roles is not None and field == "target" else field
        self.table.show_column(name)
        self.table.setFocus()

    def _set_subtitle(self, key: str) -> None:
        table = self.session.table
        long = table is not None and table.rows > SHOWN and key == "rows"
        words = self.tr("the first {0:,} of {1:,}")
        self.card.set_subtitle(words.format(SHOWN, table.rows) if long and table else "")

    # --- notices ------------------------------------------------------------------------------

    def notices(self) -> list[tuple[str, Notice]]:
        """What is to say about table and models, the most serious first, each with its key."""
        table, roles = self.session.table, self.session.roles
        said = [*(table.notices if table else ()), *(roles.notices if roles else ())]
        said += self.session.about_models
        said.sort(key=lambda notice: ORDER[notice.level])
        keyed = [(f"{notice.head} {notice.text}", notice) for notice in said]
        return [(key, notice) for key, notice in keyed if key not in self._put_away]

    def _show_notices(self) -> None:
        self.messages.clear()
        self._show_problems()
        found = self.notices()
        shown = found if self._all_notices else found[:SHOWN_NOTICES]
        for key, notice in shown:
            self.messages.show_message(
                key,
                notice.level,
                unquoted(notice.head),
                unquoted(notice.text),
                actions=self._help_for(notice),
                closable=notice.level == "info",
            )
        more = len(found) - len(shown)
        if more:
            self.messages.show_message(
                "more",
                "info",
                self.tr("{0} more notes").format(more),
                actions=[(self.tr("Show all"), self._show_all)],
                closable=False,
            )

    def _show_problems(self) -> None:
        """A table that cannot be read, or roles that cannot be given."""
        told = {notice.level for _, notice in self.notices()}
        for problem in self.session.problems:
            if problem.step != "data" or "error" in told:
                continue
            actions: list[Action] = []
            if self.session.spec.data is not None:
                actions.append((self.tr("Reading options…"), self.open_reading))
            self.messages.show_message(
                f"problem {problem.field}",
                "error",
                problem.error.parameter,
                str(problem.error).removeprefix(problem.error.parameter).strip(),
                actions=actions,
                closable=False,
            )

    def _help_for(self, notice: Notice) -> list[Action]:
        name = notice.column
        if name is not None:
            return [(self.tr("Show"), lambda: self._show_column(name))]
        if "missing" in notice.head:
            return [(self.tr("Change"), self._go_to_preprocessing)]
        if "separator" in notice.text or "Reading options" in notice.text:
            return [(self.tr("Reading options…"), self.open_reading)]
        return []

    def _show_column(self, name: str) -> None:
        self.show_view("columns")
        self.table.show_column(name)

    def _go_to_preprocessing(self) -> None:
        self.session.go_to.emit("strategy", "preprocessing")

    def _show_all(self) -> None:
        self._all_notices = True
        self._show_notices()

    def _another_study(self) -> None:
        self._all_notices = False
        self._put_away.clear()
        self.search.clear()
        self.show_view("columns")

    # --- edits --------------------------------------------------------------------------------

    def open_reading(self) -> None:
        """Ask how the table is to be read."""
        if self.session.spec.data is None or self.session.is_active:
            return
        self.reading = ReadingDialog(self.session, self)
        self.reading.chosen.connect(self._set_reading)
        of_study(self.reading, self.session)
        self.reading.open()

    def _set_reading(self, reading: ReadingSpec) -> None:
        self._edit(lambda data: structs.replace(data, reading=reading), self.tr("Reading options"))

    def _set_role(self, name: str, role: str) -> None:
        roles = self.session.roles
        if roles is None:
            return
        names = self.table.chosen_with(name)
        words = self.tr("Role of {0}").format(_several(names))
        self._edit(lambda data: with_role(data, roles, names, role), words)  # type: ignore[arg-type]

    def _set_type(self, name: str, kind: str) -> None:
        table = self.session.table
        if table is None:
            return
        names = self.table.chosen_with(name)
        words = self.tr("Type of {0}").format(_several(names))
        self._edit(lambda data: with_type(data, table, names, kind), words)  # type: ignore[arg-type]

    def _edit(self, change: Callable[[DataSpec], DataSpec], text: str) -> None:
        spec = self.session.spec
        if spec.data is not None:
            self.session.edit(structs.replace(spec, data=change(spec.data)), text)


def unquoted(text: str) -> str:
    """Names in typographic quotes in place of backticks."""
    return re.sub(r"`([^`]*)`", r"“\1”", text)


def _several(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    return QCoreApplication.translate("data panel", "{0} columns").format(len(names))

"""The field for the filter of trials; what is wrong with it stands in a line of its own."""

from __future__ import annotations

from html import escape

from PySide6.QtWidgets import QLabel, QWidget

from hpo_gui.core.parameter import Categorical, Ordinal
from hpo_gui.core.value import show
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.trial_filter import EDITED, FIXED
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.typography import monospace_font
from hpo_gui.gui.widgets.labels import set_look, wrapped
from hpo_gui.gui.widgets.search_box import SearchBox


class FilterBox(SearchBox):
    """Sets the session's filter; several boxes show the same one.

    Attributes
    ----------
    message : a label for the owner to place under the field; hidden while all is well
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._session = session
        self._store = trial_store(session)
        self.message: QLabel = wrapped("", "error")
        self.message.hide()
        self.setFont(monospace_font())
        self.setMinimumWidth(150)
        self.setMaximumWidth(320)
        self.setAccessibleName(self.tr("Filter of the trials"))
        self.searched.connect(session.looking.set_filter)
        session.looking.filter_changed.connect(self._show)
        self._store.filter_failed.connect(self._complain)
        self._store.reset.connect(self._explain)
        self._show(session.looking.filter)
        self._complain(self._store.filter_error)
        self._explain()

    def _show(self, text: str) -> None:
        if text != self.text() and text.strip() != self.text().strip():
            self.setText(text)

    def _complain(self, error: str) -> None:
        """Say what is wrong; the last filter that was understood stays in force."""
        set_look(self, "invalid", bool(error))
        self.setAccessibleDescription(error)
        kept = self.tr("The last good filter stays.") if error else ""
        self.message.setText(f"{error} {kept}".strip())
        self.message.setVisible(bool(error))

    def _explain(self) -> None:
        """Show an example with the study's own names, and all names in the tooltip."""
        space = self._store.columns.space
        example = "score > 0.9"
        listed = next((p for p in space if isinstance(p, Categorical | Ordinal)), None)
        if listed is not None and listed.name.isidentifier():
            example += f" and {listed.name} = {show(listed.values[0])}"
        self.setPlaceholderText(example)
        fixed = (*FIXED, *EDITED) if self._store.edited else FIXED
        names = ", ".join((*fixed, *space.names, *self._store.metrics))
        self.setToolTip(
            f"<p><b>{escape(example)}</b></p><p>"
            + escape(self.tr("Filters every plot and table. Names: {0}.").format(names))
            + "</p><p>"
            + escape(
                self.tr(
                    "Signs: < <= > >= = != ~ in, and, or, not, + − * / and ( ). "
                    "“note ~ odd” finds a part of a text."
                )
            )
            + "</p>"
        )

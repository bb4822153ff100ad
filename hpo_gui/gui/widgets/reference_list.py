"""Papers behind a choice: full citations, with links to those that have an address."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QEvent, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from hpo_gui.gui.widgets.buttons import LinkButton
from hpo_gui.gui.widgets.labels import rich_label

_ARXIV = re.compile(r"\barXiv[:\s]\s*(\d{4}\.\d{4,5}(?:v\d+)?|[a-z-]+(?:\.[A-Z]{2})?/\d{7})", re.I)
_DOI = re.compile(r"\b(?:doi[:\s]\s*)?(10\.\d{4,9}/[^\s,;]*[^\s,;.)])", re.I)
_WEB = re.compile(r"https?://[^\s,;]*[^\s,;.)]")


def reference_link(citation: str) -> tuple[str, str]:
    """The part of a citation to click on, and where it leads; two times "" where there is none.

    >>> reference_link("Ament et al. (2023), Unexpected improvements, arXiv 2310.20708")
    ('arXiv 2310.20708', 'https://arxiv.org/abs/2310.20708')
    """
    if found := _WEB.search(citation):
        return found.group(0), found.group(0)
    if found := _ARXIV.search(citation):
        return found.group(0), f"https://arxiv.org/abs/{found.group(1)}"
    if found := _DOI.search(citation):
        return found.group(0), f"https://doi.org/{found.group(1)}"
    return "", ""


class ReferenceList(QWidget):
    """A link "Papers" that shows and hides the citations; hidden when there are none.

    Signals
    -------
    opened : the address that the user followed
    """

    opened = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        self.lines: list[QLabel] = []
        super().__init__(parent)
        self._open = False
        self.button = LinkButton("")
        self.button.setCheckable(True)
        self.button.clicked.connect(self._toggle)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(3)
        self._column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self.set_references(())

    def set_references(self, citations: Sequence[str]) -> None:
        """Show these."""
        for line in self.lines:
            self._column.removeWidget(line)
            line.hide()
            line.deleteLater()
        self.lines = [self._line(citation) for citation in citations]
        for line in self.lines:
            self._column.addWidget(line)
        self.setVisible(bool(citations))
        self._show()

    def changeEvent(self, event: QEvent) -> None:
        """Give links the colour of the theme: a label keeps that of when it got its text."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for line in self.lines:
                text = line.text()
                line.clear()
                line.setText(text)

    def _line(self, citation: str) -> QLabel:
        part, address = reference_link(citation)
        text = escape(citation)
        if part:
            link = f'<a href="{escape(address)}">{escape(part)}</a>'
            text = text.replace(escape(part), link, 1)
        line = rich_label(text, "small", self)
        line.setWordWrap(True)
        line.setAccessibleName(citation)
        line.setTextInteractionFlags(
            Qt.TextInteractionFlag.LinksAccessibleByMouse
            | Qt.TextInteractionFlag.LinksAccessibleByKeyboard
            | Qt.TextInteractionFlag.TextSelectableByMouse
        )
        line.setFocusPolicy(Qt.FocusPolicy.StrongFocus if part else Qt.FocusPolicy.NoFocus)
        line.linkActivated.connect(self._follow)
        return line

    def _follow(self, address: str) -> None:
        self.opened.emit(address)
        QDesktopServices.openUrl(QUrl(address))

    def _toggle(self) -> None:
        self._open = not self._open
        self._show()

    def _show(self) -> None:
        words = self.tr("Papers ({0})").format(len(self.lines))
        if len(self.lines) == 1:
            words = self.tr("Paper")
        self.button.setText(f"{words} ▴" if self._open else f"{words} ▾")
        self.button.setAccessibleName(words)
        self.button.setChecked(self._open)
        for line in self.lines:
            line.setVisible(self._open)

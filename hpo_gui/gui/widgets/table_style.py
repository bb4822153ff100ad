"""How tables look: hairlines between rows, no grid, a quiet head, rows of one height."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

ROW, EDIT_ROW, HEAD = 28, 36, 30  # pixels: plain rows, rows with edits in them, the head


def dress_table(view: QTableView, row_height: int = ROW) -> None:
    """Give a table its look, and the settings that keep 100,000 rows quick.

    Parameters
    ----------
    row_height : `ROW` for reading, `EDIT_ROW` when cells hold combos or edits
    """
    view.setShowGrid(False)
    view.setWordWrap(False)
    view.setCornerButtonEnabled(False)
    view.setFrameShape(QTableView.Shape.NoFrame)
    view.setMouseTracking(True)
    view.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    view.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    view.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    rows, head = view.verticalHeader(), view.horizontalHeader()
    rows.hide()
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    rows.setMinimumSectionSize(row_height)
    rows.setDefaultSectionSize(row_height)
    head.setFixedHeight(HEAD)
    head.setHighlightSections(False)
    head.setMinimumSectionSize(36)
    head.setResizeContentsPrecision(64)
    head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    head.setTextElideMode(Qt.TextElideMode.ElideRight)

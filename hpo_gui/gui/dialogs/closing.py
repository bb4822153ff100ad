"""The question at the end: what becomes of the studies that are running."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from hpo_gui.gui.widgets.dialogs import ConfirmDialog

KEEP, STOP, CANCEL = "keep", "yes", "cancel"


class ClosingDialog(ConfirmDialog):
    """Asks whether to keep the studies as paused, to stop them now, or to stay.

    ``chosen`` sends `KEEP`, `STOP` or `CANCEL`.
    """

    def __init__(self, names: Sequence[str], running: int, parent: QWidget | None = None) -> None:
        trials = (
            self.tr("1 trial is running")
            if running == 1
            else self.tr("{0} trials are running").format(running)
        )
        head = self.tr("“{0}” is still running").format(names[0])
        what = self.tr("Keep the study as paused")
        if len(names) > 1:
            head = self.tr("{0} studies are still running").format(len(names))
            trials = ", ".join(f"“{name}”" for name in names) + ": " + trials
            what = self.tr("Keep them as paused")
        super().__init__(
            head,
            self.tr(
                "{0}. {1}: the running trials finish first, then the window "
                "closes. Or stop now: they are tried again when the study goes on. "
                "Everything that is finished is saved."
            ).format(trials, what),
            self.tr("Stop and close"),
            parent,
            destructive=True,
            choices=((KEEP, self.tr("Keep as paused")),),
        )

"""The question at the end: what becomes of a study that is running."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from hpo_gui.gui.widgets.dialogs import ConfirmDialog

KEEP, STOP, CANCEL = "keep", "yes", "cancel"


class ClosingDialog(ConfirmDialog):
    """Asks whether to keep the study as paused, to stop it now, or to stay.

    ``chosen`` sends `KEEP`, `STOP` or `CANCEL`.
    """

    def __init__(self, name: str, running: int, parent: QWidget | None = None) -> None:
        trials = (
            self.tr("1 trial is running")
            if running == 1
            else self.tr("{0} trials are running").format(running)
        )
        super().__init__(
            self.tr("“{0}” is still running").format(name),
            self.tr(
                "{0}. Keep the study as paused: the running trials finish first, then the window "
                "closes. Or stop now: they are tried again when the study goes on. "
                "Everything that is finished is saved."
            ).format(trials),
            self.tr("Stop and close"),
            parent,
            destructive=True,
            choices=((KEEP, self.tr("Keep as paused")),),
        )

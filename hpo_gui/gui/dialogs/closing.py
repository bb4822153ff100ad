"""The question at the end: what becomes of the studies that are running."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QWidget

from hpo_gui.gui.widgets.dialogs import ConfirmDialog
from hpo_gui.study.events import Stuck

KEEP, STOP, CANCEL = "keep", "yes", "cancel"
ELSEWHERE, RESCUE, LOSE = "yes", "rescue", "lose"


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


class UnsavedDialog(ConfirmDialog):
    """Asks what becomes of results that the study file does not take.

    ``chosen`` sends `ELSEWHERE`, `RESCUE`, `LOSE` or `CANCEL`.

    Parameters
    ----------
    may_lose : a rescue copy was tried in vain, so that closing means to lose them
    """

    def __init__(
        self, name: str, stuck: Stuck, parent: QWidget | None = None, *, may_lose: bool = False
    ) -> None:
        trials = (
            self.tr("1 trial is only in memory")
            if stuck.unsaved == 1
            else self.tr("{0} trials are only in memory").format(stuck.unsaved)
        )
        words = self.tr(
            "{0}: {1} Save the whole study elsewhere, or let the program write a rescue copy "
            "into its own folder; running trials are tried again when the study goes on."
        )
        choice = (RESCUE, self.tr("Write a rescue copy"))
        if may_lose:
            words = self.tr(
                "{0}: {1} A rescue copy could not be written either. Save the whole study on "
                "another disk, or close and lose them."
            )
            choice = (LOSE, self.tr("Close and lose them"))
        super().__init__(
            self.tr("“{0}” cannot be saved").format(name),
            words.format(trials, stuck.error),
            self.tr("Save elsewhere…"),
            parent,
            choices=(choice,),
        )

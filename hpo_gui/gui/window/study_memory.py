"""What the program remembers of studies: the recent ones, interrupted ones, drafts."""

from __future__ import annotations

import os
from collections.abc import Callable, Container
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from hpo_gui.gui.drafts import Draft, DraftKeeper
from hpo_gui.gui.open_studies import OpenStudies, OpenStudy
from hpo_gui.gui.recent import RecentFiles
from hpo_gui.gui.widgets.message_bar import MessageStack
from hpo_gui.gui.window.study_items import recent_of

if TYPE_CHECKING:
    from hpo_gui.assembly.crash_reports import InterruptedRun


class StudyMemory(QObject):
    """Writes the study's line into the recent files, and offers at the start what was left.

    Parameters
    ----------
    open_file : opens a path in place of what is shown
    """

    def __init__(
        self,
        studies: OpenStudies,
        recent: RecentFiles,
        messages: MessageStack,
        open_file: Callable[[str], object],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        session = self.session = studies.session
        self.studies = studies
        self.recent = recent
        self.messages = messages
        self.open_file = open_file
        self.drafts = DraftKeeper(session, parent=self)
        self.drafts.others = self._open_drafts
        self.drafts.is_taken_up = lambda: studies.is_kept
        self._killed: dict[str, InterruptedRun] = {}  # offered, by path
        messages.closed.connect(self._closed)
        session.study_changed.connect(self.remember)
        session.stopped.connect(self.remember)
        session.state_changed.connect(self._state_changed)
        studies.begun.connect(self._remember_held)
        studies.held_stopped.connect(self.remember)

    def _state_changed(self, state: str) -> None:
        if state in ("running", "paused", "finished"):
            self.remember()

    def _remember_held(self, key: str) -> None:
        held = self.studies.held.get(key)
        if held is not None:
            self.remember(held)

    def remember(self, study: OpenStudy | None = None) -> None:
        """Write an open study, by default the one shown, into the list of recent files."""
        study = study or self.session
        file = recent_of(study, os.getpid())
        if file is None:
            return
        if self.recent.find(file.path) is None:
            self.recent.put(file)
        elif not study.read_only:  # else another window writes it, and its line
            self.recent.update(file)

    def offer_interrupted(self, queued: Container[str] = ()) -> None:
        """Offer to go on with studies that the last end of the program interrupted.

        Parameters
        ----------
        queued : paths of studies with which the queue goes on
        """
        for file in self.recent.interrupted():
            if file.path not in queued:
                self._offer_interrupted(file.path, file.name)

    def _offer_interrupted(self, path: str, name: str) -> None:
        self.messages.show_message(
            path,
            "info",
            self.tr("“{0}” was interrupted").format(name),
            self.tr("Everything that was finished is saved."),
            actions=[
                (self.tr("Go on"), partial(self.go_on, path)),
                (self.tr("Open"), partial(self.open_file, path)),
            ],
        )

    def offer_killed_runs(self, but: Container[str] = ()) -> None:
        """Offer to go on with studies that ran in a terminal when that was ended from outside.

        After the logs were sorted by `CrashReports.offer`.

        Parameters
        ----------
        but : paths of studies that are offered, or gone on with, anyway
        """
        from hpo_gui.assembly.crash_reports import interrupted_runs, tell_of_runs

        if tell_of_runs():
            self.session.jobs.start(
                self.tr("Looking for interrupted studies"),
                lambda job: interrupted_runs(),
                finished=partial(self._offer_killed, but),
            )

    def _offer_killed(self, but: Container[str], runs: list[InterruptedRun]) -> None:
        for run in runs:
            path = str(run.study)
            if path not in but and self.session.path != run.study:
                self._killed[path] = run
                self._offer_interrupted(path, run.study.stem)

    def _closed(self, key: str) -> None:
        run = self._killed.pop(key, None)
        if run is not None:
            from hpo_gui.assembly.crash_reports import forget_run

            forget_run(run)

    def go_on(self, path: str) -> None:
        """Open a study and run it."""

        def run() -> None:
            if self.session.path == Path(path):
                self.session.run()

        job = self.studies.open(path)
        if job is None:  # it is open already
            run()
        else:
            job.ended.connect(run)

    def offer_draft(self) -> None:
        """Offer the studies that were set up, but not run, before the last end."""
        for draft in self.drafts.left:
            self._offer(draft)

    def _offer(self, draft: Draft) -> None:
        key = draft_key(draft)
        self.messages.show_message(
            key,
            "info",
            self.tr("“{0}” was not run yet").format(draft.spec.name),
            self.tr("It was kept as you left it."),
            actions=[
                (self.tr("Go on with it"), partial(self._take_up, draft)),
                (self.tr("Forget it"), partial(self._forget, draft)),
            ],
            closable=False,
        )

    def _take_up(self, draft: Draft) -> None:
        job = self.session.opening.open_draft(draft.spec, Path(draft.base))
        job.finished.connect(partial(self._taken_up, draft))

    def _taken_up(self, draft: Draft, *_: object) -> None:
        self.studies.keep()
        self.drafts.forget(draft)
        for other in self.drafts.left:  # opening one has cleared the offers of the others
            self._offer(other)

    def _forget(self, draft: Draft) -> None:
        self.drafts.forget(draft)
        self.messages.remove(draft_key(draft))

    def _open_drafts(self) -> list[Draft]:
        """Those that are open behind the one shown; what is queued is kept by the queue."""
        held = self.studies.held
        return [
            Draft(str(study.base), study.asked)
            for key, study in held.items()
            if study.path is None and not study.is_active and not self.studies.is_needed(key)
        ]


def draft_key(draft: Draft) -> str:
    """Names the offer of a draft among the messages."""
    return f"draft {id(draft)}"

"""What the user does to the trials of the study shown, while it runs and afterwards.

A study that runs is told through its runner; the file of one that does not is opened in a job.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal

from hpo_gui.core.acting import Acted, do_acts
from hpo_gui.core.acts import Act, changes_scores
from hpo_gui.core.trial import Trial
from hpo_gui.core.wanted import Queued, Wanted
from hpo_gui.gui.engine import Engine, needed
from hpo_gui.gui.jobs import Jobs
from hpo_gui.gui.notices import Notice, notice_of
from hpo_gui.gui.study_acts import StudyActs
from hpo_gui.gui.study_facts import StudyFacts
from hpo_gui.gui.study_run import StudyRun
from hpo_gui.study.queueing import queued_messages

SINGLE = Qt.ConnectionType.SingleShotConnection


class LiveControl(QObject):
    """See the module.

    Parameters
    ----------
    study : what is known of the study shown
    run : gives its run
    engine : None where the study is shown as values, which nothing keeps

    Attributes
    ----------
    acts : what is under way on files of studies that do not run

    Signals
    -------
    trials : the trials that are new or changed
    acted : a `core.acting.Acted`: trials were retracted, corrected or annotated, or could not be
    changed_aside : path and trials of a study that was changed but is not shown any more
    notice : something to tell
    """

    trials = Signal(object)
    acted = Signal(object)
    changed_aside = Signal(object, object)
    notice = Signal(object)

    def __init__(
        self,
        study: StudyFacts,
        run: Callable[[], StudyRun],
        engine: Engine | None,
        jobs: Jobs,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._study = study
        self._run = run
        self._engine = engine
        self.acts = StudyActs(jobs, self)
        self.acts.failed.connect(self._act_failed)

    def kill_trials(self, numbers: Sequence[int]) -> None:
        """End running trials, and take waiting ones out of the queue."""
        if self._study.is_active:
            for number in numbers:
                self._run().control("kill_trial", number)
        elif not self._refuses_acts():
            engine, path = needed(self._engine), self._path_of_file()
            title = self.tr("Taking trials out of the queue")
            taken = self._while_shown(path, self.trials.emit)
            self.acts.do(title, path, lambda: engine.skip(path, numbers), taken)

    def queue(self, wanted: Sequence[Wanted]) -> None:
        """Run trials that the user wants, before what the strategy proposes."""
        run, path = self._run(), self._study.path
        if run.is_active:
            run.control("queue", wanted)
        elif run.has_runner:  # it ends, and then frees the file
            run.stopped.connect(partial(self._queue_later, path, wanted), SINGLE)
        elif not self._refuses_acts():
            self._queue_on(self._path_of_file(), wanted)

    def _queue_later(self, path: Path | None, wanted: Sequence[Wanted]) -> None:
        """Queue in a study whose run was ending; another one may be shown by now."""
        if self._study.path == path:
            self.queue(wanted)
        elif path is not None:
            self._queue_on(path, wanted)

    def _queue_on(self, path: Path, wanted: Sequence[Wanted]) -> None:
        engine, title = needed(self._engine), self.tr("Queueing trials")
        taken = self._while_shown(path, self._take_queued)
        self.acts.do(title, path, lambda: engine.queue(path, wanted), taken)

    def _take_queued(self, queued: Queued) -> None:
        self.trials.emit(queued.trials)
        for message in queued_messages(queued):
            self.notice.emit(Notice(message.level, message.head, message.text))

    def act(self, acts: Sequence[Act]) -> None:
        """Retract, correct or annotate trials; `acted` tells what became of it."""
        if not acts:
            return
        run, path = self._run(), self._study.path
        if run.is_active:
            run.control("act", acts)
        elif run.has_runner:  # it ends, and then frees the file
            run.stopped.connect(partial(self._act_later, path, acts), SINGLE)
        elif path is None or self._engine is None:  # shown as values: nothing keeps them
            self._take_acted(do_acts(acts, self._find_trial, self._study.builder.goals))
        elif not self._refuses_acts():
            self._act_on(path, acts)

    def _act_later(self, path: Path | None, acts: Sequence[Act]) -> None:
        """Act on a study whose run was ending; another one may be shown by now."""
        if self._study.path == path:
            self.act(acts)
        elif path is not None:
            self._act_on(path, acts)

    def _act_on(self, path: Path, acts: Sequence[Act]) -> None:
        engine, title = needed(self._engine), self.tr("Changing trials")
        taken = self._while_shown(path, self._take_acted)
        self.acts.do(title, path, lambda: engine.act(path, acts), taken)

    def _take_acted(self, acted: Acted) -> None:
        if not self._study.is_active and any(changes_scores(one.act) for one in acted.done):
            self._run().done = False  # a trial that was retracted makes room for another one
        self.trials.emit(acted.trials)
        self.acted.emit(acted)

    def _find_trial(self, number: int) -> Trial | None:
        trials = self._study.builder.trials
        return trials[number] if 0 <= number < len(trials) else None

    def _while_shown(
        self, path: Path | None, take: Callable[[Any], None]
    ) -> Callable[[Any], None]:
        """``take``, for what is done to a file; `changed_aside` where it is not shown by then."""

        def taken(result: Any) -> None:
            if self._study.path == path:
                take(result)
            elif result is not None:
                self.changed_aside.emit(path, result.trials)

        return taken

    def _refuses_acts(self) -> bool:
        """Whether trials cannot be changed; says why."""
        if self._study.path is None:
            head = self.tr("The study has no file yet")
            self.notice.emit(Notice("warning", head, self.tr("It gets one when it runs.")))
        elif self._study.read_only:
            head = self.tr("The study can only be read")
            self.notice.emit(Notice("warning", head, self._study.read_only_reason))
        return self._study.read_only or self._study.path is None

    def _act_failed(self, error: BaseException) -> None:
        self.notice.emit(notice_of(error, self.tr("That was not possible")))

    def _path_of_file(self) -> Path:
        path = self._study.path
        assert path is not None, "a study that is changed has a file"
        return path

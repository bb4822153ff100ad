"""Which studies are compared, and what came out: a model without widgets.

Open studies are read from memory, others from their files; both in a job, so that a study of
100,000 trials holds nothing up. While one of them runs, the comparison follows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from hpo_gui.analysis.study_comparison import MOST, compare_studies
from hpo_gui.core.errors import StudioError
from hpo_gui.core.history import History
from hpo_gui.core.spec import StudySpec
from hpo_gui.gui.jobs import Job
from hpo_gui.gui.open_studies import OpenStudies
from hpo_gui.gui.recent import RecentFiles

if TYPE_CHECKING:
    from hpo_gui.analysis.study_comparison import StudyComparison
    from hpo_gui.analysis.study_differences import Studied

FOLLOW_MS = 1500
RECENT = 30


@dataclass(frozen=True)
class Candidate:
    """A study that can be compared.

    Attributes
    ----------
    key : of an open study, or the path of a file
    """

    key: str
    name: str


class StudyChoice(QObject):
    """See the module.

    Attributes
    ----------
    chosen : keys in the order in which they were ticked
    metric : what is compared; "" for the first that all have
    found : the comparison, or None
    problem : why there is none, or ""

    Signals
    -------
    candidates_changed : other studies can be ticked, or others are
    changed : `found` or `problem`
    """

    candidates_changed = Signal()
    changed = Signal()

    def __init__(
        self, studies: OpenStudies, recent: RecentFiles, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.studies = studies
        self.recent = recent
        self.session = studies.session
        self.chosen: list[str] = []
        self.metric = ""
        self.found: StudyComparison | None = None
        self.problem = ""
        self._added: list[str] = []
        self._read: dict[str, Studied] = {}  # of files that are not open
        self._paths: dict[str, str] = {}  # of open studies, for when they are closed
        self._job: Job | None = None
        self._again = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FOLLOW_MS)
        self._timer.timeout.connect(self.refresh)
        studies.changed.connect(self._studies_changed)
        studies.progressed.connect(self._progressed)
        recent.changed.connect(self.candidates_changed)

    # --- choosing -----------------------------------------------------------------------------

    def candidates(self) -> list[Candidate]:
        """The open studies with trials, the files that were added, and the recent ones."""
        opened = [(key, study) for key, study in self.studies.all() if study.builder.trials]
        rows = [Candidate(key, study.spec.name) for key, study in opened]
        paths = {str(study.path) for _, study in opened if study.path is not None}
        files = {file.path: file for file in self.recent.of_kind("study")[:RECENT]}
        for path in [*self._added, *files]:
            if path in paths:
                continue
            paths.add(path)
            known, read = files.get(path), self._read.get(path)
            name = known.name if known is not None else Path(path).stem
            rows.append(Candidate(path, read.name if read is not None else name))
        return rows

    def choose(self, key: str, chosen: bool) -> None:
        """Tick or untick a study; more than six are not taken."""
        if chosen and key not in self.chosen and len(self.chosen) < MOST:
            self.chosen.append(key)
        elif not chosen and key in self.chosen:
            self.chosen.remove(key)
            self._read.pop(key, None)
        else:
            self.candidates_changed.emit()
            return
        self.candidates_changed.emit()
        self.refresh()

    def add_file(self, path: Path) -> None:
        """Tick a file, wherever it lies."""
        where = str(path.absolute())
        key = self.studies.find(path) or where
        if key == where and where not in self._added:
            self._added.append(where)
        self.choose(key, True)

    def set_metric(self, metric: str) -> None:
        """Compare by another metric."""
        if metric != self.metric:
            self.metric = metric
            self.refresh()

    def begin(self) -> None:
        """Tick the study shown, when nothing is ticked."""
        if not self.chosen and self.session.builder.trials:
            self.chosen.append(self.studies.shown)
        self.candidates_changed.emit()
        self.refresh()

    # --- comparing ----------------------------------------------------------------------------

    def refresh(self) -> None:
        """Compare what is ticked, in a job."""
        self._timer.stop()
        if self._job is not None:
            self._again = True
            return
        if len(self.chosen) < 2:
            self._set(None, "")
            return
        engine = self.session.engine
        assert engine is not None, "there are studies to compare"
        keys = list(self.chosen)
        sources = [self._source(key) for key in keys]
        metric = self.metric

        def work(job: Job) -> tuple[list[str], list[Studied], StudyComparison]:
            read = []
            for source in sources:
                job.check()
                read.append(source())
            names = {goal.metric for one in read for goal in one.history.goals}
            return keys, read, compare_studies(read, metric if metric in names else "")

        self._job = self.session.jobs.start(self.tr("Comparing studies"), work)
        self._job.finished.connect(self._compared)  # slots of this object, which end with it
        self._job.failed.connect(self._failed)
        self._job.ended.connect(self._over)

    def _source(self, key: str) -> Callable[[], Studied]:
        """What reads a study; the values of an open one are taken now, in this thread."""
        engine, study = self.session.engine, self.studies.study(key)
        assert engine is not None
        if study is not None:
            spec: StudySpec = study.spec
            history: History = study.history
            path = study.path
            return lambda: engine.studied(spec, history, path)
        if key in self._read:
            known = self._read[key]
            return lambda: known
        return lambda: engine.read_studied(Path(key))

    def _failed(self, error: BaseException) -> None:
        self._set(None, _words(error))

    def _compared(self, made: tuple[list[str], list[Studied], StudyComparison]) -> None:
        keys, read, found = made
        for key, one in zip(keys, read, strict=True):
            if self.studies.study(key) is None:
                self._read[key] = one
        self.candidates_changed.emit()
        self._set(found, "")

    def _over(self) -> None:
        self._job = None
        if self._again:
            self._again = False
            self.refresh()

    def _set(self, found: StudyComparison | None, problem: str) -> None:
        self.found, self.problem = found, problem
        self.changed.emit()

    def _studies_changed(self) -> None:
        """A study that was closed goes on as its file."""
        still = {key for key, _ in self.studies.all()}
        gone = [key for key in self.chosen if key not in still and key.startswith("study-")]
        for key in gone:
            place = self.chosen.index(key)
            path = self._paths.pop(key, "")
            if path and path not in self.chosen:
                self.chosen[place] = path
            else:
                del self.chosen[place]
        self._paths = {key: str(s.path) for key, s in self.studies.all() if s.path is not None}
        self.candidates_changed.emit()
        if self.chosen:
            self._timer.start()

    def _progressed(self, key: str) -> None:
        if key in self.chosen and not self._timer.isActive():
            self._timer.start()


def _words(error: BaseException) -> str:
    if isinstance(error, StudioError | OSError | ValueError):
        return str(error)
    return f"{type(error).__name__}: {error}"

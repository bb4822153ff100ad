"""What a study file tells of how the study came about, to compute it again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hpo_gui.assembly.opened import FUNCTION, open_base
from hpo_gui.assembly.seeing import Usual
from hpo_gui.assembly.sessions import Session, SessionAt, judged_in, sessions_in
from hpo_gui.assembly.versions import read_usual
from hpo_gui.core.acts import as_measured, changes_scores
from hpo_gui.core.plan import Plan
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.spec_text import parse_spec
from hpo_gui.core.trial import Trial
from hpo_gui.storage.records import AuditEvent
from hpo_gui.storage.study_file import StudyFile
from hpo_gui.study.past import Judged, PastAct

SPEC = "spec"  # kind of the entry of the audit trail that tells of a new version


@dataclass(frozen=True)
class Recorded:
    """A study as its file tells it.

    Attributes
    ----------
    base : folder that the specification's paths start from
    specs : the specification by its version
    sessions : the oldest first; none of older studies
    trials : as they were measured, whatever a person did to them since
    acts : what that was, as far as it changes what strategies see
    begun : version -> how many trials there were when it began; None where that is not recorded
    usual : what is written down of the models' defaults, see `assembly.seeing`
    judged : what pruners saw when they stopped trials, as far as it is recorded
    function : SHA-256 of the file of the user's function when the study last ran
    """

    path: Path
    base: Path
    specs: dict[int, StudySpec]
    trials: tuple[Trial, ...]
    sessions: tuple[SessionAt, ...]
    judged: tuple[Judged, ...]
    acts: tuple[PastAct, ...]
    function: str | None
    begun: dict[int, int] | None
    usual: Usual

    @property
    def spec(self) -> StudySpec:
        """The newest specification."""
        return self.specs[max(self.specs)]

    def spec_of(self, trial: Trial) -> StudySpec:
        """The specification that a trial belongs to."""
        return self.specs.get(trial.spec_version, self.spec)

    def session_at(self, trials: int, told: int) -> Session | None:
        """The session that ran when there were so many trials, and so many had finished."""
        found = [
            one.session
            for one in self.sessions
            if one.session.trials <= trials and one.session.told <= told
        ]
        return found[-1] if found else None

    def session_when(self, at: float | None) -> Session | None:
        """The session that ran at a time, in seconds since 1970."""
        found = [one.session for one in self.sessions if at is None or one.at <= at]
        return found[-1] if found else None


@dataclass(frozen=True)
class Plans:
    """The plan of a study at each of its moments; may be sent to another process.

    Attributes
    ----------
    sessions : trials and finished ones at its beginning, and its plan; the oldest first
    by_version : of older studies: number of the first trial of a version, and its plan
    """

    sessions: tuple[tuple[int, int, Plan], ...]
    by_version: tuple[tuple[int, Plan], ...] = ()

    def at(self, trials: int, told: int) -> Plan:
        """The plan when there were so many trials, and so many had finished."""
        found = [plan for begun, done, plan in self.sessions if begun <= trials and done <= told]
        if not found:
            found = [plan for first, plan in self.by_version if first <= trials]
        return found[-1] if found else Plan()


def read_recorded(path: Path) -> Recorded:
    """Read a study file.

    Raises
    ------
    StorageError : it is no study, is damaged, or was written by a newer version
    """
    with StudyFile.look_into(path) as file:
        events = file.events()
        trials = tuple(map(as_measured, file.load()))
        versions = range(1, file.spec_version + 1)
        specs = {
            version: parse_spec(file.spec_json(version), name=file.path.name)
            for version in versions
        }
        return Recorded(
            path=file.path,
            base=open_base(file, specs[max(specs)]),
            specs=specs,
            trials=trials,
            sessions=sessions_in(events),
            judged=judged_in(events),
            acts=tuple(_acts_in(events, specs)),
            function=file.meta(FUNCTION),
            begun=_begun_in(events, len(specs)),
            usual=read_usual(file),
        )


def _acts_in(events: Sequence[AuditEvent], specs: Mapping[int, StudySpec]) -> Iterator[PastAct]:
    """What a person did to trials that changes what strategies see."""
    version = 1
    for event in events:
        version += event.kind == SPEC
        if event.act is not None and changes_scores(event.act):
            yield PastAct(event.trials, event.act, specs[min(version, max(specs))].goals)


def _begun_in(events: Sequence[AuditEvent], versions: int) -> dict[int, int] | None:
    """How many trials there were when each version began; None where that is not recorded."""
    counts = [0, *(event.trials for event in events if event.kind == SPEC)]
    if len(counts) != versions or counts != sorted(counts):
        return None
    return dict(enumerate(counts, 1))

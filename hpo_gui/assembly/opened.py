"""A study file that was read: its specification, its trials, and what else it says of them."""

from __future__ import annotations

import contextlib
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from hpo_gui.assembly.resolution import make_space
from hpo_gui.assembly.seeing import Usual, see_from
from hpo_gui.assembly.sources import sources_of
from hpo_gui.assembly.versions import Version, read_usual, read_versions
from hpo_gui.core.history import History, See
from hpo_gui.core.plan import Plan
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.trial import Trial
from hpo_gui.evaluation.dummy import DummyScores
from hpo_gui.evaluation.metrics import best_score
from hpo_gui.evaluation.overlap import fold_ratio
from hpo_gui.storage.study_file import StudyFile

BASE = "base"  # meta keys of the study file
BASE_FROM_HERE = "base from here"
SECONDS = "seconds"
FUNCTION = "function sha256"
DUMMY = "dummy scores"


@dataclass(frozen=True)
class Opened:
    """A study file that was read.

    Attributes
    ----------
    base : folder that the specification's paths start from
    seconds : running time so far
    read_only : why it cannot be written, or ""
    dummy : see `core.plan.Plan`
    versions : all versions of the specification, the newest is ``spec``; see `Version`
    usual : see `assembly.seeing`
    """

    path: Path
    base: Path
    spec: StudySpec
    trials: tuple[Trial, ...] = ()
    seconds: float = 0.0
    read_only: str = ""
    dummy: DummyScores = field(default_factory=dict)
    versions: Mapping[int, Version] = field(default_factory=dict)
    usual: Usual = field(default_factory=dict)

    @property
    def see(self) -> See | None:
        """How trials of earlier versions look in the space of ``spec``."""
        return self.seen_as(self.spec)

    def seen_as(self, spec: StudySpec, usual: Usual | None = None) -> See | None:
        """How trials of all versions look in the space of a specification, old or new."""
        specs = {number: version.spec for number, version in self.versions.items()}
        if spec != self.spec:
            specs[max(specs, default=0) + 1] = spec
        return see_from(specs, spec, self.usual if usual is None else usual)

    @property
    def notes(self) -> Mapping[int, tuple[float, str]]:
        """Version -> since when, and what was different from the one before."""
        return {number: (one.at, one.note) for number, one in self.versions.items()}


def open_study(path: Path) -> Opened:
    """Read a study file with all its trials, and find out whether it could be written.

    Raises
    ------
    StorageError : it is no study, is damaged, or was written by a newer version
    """
    with StudyFile.open(path) as file:
        return opened_of(file)


def read_history(opened: Opened) -> History:
    """The history of a study file, in columns; needs no table, as the space stands in the spec."""
    space, goals = make_space(opened.spec), opened.spec.goals
    best = best_score(goals[0]) if goals else None
    plan = Plan(
        rows=opened.spec.row_shares,
        dummy=opened.dummy,
        best_score=best,
        averages=opened.spec.duplicates == "average",
        test_ratio=fold_ratio(opened.spec.validation),
    )
    return History(space, goals, opened.trials, plan=plan, see=opened.see)


def note_base(file: StudyFile, base: Path) -> None:
    """Write down the folder that the paths of a study start from, also as seen from its file."""
    file.set_meta(BASE, str(base.resolve()))
    with contextlib.suppress(ValueError):  # another drive on Windows
        from_here = os.path.relpath(base.resolve(), file.path.parent)
        file.set_meta(BASE_FROM_HERE, Path(from_here).as_posix())


def open_base(file: StudyFile, spec: StudySpec) -> Path:
    """The folder that the paths of a study start from.

    Where what it learns from is not there, as when a project was moved or its folder renamed, the
    folder that is found from the file in the same way as then, or that of the file itself.
    """
    here, noted = file.path.parent, Path(file.meta(BASE) or file.path.parent)
    from_here = Path(os.path.normpath(here / (file.meta(BASE_FROM_HERE) or "")))
    found = [base for base in (noted, from_here, here) if _is_folder(base)]
    usual = noted if noted in found else here
    return next((base for base in found if sources_of(spec, base)), usual)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):  # no name that a folder could have
        return False


def opened_of(file: StudyFile) -> Opened:
    versions = read_versions(file)
    spec = versions[max(versions)].spec
    return Opened(
        path=file.path,
        base=open_base(file, spec),
        spec=spec,
        trials=tuple(file.load()),
        seconds=running_seconds(file),
        read_only=file.read_only_reason or "",
        dummy=_dummy_of(file),
        versions=versions,
        usual=read_usual(file),
    )


def _dummy_of(file: StudyFile) -> DummyScores:
    """What was written down of the dummy; nothing in older studies."""
    return dummy_scores(file.meta(DUMMY))


def dummy_scores(text: str | None) -> DummyScores:
    """The dummy's scores as a study file keeps them; none where there is nothing to read."""
    try:
        return msgspec.json.decode(text or "{}", type=DummyScores)
    except msgspec.DecodeError:
        return {}


def running_seconds(file: StudyFile) -> float:
    """The running time so far; 0 where the file holds no such number."""
    try:
        seconds = float(file.meta(SECONDS) or 0.0)
    except ValueError:
        return 0.0
    return seconds if math.isfinite(seconds) and seconds > 0 else 0.0

"""Study files read to be compared; nothing of them is changed, and no data are needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from hpo_gui.analysis.study_comparison import FEWEST, MOST, StudyComparison, compare_studies
from hpo_gui.analysis.study_differences import Studied
from hpo_gui.assembly.opened import FUNCTION
from hpo_gui.assembly.resolution import make_space
from hpo_gui.core.errors import SpecError, StudioError
from hpo_gui.core.history import History
from hpo_gui.core.plan import Plan
from hpo_gui.core.space import Space
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.spec_text import parse_spec
from hpo_gui.core.trial import Trial
from hpo_gui.evaluation.overlap import fold_ratio, known_kind
from hpo_gui.storage.study_file import StudyFile

_PARTS = {
    "data": "data",
    "validation": "folds",
    "seed": "seed",
}
UNSEEDED = ("time_series", "leave_one_out", "column")


def read_studied(path: Path) -> Studied:
    """Read what a comparison needs of a study file, also of one that is being written.

    Raises
    ------
    StorageError : it is missing, no study or damaged, or was written by a newer version
    StudioError : its specification is not whole
    """
    with StudyFile.look_into(path) as file:
        spec = parse_spec(file.spec_json(), name=path.name)
        trials = tuple(file.load())
        code, earlier = _marks(file, trials)
    if not spec.goals:
        raise StudioError(str(path), "must have a goal", remedy="Run it first.")
    plan = Plan(rows=spec.row_shares, averages=spec.duplicates == "average")
    history = History(_space(spec), spec.goals, trials, plan=plan)
    return _studied(spec, history, path, code, earlier)


def studied(spec: StudySpec, history: History, path: Path | None) -> Studied:
    """A study that is there already, such as the one in the window.

    Parameters
    ----------
    path : its file, of which only the specifications are read; None where it has none

    Raises
    ------
    StorageError : the file cannot be read
    """
    if path is None:
        return _studied(spec, history, None, "", ())
    with StudyFile.look_into(path) as file:
        return _studied(spec, history, path, *_marks(file, history.trials))


def _marks(file: StudyFile, trials: Sequence[Trial]) -> tuple[str, list[StudySpec]]:
    """The mark of the function's file, and the other specifications that trials belong to."""
    used = sorted({trial.spec_version for trial in trials if trial.told is not None})
    earlier = [version for version in used if version < file.spec_version]
    specs = [parse_spec(file.spec_json(version), name=file.path.name) for version in earlier]
    return file.meta(FUNCTION) or "", specs


def _studied(
    spec: StudySpec, history: History, path: Path | None, code: str, earlier: Iterable[StudySpec]
) -> Studied:
    return Studied(
        spec.name,
        spec,
        history,
        str(path.resolve()) if path is not None else "",
        folds_follow_seed(spec),
        code,
        _mixed(spec, earlier),
        fold_ratio(spec.validation),
    )


def compare_files(paths: Sequence[Path], metric: str = "") -> StudyComparison:
    """Read study files and compare them; see `analysis.study_comparison`.

    Raises
    ------
    StudioError : as in `read_studied` and `compare_studies`
    """
    if len(paths) < FEWEST:  # said before a lone file is read
        rule = f"must be at least {FEWEST} and at most {MOST} to be compared"
        raise StudioError("studies", rule, len(paths))
    return compare_studies([read_studied(path) for path in paths], metric)


def folds_follow_seed(spec: StudySpec) -> bool:
    """Whether the seed decides which rows are in which fold."""
    if spec.validation is None or spec.validation.name in UNSEEDED:
        return False
    return bool(getattr(known_kind(spec.validation), "shuffle", True))


def _space(spec: StudySpec) -> Space:
    """The search space, which nothing here depends on: one that is faulty is left out."""
    try:
        return make_space(spec)
    except SpecError:
        return Space(())


def _mixed(spec: StudySpec, earlier: Iterable[StudySpec]) -> str:
    """What of data and folds was changed while the study ran, in words."""
    changed = [
        words
        for part, words in _PARTS.items()
        if any(getattr(other, part) != getattr(spec, part) for other in earlier)
    ]
    return " and ".join(changed)

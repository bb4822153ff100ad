"""Where results go that are not told where to go: beside their study, by a name of their own."""

from __future__ import annotations

from pathlib import Path

STUDY_FILE = "study.hpostudy"  # as a run in a terminal calls it


def beside(study: Path, file: str) -> Path:
    """The place of a result; those of two studies in one folder never meet.

    >>> beside(Path("results/study.hpostudy"), "trials.csv").as_posix()
    'results/trials.csv'
    >>> beside(Path("results/wine.hpostudy"), "trials.csv").as_posix()
    'results/wine-trials.csv'
    """
    if study.name == STUDY_FILE:
        return study.with_name(file)
    # Not `stem`: a backup of another suffix is another study.
    return study.with_name(f"{study.name.removesuffix(Path(STUDY_FILE).suffix)}-{file}")

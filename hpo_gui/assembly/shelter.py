"""Where a running study goes when its file is in trouble, and what goes with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from hpo_gui.assembly.folders import rescue_folder
from hpo_gui.core.errors import StorageError
from hpo_gui.core.trial import Trial
from hpo_gui.execution.checkpoints import hand_over
from hpo_gui.storage.study_file import StudyFile

SUFFIX = ".rescue.hpostudy"
LONGEST_NAME = 60


class StudyShelter:
    """See `study.keeping.Shelter`.

    Parameters
    ----------
    name : of the study
    folders : what belongs to its file in the cache: checkpoints, predictions
    """

    def __init__(self, file: StudyFile, name: str, folders: Sequence[Path] = ()) -> None:
        self._file = file
        self._name = name
        self._folders = tuple(folders)

    @property
    def path(self) -> Path:
        """Where the study is written now."""
        return self._file.path

    @property
    def rescue_path(self) -> Path:
        """A free name in the user's own folder, which is made.

        Raises
        ------
        StorageError : the folder cannot be made
        """
        folder = rescue_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            raise StorageError(str(folder), f"cannot be made: {reason}") from error
        stem = re.sub(r"[^\w.-]+", "_", self._name.strip()).strip("._")[:LONGEST_NAME] or "study"
        path, number = folder / f"{stem}{SUFFIX}", 1
        while path.exists():
            number += 1
            path = folder / f"{stem}-{number}{SUFFIX}"
        return path

    def mend(self, trials: Sequence[Trial]) -> None:
        """See to it that the file can be written again."""
        self._file.mend(trials)

    def move_to(self, path: Path, trials: Sequence[Trial]) -> None:
        """Write the whole study under another name and go on there."""
        self._file.move_to(path, trials)
        for folder in self._folders:
            hand_over(folder, self._file.path)

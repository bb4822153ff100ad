"""Where studies run from the window go: the user's documents, one file each, numbered names."""

from __future__ import annotations

import os
import re
from pathlib import Path

import platformdirs

from hpo_gui.core.folders import HOME_VARIABLE
from hpo_gui.core.folders import settings_folder as settings_folder

SUFFIX = ".hpostudy"


def studies_folder() -> Path:
    """The folder of new studies: ``Documents/HPO Studio``, or ``$HPO_STUDIO_HOME/studies``."""
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return Path(home) / "studies"
    return Path(platformdirs.user_documents_path()) / "HPO Studio"


def new_study_path(name: str, folder: Path | None = None) -> Path:
    """A path that does not exist yet: ``<name>-<n>.hpostudy`` with the smallest free n.

    The folder is made.

    Raises
    ------
    OSError : the folder cannot be made
    """
    folder = studies_folder() if folder is None else folder
    folder.mkdir(parents=True, exist_ok=True)
    stem = re.sub(r"[^\w.-]+", "_", name.strip()).strip("._")[:60] or "study"
    number = 1
    while (path := folder / f"{stem}-{number}{SUFFIX}").exists():
        number += 1
    return path

"""Where the program keeps what is neither a study nor a setting."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from hpo_gui.core.folders import HOME_VARIABLE


def checkpoints_folder() -> Path:
    """Where trials keep what they have learnt: the user's cache, or ``$HPO_STUDIO_HOME/cache``."""
    return _cache() / "checkpoints"


def predictions_folder() -> Path:
    """Where trials keep what they said of unseen rows, beside `checkpoints_folder`."""
    return _cache() / "predictions"


def logs_folder() -> Path:
    """Where the program writes down its crashes, or ``$HPO_STUDIO_HOME/logs``."""
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return Path(home) / "logs"
    return Path(platformdirs.user_log_path("HPO Studio", appauthor=False))


def rescue_folder() -> Path:
    """Where studies go whose own file cannot be written.

    ``$HPO_STUDIO_HOME/rescued``, or a folder in the system's one for the user's data.
    """
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return Path(home) / "rescued"
    return Path(platformdirs.user_data_path("HPO Studio", appauthor=False)) / "rescued"


def _cache() -> Path:
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return Path(home) / "cache"
    return Path(platformdirs.user_cache_path("HPO Studio", appauthor=False))

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


def _cache() -> Path:
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return Path(home) / "cache"
    return Path(platformdirs.user_cache_path("HPO Studio", appauthor=False))

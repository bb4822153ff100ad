"""Where the program keeps what belongs to the user and to no study."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

HOME_VARIABLE = "HPO_STUDIO_HOME"
"""Names one folder for everything that would go to several folders of the system."""


def settings_folder() -> Path:
    """The folder of preferences, of what is trusted and of window state.

    ``$HPO_STUDIO_HOME/settings``, or the system's folder for settings.
    """
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return Path(home) / "settings"
    return Path(platformdirs.user_config_path("HPO Studio", appauthor=False))

"""About the program: its version, what it stands on, where its files are."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from PySide6.QtWidgets import QApplication, QWidget

from hpo_gui.core.version import __version__
from hpo_gui.gui.widgets.buttons import LinkButton, PrimaryButton
from hpo_gui.gui.widgets.dialogs import MessageDialog
from hpo_gui.gui.widgets.key_value_list import KeyValueList

PACKAGES = ("PySide6-Essentials", "numpy", "scipy", "scikit-learn", "pandas")


class AboutDialog(MessageDialog):
    """What to say when asking for help; all of it can be copied."""

    def __init__(self, studies: Path, settings: Path, parent: QWidget | None = None) -> None:
        super().__init__(
            self.tr("HPO Studio {0}").format(__version__),
            self.tr(
                "Set up, run, watch and export hyperparameter-tuning studies by point and click. "
                "Free under the MIT licence. It uses Qt under the LGPL 3.0; docs/licences.md "
                "lists what else it stands on."
            ),
            parent,
        )
        self.rows = [
            *((name, installed(name)) for name in PACKAGES),
            ("Python", platform.python_version()),
            (self.tr("system"), platform.platform(terse=True)),
            (self.tr("studies"), str(studies)),
            (self.tr("settings"), str(settings)),
        ]
        facts = KeyValueList(self.tr("Versions and folders"))
        facts.set_rows(self.rows)
        facts.setMinimumHeight(28 * len(self.rows))
        self.body.addWidget(facts)
        copy = LinkButton(self.tr("Copy"), "copy")
        copy.clicked.connect(self.copy)
        close = PrimaryButton(self.tr("Close"))
        close.clicked.connect(self.accept)
        close.setDefault(True)
        self.add_button(copy, left=True)
        self.add_button(close)

    def copy(self) -> None:
        """Put versions and folders on the clipboard."""
        lines = [self.title.text(), *(f"{name}: {value}" for name, value in self.rows)]
        QApplication.clipboard().setText("\n".join(lines))


def installed(package: str) -> str:
    """The version of an installed package."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "—"

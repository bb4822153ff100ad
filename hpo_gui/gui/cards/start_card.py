"""The card of the first trials: what is tried before the strategy decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import structs
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from hpo_gui.core.trial import Proposal
from hpo_gui.gui.cards.configurations_list import ConfigurationsList
from hpo_gui.gui.cards.strategy_card import StrategyCard
from hpo_gui.gui.engine import Earlier
from hpo_gui.gui.of_study import of_study
from hpo_gui.gui.session import Session
from hpo_gui.gui.study_files import SUFFIX, studies_folder
from hpo_gui.gui.widgets.buttons import IconButton, LinkButton
from hpo_gui.gui.widgets.labels import ElidedLabel, set_role, wrapped
from hpo_gui.gui.widgets.plain_tips import plain_tip
from hpo_gui.gui.widgets.toggle import Toggle

MOST_STUDIES = 3  # that the switch takes by itself, the newest ones


class StartCard(StrategyCard):
    """What comes first, in its order: defaults, typed ones, earlier studies, tested points."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, "", "", parent, fields=("start",))
        self.set_title(self.tr("First trials"))
        self.set_subtitle(self.tr("before the strategy decides"))
        self.defaults = Toggle(self.tr("Begin with the defaults, as a baseline"))
        self.defaults.clicked.connect(lambda on: self._switch("defaults", on))
        self.configurations = ConfigurationsList(session)
        self.configurations.changed.connect(self._set_configurations)
        self.earlier = EarlierChoice(session, self._set_earlier)
        self.tested = Toggle(self.tr("Then tested starting points"))
        self.tested.clicked.connect(lambda on: self._switch("tested", on))
        self.about_tested = wrapped("", "small")
        self.add(self.defaults)
        self.add(self.configurations)
        self.add(self.earlier)
        self.add(self.tested)
        self.add(self.about_tested)
        self.begin()

    def show_spec(self) -> None:
        """Show what comes first."""
        spec = self.session.spec
        self.defaults.setChecked(spec.start.begins_with_defaults(spec.strategy.name))
        self.tested.setChecked(spec.start.begins_with_tested(spec.strategy.name))
        self.earlier.show_paths(spec.start.earlier)
        self.configurations.show_configurations(spec.start.configurations, self.session.space)

    def show_problems(self) -> None:
        """Tell the problems, and take the new space and what comes first in it."""
        super().show_problems()
        start = self.session.spec.start
        self.configurations.show_configurations(start.configurations, self.session.space)
        self.about_tested.setText(about_tested(self.session.start, self.tested.isChecked()))

    def _switch(self, name: str, on: bool) -> None:
        words = {
            "defaults": (self.tr("Begin without defaults"), self.tr("Begin with the defaults")),
            "tested": (
                self.tr("Begin without tested starting points"),
                self.tr("Begin with tested starting points"),
            ),
        }
        self._set(words[name][on], **{name: on})

    def _set_configurations(self, typed: object) -> None:
        self._set(self.tr("Change the first trials"), configurations=typed)

    def _set_earlier(self, paths: tuple[str, ...], text: str) -> None:
        self._set(text, earlier=paths)

    def _set(self, text: str, **changes: object) -> None:
        self.change(text, start=structs.replace(self.session.spec.start, **changes))


class EarlierChoice(QWidget):
    """A switch for the user's earlier studies, and which ones.

    Parameters
    ----------
    choose : is given the paths of the studies to begin from, and what the user did
    """

    def __init__(self, session: Session, choose: Callable[[tuple[str, ...], str], None]) -> None:
        super().__init__()
        self.session = session
        self.paths: tuple[str, ...] = ()
        self.dialog: QFileDialog | None = None
        self.remove_buttons: list[IconButton] = []
        self._choose = choose
        self._texts: dict[str, str] = {}
        self.toggle = Toggle(self.tr("Then the best of my earlier studies"))
        self.toggle.clicked.connect(self._switch)
        self.about = wrapped("", "small")
        self.add_button = LinkButton(self.tr("+ add a study"))
        self.add_button.clicked.connect(self.ask)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(2)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.toggle)
        column.addWidget(self.about)
        column.addLayout(self._lines)
        column.addWidget(self.add_button)
        session.study_changed.connect(lambda: self._tell(""))
        self._show()

    def show_paths(self, paths: tuple[str, ...]) -> None:
        """Show the studies that are begun from."""
        if paths != self.paths:
            self.paths = paths
            self._show()

    def ask(self) -> None:
        """Choose a study file."""
        kinds = self.tr("Studies (*{0})").format(SUFFIX)
        folder = studies_folder()
        where = str(folder if folder.is_dir() else Path.home())
        dialog = QFileDialog(self.window(), self.tr("Begin from a study"), where, kinds)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(self.add_study)
        of_study(dialog, self.session)
        self.dialog = dialog
        dialog.open()

    def add_study(self, path: str) -> None:
        """Look at a study, and take it when it fits."""
        self._look([path], self._take_one)

    def _look(self, paths: Sequence[str], take: Callable[[Sequence[Earlier]], None]) -> None:
        """Look at studies for the study shown; what is found is of no use to another one."""
        job = self.session.study_jobs.look_at_earlier(paths)
        job.finished.connect(take)
        job.cancelled.connect(lambda: self._tell(""))
        self.session.replacing.connect(job.cancel)

    def _switch(self, on: bool) -> None:
        self.toggle.setChecked(bool(self.paths))  # until something was found
        if not on:
            self._choose((), self.tr("Begin without earlier studies"))
            return
        here = str(self.session.path)
        recent = [path for path in self.session.recent_studies() if path != here]
        if not recent:
            self._tell(self.tr("There are no earlier studies yet."))
            return
        self._tell(self.tr("Looking at {0} recent studies…").format(len(recent)))
        self._look(recent, self._take_recent)

    def _take_recent(self, found: Sequence[Earlier]) -> None:
        fitting = [study for study in found if not study.problem]
        if not fitting:
            text = self.tr("None of {0} recent studies fits: {1}")
            self._tell(text.format(len(found), found[0].problem))
            return
        self._take(fitting[:MOST_STUDIES])

    def _take_one(self, found: Sequence[Earlier]) -> None:
        if found[0].problem:
            self._tell(found[0].problem, "error")
        else:
            self._take(found)

    def _take(self, studies: Sequence[Earlier]) -> None:
        self._texts |= {study.path: study.text for study in studies}
        self._tell("")
        paths = (*self.paths, *(study.path for study in studies))
        self._choose(tuple(dict.fromkeys(paths)), self.tr("Begin from earlier studies"))

    def _remove(self, path: str) -> None:
        text = self.tr("Do not begin from {0}").format(Path(path).stem)
        self._choose(tuple(other for other in self.paths if other != path), text)

    def _tell(self, text: str, role: str = "small") -> None:
        usual = self.tr("Up to three configurations of each study of the same model.")
        self.about.setText(text or usual)
        set_role(self.about, role)

    def _show(self) -> None:
        self.toggle.setChecked(bool(self.paths))
        self._tell("")
        self.add_button.setVisible(bool(self.paths))
        self.remove_buttons = []
        while (item := self._lines.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for path in self.paths:
            self._lines.addWidget(self._line(path))

    def _line(self, path: str) -> QWidget:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        text = self._texts.get(path, Path(path).stem)
        row.addWidget(ElidedLabel(text), 1)
        line.setToolTip(plain_tip(path))
        remove = IconButton("trash", self.tr("Do not begin from {0}").format(Path(path).stem))
        remove.clicked.connect(lambda: self._remove(path))
        self.remove_buttons.append(remove)
        row.addWidget(remove)
        return line


def about_tested(start: Sequence[Proposal], on: bool) -> str:
    """What tested starting points are, and how many there will be."""
    count = Counter(proposal.origin.strategy for proposal in start)["tested"]
    if not on:
        return _tr("Configurations that did well on many other tables.")
    if not count:
        return _tr("There are none: the model has no others, or they would take too many trials.")
    if count == 1:
        return _tr("One configuration that did well on many other tables.")
    return _tr("{0} configurations that did well on many other tables.").format(count)


def _tr(text: str) -> str:
    return QCoreApplication.translate("StartCard", text)

"""The model card: pills of the catalogue's models, a search, and models of the user's own."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics, QGuiApplication, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from hpo_gui.core.errors import SpecError
from hpo_gui.evaluation.model_entry import ModelEntry
from hpo_gui.evaluation.models import MODELS
from hpo_gui.gui.dialogs.models_dialog import ModelsDialog
from hpo_gui.gui.dialogs.text_dialog import TextDialog
from hpo_gui.gui.later import later
from hpo_gui.gui.of_study import of_study
from hpo_gui.gui.space_editor import SpaceEditor
from hpo_gui.gui.typography import SMALL, text_font
from hpo_gui.gui.widgets.buttons import LinkButton
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.chip import Chip
from hpo_gui.gui.widgets.flow_layout import FlowLayout
from hpo_gui.gui.widgets.labels import wrapped
from hpo_gui.gui.widgets.plain_tips import plain_tip
from hpo_gui.gui.widgets.search_box import SearchBox

TREES = ("random_forest", "hist_gradient_boosting")
FIRST: dict[str, tuple[str, ...]] = {
    "classification": (*TREES, "logistic_regression", "svm", "knn", "mlp", "lightgbm"),
    "regression": (*TREES, "ridge", "svm", "knn", "mlp", "lightgbm"),
}
GAP = 10


class ModelPill(Chip):
    """A model: a click chooses it alone, Ctrl+click adds it or takes it out.

    Signals
    -------
    chosen : whether it is to be added to the others
    """

    chosen = Signal(bool)

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent, selectable=True)
        self.clicked.connect(self._tell)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return chooses too."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
            return
        super().keyPressEvent(event)

    def _tell(self) -> None:
        held = QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier
        self.chosen.emit(bool(held))


class ModelCard(Card):
    """Chooses what is tuned."""

    def __init__(self, editor: SpaceEditor, parent: QWidget | None = None) -> None:
        super().__init__("", "", parent)
        self.set_title(self.tr("Model"))
        self.set_subtitle(self.tr("one, or several to let the study choose between them"))
        self._editor = editor
        self._all = False
        self._shown: tuple[object, ...] = ()
        self.dialog: TextDialog | ModelsDialog | None = None
        self.search = SearchBox(self.tr("Search models"))
        self.search.setFixedWidth(220)
        self.search.searched.connect(lambda _: self._refresh())
        self.pills: dict[str, ModelPill] = {}
        self._box = QWidget()
        self.more = Chip("", self._box, selectable=True)
        self.more.clicked.connect(self._show_all)
        self.several = LinkButton(self.tr("Compare several…"))
        self.several.setToolTip(self.tr("Tick models, or all that suit this table"))
        self.several.clicked.connect(self.ask_several)
        self.custom = LinkButton(self.tr("Custom…"))
        self.custom.setToolTip(
            self.tr("A class by its dotted path, or a Python function of your own")
        )
        self.custom.clicked.connect(self.ask_custom)
        self.add_action(self.several)
        self.add_action(self.custom)
        self.add_action(self.search)
        self._nothing = wrapped("", "muted")
        self._flow = FlowLayout(self._box, gap=GAP, line_gap=8)
        self.add(self._box)
        self.add(self._nothing)
        editor.changed.connect(self._refresh)
        editor.session.problems_changed.connect(self._refresh)
        self._refresh()

    def offered(self) -> list[ModelEntry]:
        """The models that suit the task and the search, the usual ones first."""
        words = self.search.text().strip().lower()
        return [e for e in self._of_task() if not words or words in f"{e.title} {e.name}".lower()]

    def _of_task(self) -> list[ModelEntry]:
        task = self._editor.task
        usual = [MODELS[name] for name in FIRST[task]]
        others = [entry for entry in MODELS.values() if entry.name not in FIRST[task]]
        return [entry for entry in (*usual, *others) if task in entry.tasks]

    def ask_several(self) -> None:
        """Ask which models to compare, by ticks."""
        editor = self._editor
        self.dialog = ModelsDialog(self._of_task(), editor.models, editor.facts, self.window())
        self.dialog.given.connect(editor.compare)
        of_study(self.dialog, editor.session)
        self.dialog.open()

    def ask_custom(self) -> None:
        """Ask for a dotted path or a function."""
        self.dialog = asking = TextDialog(
            self.tr("Tune something of your own"),
            self.tr(
                "A scikit-learn-compatible class by its dotted path, such as "
                "sklearn.linear_model.BayesianRidge; or a Python function, such as "
                "training.py:objective, that takes a dictionary of parameters and returns a score."
            ),
            self.window(),
            name=self.tr("Class or function"),
            verb=self.tr("Use it"),
            placeholder="package.module.Class  ·  file.py:function",
            check=custom_problem,
        )
        asking.given.connect(self._take_custom)
        of_study(asking, self._editor.session)
        asking.open()

    def _take_custom(self, text: str) -> None:
        self._editor.session.trust_chosen(text)
        if ":" in text:
            self._editor.choose_function(text)
        else:
            self._editor.choose(text)

    def _show_all(self) -> None:
        self._all = not self._all
        self._shown = ()
        later(self, self._refresh)

    def _refresh(self) -> None:
        models, function = self._editor.models, self._editor.function
        offered = self.offered()
        searching = bool(self.search.text().strip())
        first = offered if self._all or searching else offered[: self._fitting(offered)]
        names = [entry.name for entry in first]
        names += [name for name in models if name not in names]
        state = (tuple(names), function, self._all, len(offered), searching)
        if state != self._shown:
            self._shown = state
            self._fill(names, len(offered) - len(first), searching)
        chosen = {function.function} if function is not None else set(models)
        for name, pill in self.pills.items():
            pill.setChecked(name in chosen)
        self.more.setChecked(False)

    def _fitting(self, offered: list[ModelEntry]) -> int:
        """How many pills fit beside "+ n more" in one line."""
        function, models = self._editor.function, self._editor.models
        room = self.width() - 2 * 15 - 96
        room -= self._pill_width(function.function) if function is not None else 0
        for count, entry in enumerate(offered):
            hidden = [other.title for other in offered[count + 1 :] if other.name in models]
            room -= self._pill_width(entry.title)
            if room - sum(map(self._pill_width, hidden)) < 0:
                return max(count, 2)
        return len(offered)

    def _pill_width(self, title: str) -> int:
        font = text_font(SMALL, QFont.Weight.DemiBold)
        return QFontMetrics(font).horizontalAdvance(title) + 25 + GAP

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show as many pills as fit."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            later(self, self._refresh)

    def _fill(self, names: list[str], hidden: int, searching: bool) -> None:
        while (item := self._flow.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None and widget is not self.more:
                widget.hide()
                widget.deleteLater()
        self.pills = {}
        function = self._editor.function
        if function is not None:
            self._add_pill(function.function, function.function)
        for name in names:
            entry = MODELS.get(name)
            title = entry.title if entry is not None else name.rpartition(".")[2]
            self._add_pill(name, title)
        self.more.setText(self.tr("fewer") if self._all else self.tr("+ {0} more").format(hidden))
        self.more.setVisible((hidden > 0 or self._all) and not searching)
        self._flow.addWidget(self.more)
        self._nothing.setText(
            self.tr(
                "No model for {0} is called “{1}”. A class of any package can be given by "
                "its dotted path: Custom…"
            ).format(self._editor.task, self.search.text())
        )
        self._nothing.setVisible(searching and not names)

    def _add_pill(self, name: str, title: str) -> None:
        pill = ModelPill(title, self._box)
        entry = MODELS.get(name)
        hint = entry.use_when if entry is not None else name
        pill.setToolTip(plain_tip(f"{hint}\n{self.tr('Ctrl+click to compare several models.')}"))
        if entry is not None and not entry.available:
            pill.setEnabled(False)
            pill.setToolTip(
                self.tr("Needs a package that is not installed: {0}").format(entry.install_line)
            )
        pill.setAccessibleDescription(pill.toolTip())
        pill.chosen.connect(lambda several, name=name: self._choose(name, several))
        self._flow.addWidget(pill)
        self.pills[name] = pill
        pill.show()

    def _choose(self, name: str, several: bool) -> None:
        function = self._editor.function
        if function is not None and name == function.function:
            self._refresh()
        elif several and function is None:
            self._editor.toggle(name)
        else:
            self._editor.choose(name)
        self._refresh()


def custom_problem(text: str) -> str:
    """What is wrong with the name of a model or function, or ""."""
    path, colon, function = text.rpartition(":")
    if colon and path.endswith(".py") and function.isidentifier():
        return ""
    parts = text.split(".")
    if not colon and len(parts) > 1 and all(part.isidentifier() for part in parts):
        return ""
    return str(
        SpecError(
            "model",
            "must read like `package.module.Class` or `file.py:function`",
            text,
        )
    )

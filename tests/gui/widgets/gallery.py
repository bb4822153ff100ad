"""One specimen of every widget, filled, for the tests that hold for all of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import msgspec
from PySide6.QtWidgets import QCheckBox, QMenu, QRadioButton, QWidget

from hpo_gui.gui.widgets.bar_list import BarList, NamedBar
from hpo_gui.gui.widgets.buttons import (
    DangerButton,
    IconButton,
    LinkButton,
    MenuButton,
    PrimaryButton,
    SecondaryButton,
    SplitButton,
)
from hpo_gui.gui.widgets.card import Card
from hpo_gui.gui.widgets.check_list import CheckList
from hpo_gui.gui.widgets.chip import Chip
from hpo_gui.gui.widgets.chip_list import ChipList
from hpo_gui.gui.widgets.choice_tiles import ChoiceTiles, TileGroup, TileText
from hpo_gui.gui.widgets.combo import Combo, SearchableCombo
from hpo_gui.gui.widgets.dialogs import ConfirmDialog, ErrorDialog
from hpo_gui.gui.widgets.empty_state import EmptyState
from hpo_gui.gui.widgets.fold_bars import FoldBars
from hpo_gui.gui.widgets.json_edit import JsonEdit
from hpo_gui.gui.widgets.key_value_list import KeyValueList
from hpo_gui.gui.widgets.labels import ElidedLabel, label
from hpo_gui.gui.widgets.message_bar import MessageBar, MessageStack
from hpo_gui.gui.widgets.mini_histogram import MiniHistogram
from hpo_gui.gui.widgets.number_rule import NumberRule
from hpo_gui.gui.widgets.options_form import OptionsForm
from hpo_gui.gui.widgets.reference_list import ReferenceList
from hpo_gui.gui.widgets.run_progress import RunProgress
from hpo_gui.gui.widgets.search_box import CommandBox, SearchBox
from hpo_gui.gui.widgets.segmented_control import SegmentedControl
from hpo_gui.gui.widgets.sparkline import Sparkline
from hpo_gui.gui.widgets.stat_tile import StatTile
from hpo_gui.gui.widgets.step_rail import StepRail
from hpo_gui.gui.widgets.study_list import StudyList
from hpo_gui.gui.widgets.toggle import Toggle
from hpo_gui.gui.widgets.value_edit import ValueEdit


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Options of every kind."""

    kappa: Annotated[
        float, msgspec.Meta(gt=0, title="Exploration", description="Higher tries more.")
    ] = 1.96
    start: Annotated[Annotated[int, msgspec.Meta(ge=1)] | None, msgspec.Meta(title="Start")] = None
    acquisition: Literal["log_ei", "ucb"] = "log_ei"
    noise: bool = True
    label: str = "x"
    values: dict[str, Any] = {}


def _menu(parent: QWidget) -> QMenu:
    menu = QMenu(parent)
    menu.addAction("Stop now")
    return menu


def _with(widget: Any, *calls: Callable[[Any], object]) -> QWidget:
    for call in calls:
        call(widget)
    return widget  # type: ignore[no-any-return]  # whatever came in


def _card() -> QWidget:
    card = Card("Columns", "8 of them")
    card.add_action(SecondaryButton("Reset"))
    card.add(label("Body"))
    return card


def _menus() -> dict[str, Callable[[], QWidget]]:
    def menu_button() -> QWidget:
        holder = QWidget()
        button = MenuButton("2 workers", _menu(holder), parent=holder)
        holder.setFixedSize(button.sizeHint())
        return holder

    def split_button() -> QWidget:
        holder = QWidget()
        button = SplitButton("Stop", _menu(holder), "stop", parent=holder)
        holder.setFixedSize(button.sizeHint())
        return holder

    return {"menu_button": menu_button, "split_button": split_button}


STEPS = (("data", "Data"), ("space", "Space"), ("run", "Run"))

SPECIMENS: dict[str, Callable[[], QWidget]] = {
    **_menus(),
    "primary": lambda: PrimaryButton("Run", "run"),
    "secondary": lambda: SecondaryButton("Copy"),
    "danger": lambda: DangerButton("Delete", "trash"),
    "link": lambda: LinkButton("Show"),
    "icon_button": lambda: IconButton("copy", "Copy"),
    "card": _card,
    "tiles": lambda: _with(
        ChoiceTiles(
            [
                TileGroup("Chosen for you", (TileText("auto", "Automatic", "Use when unsure."),)),
                TileGroup("Cover the space", (TileText("grid", "Grid search", "Use when few."),)),
            ],
            "Strategy",
        ),
        lambda w: w.set_current("grid"),
    ),
    "papers": lambda: _with(
        ReferenceList(),
        lambda w: w.set_references(("Ament et al. (2023), Unexpected, arXiv 2310.20708", "Other")),
        lambda w: w.button.click(),
    ),
    "check_list": lambda: _with(
        CheckList([("a", "Random"), ("b", "Grid")]), lambda w: w.set_value(("a",))
    ),
    "segments": lambda: SegmentedControl([("t", "trial"), ("s", "time")], "Axis"),
    "chip": lambda: Chip("gini"),
    "chip_selectable": lambda: _with(
        Chip("random forest", selectable=True), lambda w: w.setChecked(True)
    ),
    "chip_removable": lambda: Chip("entropy", removable=True),
    "chip_good": lambda: Chip("▲ 0.039 above the defaults", tone="good"),
    "chip_list": lambda: _with(
        ChipList("several", "Models"), lambda w: w.set_items(["SVC", "MLP"])
    ),
    "steps": lambda: _with(
        StepRail(STEPS),
        lambda w: w.set_step("data", state="done", subtitle="penguins.csv"),
        lambda w: w.set_step("space", state="error", subtitle="no model"),
        lambda w: w.set_current("run"),
    ),
    "studies": lambda: _with(
        StudyList(), lambda w: w.set_studies([("a", "penguins", "0.966"), ("b", "x", "")], "a")
    ),
    "message": lambda: MessageBar(
        "warning", "19 missing values", "in 5 columns", actions=[("Change", lambda: None)]
    ),
    "messages": lambda: _with(
        MessageStack(), lambda w: w.show_message("a", "error", "Failed", details="why")
    ),
    "progress": lambda: _with(RunProgress(), lambda w: w.set_progress(88, 2, 150)),
    "search": lambda: SearchBox("Search models"),
    "command": lambda: CommandBox("Find a command", "Ctrl+Shift+P"),
    "value": lambda: _with(ValueEdit(name="from"), lambda w: w.set_value(0.1)),
    "value_wrong": lambda: _with(ValueEdit(NumberRule(below=1), "to"), lambda w: w.setText("7")),
    "json": lambda: _with(JsonEdit(name="values"), lambda w: w.set_value([1, 2])),
    "combo": lambda: Combo([("a", "linear"), ("b", "log")], "scale"),
    "combo_dense": lambda: Combo([("a", "category")], "type", dense=True),
    "combo_search": lambda: SearchableCombo([("a", "accuracy")], "metric"),
    "toggle": lambda: _with(Toggle("Live"), lambda w: w.setChecked(True)),
    "check": lambda: _with(QCheckBox("keep 20 %"), lambda w: w.setChecked(True)),
    "radio": lambda: _with(QRadioButton("maximise"), lambda w: w.setChecked(True)),
    "histogram": lambda: _with(MiniHistogram(), lambda w: w.set_bars([1, 3, 2], "3 bars")),
    "folds": lambda: _with(FoldBars(), lambda w: w.set_scores([0.9, None, 0.95])),
    "sparkline": lambda: _with(Sparkline(), lambda w: w.set_values([1, 3, 2, 5])),
    "stat": lambda: _with(
        StatTile("Best trial #84"),
        lambda w: w.set_stat("0.966", "± 0.011", remark="▲ 0.039", tone="good"),
    ),
    "key_values": lambda: _with(
        KeyValueList("Parameters"), lambda w: w.set_rows([("max_depth", "7"), ("C", "")])
    ),
    "bars": lambda: _with(
        BarList("What matters"), lambda w: w.set_bars([NamedBar("max_features", 0.46, 0.05)])
    ),
    "empty": lambda: EmptyState("chart", "No trials yet", "Press Run.", PrimaryButton("Run")),
    "elided": lambda: ElidedLabel("weather 2012"),
    "form": lambda: OptionsForm(Options),
    "confirm": lambda: ConfirmDialog("Stop?", "Trials are lost.", "Stop", destructive=True),
    "error": lambda: ErrorDialog("It failed", "No room.", "Make room.", "Traceback"),
}

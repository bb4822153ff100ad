"""Forms from declared options: one editor a kind, limits enforced, only differences sent."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from hpo_gui.evaluation.schedules import SCHEDULES
from hpo_gui.gui.theme import Theme
from hpo_gui.gui.widgets.check_list import CheckList
from hpo_gui.gui.widgets.combo import Combo
from hpo_gui.gui.widgets.json_edit import JsonEdit
from hpo_gui.gui.widgets.option_fields import option_fields, option_title
from hpo_gui.gui.widgets.options_form import OptionsForm
from hpo_gui.gui.widgets.value_edit import ValueEdit
from hpo_gui.pruners.catalogue import PRUNERS
from hpo_gui.strategies.catalogue import STRATEGIES

Meta = msgspec.Meta


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kappa: Annotated[float, Meta(gt=0, title="Exploration", description="Higher is bolder.")] = 2.0
    start: Annotated[int, Meta(ge=1, le=99, title="Random first")] | None = None
    acquisition: Literal["log_ei", "ucb"] = "log_ei"
    kernel: Annotated[Literal["rbf", "matern"] | None, Meta(title="Kernel")] = None
    noise: bool = True
    label: str = "x"
    note: str | None = None
    points: dict[str, float] = {}
    layers: tuple[int, ...] = (3,)


class Range(msgspec.Struct, frozen=True):
    low: float = 0.0
    high: float = 1.0

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise ValueError("`low` must be below `high`")


class Required(msgspec.Struct, frozen=True):
    folds: Annotated[int, Meta(ge=2)]


@pytest.fixture
def form(themed: Theme, qtbot: QtBot) -> OptionsForm:
    form = OptionsForm(Options)
    qtbot.addWidget(form)
    return form


def test_declarations_are_read_with_titles_limits_and_kinds() -> None:
    fields = {field.name: field for field in option_fields(Options)}
    kinds = {name: field.kind for name, field in fields.items()}
    assert kinds == {
        "kappa": "number",
        "start": "number",
        "acquisition": "choice",
        "kernel": "choice",
        "noise": "flag",
        "label": "text",
        "note": "text",
        "points": "json",
        "layers": "json",
    }
    assert fields["kappa"].title == "Exploration"
    assert fields["kappa"].description == "Higher is bolder."
    assert fields["kappa"].rule.above == 0
    assert fields["start"].title == "Random first"
    assert fields["start"].optional
    assert fields["start"].rule.integer
    assert (fields["start"].rule.at_least, fields["start"].rule.at_most) == (1, 99)
    assert fields["acquisition"].title == "Acquisition"
    assert fields["kernel"].choices == ("matern", "rbf")
    assert fields["points"].default == {}


def test_each_kind_has_its_editor(form: OptionsForm) -> None:
    assert isinstance(form.editor("kappa"), ValueEdit)
    assert isinstance(form.editor("acquisition"), Combo)
    assert isinstance(form.editor("noise"), QCheckBox)
    assert isinstance(form.editor("points"), JsonEdit)
    assert type(form.editor("label")) is QLineEdit
    assert form.editor("kappa").accessibleName() == "Exploration"


def test_untouched_options_are_all_defaults_and_right(form: OptionsForm) -> None:
    assert form.values() == {}
    assert form.errors() == {}
    assert form.all_values()["layers"] == (3,)
    assert msgspec.convert(form.all_values(), Options) == Options()


def test_only_what_differs_is_sent(form: OptionsForm, qtbot: QtBot) -> None:
    _type(form, "kappa", "2^2", qtbot)
    with qtbot.waitSignal(form.changed) as told:
        qtbot.keyClick(form.editor("noise"), Qt.Key.Key_Space)
    assert told.args == [{"kappa": 4.0, "noise": False}]
    _type(form, "kappa", "2", qtbot)
    assert form.values() == {"noise": False}


def test_text_json_and_choices_are_sent(form: OptionsForm, qtbot: QtBot) -> None:
    _type(form, "label", "y", qtbot)
    _type(form, "layers", "[5, 6]", qtbot)
    combo = form.editor("acquisition")
    assert isinstance(combo, Combo)
    combo.picked.emit("ucb")
    assert form.values() == {"label": "y", "layers": [5, 6], "acquisition": "ucb"}
    _type(form, "note", "n", qtbot)
    _type(form, "note", "", qtbot)
    assert "note" not in form.values()


def test_a_wrong_option_is_explained_and_keeps_its_last_good_value(
    form: OptionsForm, qtbot: QtBot
) -> None:
    with qtbot.waitSignal(form.errors_changed), qtbot.assertNotEmitted(form.changed):
        _type(form, "kappa", "-1", qtbot)
    assert form.errors() == {"kappa": "Must be above 0."}
    shown = [w.text() for w in form.findChildren(QLabel) if w.text() and not w.isHidden()]
    assert "Must be above 0." in shown
    assert form.values() == {}
    _type(form, "kappa", "1", qtbot)
    assert form.errors() == {}
    assert form.values() == {"kappa": 1.0}


def test_values_are_set_silently_and_come_back(form: OptionsForm, qtbot: QtBot) -> None:
    values: dict[str, Any] = {"kappa": 0.5, "start": 9, "noise": False, "layers": [1, 2]}
    with qtbot.assertNotEmitted(form.changed):
        form.set_values(values | {"label": "z", "acquisition": "ucb"})
    assert form.values() == values | {"label": "z", "acquisition": "ucb"}
    form.set_values({})
    assert form.values() == {}


def test_setting_values_clears_errors(form: OptionsForm, qtbot: QtBot) -> None:
    _type(form, "kappa", "-1", qtbot)
    form.set_values({"kappa": 3.0})
    assert form.errors() == {}


def test_options_that_do_not_go_together_are_explained(themed: Theme, qtbot: QtBot) -> None:
    form = OptionsForm(Range)
    qtbot.addWidget(form)
    _type(form, "low", "5", qtbot)
    assert "must be below" in form.errors()[""]
    _type(form, "high", "9", qtbot)
    assert form.errors() == {}


def test_a_required_option_starts_as_an_error(themed: Theme, qtbot: QtBot) -> None:
    form = OptionsForm(Required)
    qtbot.addWidget(form)
    assert form.errors() == {"folds": "Type a number."}
    form.set_values({"folds": 5})
    assert form.values() == {"folds": 5}
    assert form.errors() == {}


def test_hidden_options_are_kept_but_not_shown(themed: Theme, qtbot: QtBot) -> None:
    form = OptionsForm(Options, hidden=("kappa",))
    qtbot.addWidget(form)
    form.set_values({"kappa": 7.0, "label": "z"})
    assert form.values() == {"kappa": 7.0, "label": "z"}
    with pytest.raises(KeyError):
        form.editor("kappa")


class Several(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    members: Annotated[
        tuple[Literal["random", "grid", "tpe"], ...], Meta(min_length=1, title="Members")
    ] = ("tpe", "grid")
    share: Annotated[float, Meta(ge=0, le=1)] | None = None
    restarts: Annotated[int, Meta(ge=1, title="Restarts", extra={"advanced": True})] = 10
    jitter: Annotated[Annotated[float, Meta(gt=0)] | None, Meta(extra={"advanced": True})] = None


@pytest.fixture
def several(themed: Theme, qtbot: QtBot) -> OptionsForm:
    form = OptionsForm(Several, titles={"tpe": "TPE by Parzen"})
    qtbot.addWidget(form)
    form.resize(500, 300)
    form.show()
    return form


def test_a_tuple_of_choices_is_ticked(several: OptionsForm, qtbot: QtBot) -> None:
    boxes = several.editor("members")
    assert isinstance(boxes, CheckList)
    words = [box.text() for box in boxes.boxes.values()]
    assert words == ["TPE by Parzen", "Grid", "Random"]  # the default's order first
    assert boxes.value() == ("tpe", "grid")
    assert several.values() == {}
    with qtbot.waitSignal(several.changed) as told:
        qtbot.mouseClick(boxes.boxes["random"], Qt.MouseButton.LeftButton, pos=_at(boxes))
    assert told.args == [{"members": ("tpe", "grid", "random")}]
    several.set_values({"members": ["grid"]})
    assert boxes.value() == ("grid",)
    assert msgspec.convert(several.values(), Several).members == ("grid",)


def test_the_last_tick_cannot_be_taken_away(several: OptionsForm, qtbot: QtBot) -> None:
    several.set_values({"members": ["grid"]})
    boxes = several.editor("members")
    assert isinstance(boxes, CheckList)
    with qtbot.assertNotEmitted(several.changed):
        qtbot.mouseClick(boxes.boxes["grid"], Qt.MouseButton.LeftButton, pos=_at(boxes))
    assert several.errors() == {"members": "Tick at least one."}
    assert several.values() == {"members": ["grid"]}
    qtbot.mouseClick(boxes.boxes["tpe"], Qt.MouseButton.LeftButton, pos=_at(boxes))
    assert several.errors() == {}
    assert several.values() == {"members": ("tpe",)}


def test_advanced_options_are_hidden_but_never_reset(several: OptionsForm, qtbot: QtBot) -> None:
    assert not several.editor("restarts").isVisible()
    assert several.editor("share").isVisible()
    assert several.more.text() == "All options (2 more)"
    qtbot.mouseClick(several.more, Qt.MouseButton.LeftButton)
    assert several.editor("restarts").isVisible()
    assert several.more.text() == "Fewer options"
    _type(several, "restarts", "20", qtbot)
    qtbot.mouseClick(several.more, Qt.MouseButton.LeftButton)
    assert several.values() == {"restarts": 20}
    assert several.editor("restarts").isVisible()  # what was set is never out of sight
    assert not several.editor("jitter").isVisible()
    assert several.more.text() == "All options (1 more)"
    several.set_values({})
    assert not several.editor("restarts").isVisible()


def test_forms_without_advanced_options_have_no_link(form: OptionsForm) -> None:
    form.show()
    assert not form.more.isVisible()


def test_a_wide_form_has_two_columns(several: OptionsForm, qtbot: QtBot) -> None:
    first, second = several.editor("members"), several.editor("share")
    assert _left(second, several) < 300
    several.resize(1000, 300)
    qtbot.waitUntil(lambda: _left(second, several) > 500)
    assert _left(first, several) < 300


def test_an_optional_number_may_be_left_empty(several: OptionsForm, qtbot: QtBot) -> None:
    _type(several, "share", "0.5", qtbot)
    assert several.values() == {"share": 0.5}
    _type(several, "share", "", qtbot)
    assert several.values() == {}


def test_abbreviations_keep_their_capitals() -> None:
    assert option_title("log_ei") == "Log EI"
    assert option_title("max_trials") == "Max trials"


def _at(boxes: CheckList) -> QPoint:
    return QPoint(10, next(iter(boxes.boxes.values())).height() // 2)


def _left(editor: QWidget, form: OptionsForm) -> int:
    return editor.mapTo(form, QPoint(0, 0)).x()


@pytest.mark.parametrize(
    "entry", [*STRATEGIES, *PRUNERS, *SCHEDULES], ids=lambda entry: entry.name
)
def test_every_member_of_the_catalogues_gets_a_form_without_errors(
    entry: Any, themed: Theme, qtbot: QtBot
) -> None:
    form = OptionsForm(entry.kind)
    qtbot.addWidget(form)
    assert form.errors() == {}
    assert msgspec.convert(form.values(), entry.kind) == entry.kind()
    assert form.is_empty() == (not option_fields(entry.kind))


def _type(form: OptionsForm, name: str, text: str, qtbot: QtBot) -> None:
    editor = form.editor(name)
    assert isinstance(editor, QLineEdit)
    editor.setText(text)
    qtbot.keyClick(editor, Qt.Key.Key_Return)

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator

import numpy as np
import pandas as pd
import pytest
from msgspec import structs
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QLabel, QPushButton

from hpo_gui.core.goal import Goal
from hpo_gui.core.spec import Choice, DataSpec, ModelSpec, ReadingSpec
from hpo_gui.evaluation.samples import list_samples
from hpo_gui.gui.assembly_engine import AssemblyEngine
from hpo_gui.gui.panels.data_panel import DataPanel, unquoted
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.column_table import BARS, MISSING, NAME, ROLE, TREATMENT, TYPE
from hpo_gui.gui.widgets.mini_histogram import HISTOGRAM_ROLE
from hpo_gui.gui.window.menus import fill_examples


@pytest.fixture
def real(qtbot) -> Iterator[Session]:
    session = Session(AssemblyEngine())
    yield session
    session.close()


@pytest.fixture
def panel(real, qtbot) -> DataPanel:
    made = DataPanel(
        real,
        make_splits=lambda session: QLabel("splits"),
        fill_examples=lambda menu: fill_examples(menu, real.opening.open_example),
    )
    qtbot.addWidget(made)
    made.resize(1170, 720)
    made.show()
    return made


def open_and_wait(qtbot, session, source):
    with qtbot.waitSignal(session.study_changed, timeout=20_000):
        session.opening.open_data(source)


@pytest.fixture
def penguins(panel, real, qtbot) -> DataPanel:
    open_and_wait(qtbot, real, "sample:penguins")
    return panel


def cell(panel, name, column, role=Qt.ItemDataRole.DisplayRole):
    model = panel.columns
    return model.index(model.row_of(name), column).data(role)


def test_the_file_bar_says_what_was_read_and_how(penguins):
    assert penguins.file.name.text() == "penguins.csv"
    assert "344 rows × 8 columns" in penguins.file.facts.text()
    assert "comma" in penguins.file.facts.text()


def test_the_table_shows_every_column_with_its_facts(penguins):
    assert penguins.columns.rowCount() == 8
    assert cell(penguins, "species", ROLE) == "Target"
    assert cell(penguins, "year", ROLE) == "Ignore"
    assert cell(penguins, "sex", MISSING) == "11"
    assert cell(penguins, "sex", TYPE) == "category"
    assert cell(penguins, "island", TREATMENT) == "one-hot"
    assert len(cell(penguins, "island", BARS, HISTOGRAM_ROLE)) == 3
    assert "Biscoe: 168" in cell(penguins, "island", BARS, Qt.ItemDataRole.ToolTipRole)
    assert "…" in cell(penguins, "body_mass_g", BARS, Qt.ItemDataRole.ToolTipRole)
    assert cell(penguins, "species", NAME, Qt.ItemDataRole.ToolTipRole).startswith("species")


def test_the_card_below_tells_the_classes(penguins):
    assert penguins.task.task.text() == "Classification"
    assert penguins.task.facts.text() == "3 classes"
    texts = [chip.text() for chip in penguins.task.chips]
    assert texts == ["Adelie 152", "Gentoo 124", "Chinstrap 68"]


def test_notices_are_bars_with_what_helps(penguins, qtbot):
    first = penguins.messages.keys()[0]
    assert first.startswith("19 missing values")
    link = penguins.messages.bar(first).findChildren(QPushButton)[0]
    assert link.text() == "Change"
    with qtbot.waitSignal(penguins.session.go_to) as gone:
        link.click()
    assert gone.args == ["strategy", "preprocessing"]


def test_models_that_do_not_suit_are_told_as_in_the_terminal(penguins, qtbot):
    session = penguins.session
    suitable = {"models": (ModelSpec("suitable"),), "goals": (Goal("neg_log_loss"),)}
    session.edit(structs.replace(session.spec, **suitable), "Suitable models")
    qtbot.waitUntil(lambda: not penguins.session.is_checking)
    said = [notice.head for _, notice in penguins.notices()]
    assert "Support vector machine is left out:" in said


def test_a_note_can_be_put_away_and_a_column_shown(penguins, qtbot):
    key = next(key for key in list(penguins.messages.keys()) if "year" in key)
    bar = penguins.messages.bar(key)
    assert "`" not in bar.head.text()
    bar.findChildren(QPushButton)[0].click()
    assert penguins.columns.column_of(penguins.table.currentIndex().row()).name == "year"
    first = [other for other in penguins.messages.keys() if other != key]  # noqa: SIM118
    bar.close_button.click()
    assert penguins.messages.keys() == first
    penguins.session.recheck()
    qtbot.waitUntil(lambda: not penguins.session.is_checking)
    assert penguins.messages.keys() == first


# --- edits --------------------------------------------------------------------------------------


def choose(panel, name, column, key):
    """Choose from the menu of a cell as a click does."""
    delegate = panel.table.roles if column == ROLE else panel.table.types
    index = panel.columns.index(panel.columns.row_of(name), column)
    menu = delegate.open_menu(index)
    labels = dict(delegate.options)
    action = next(action for action in menu.actions() if action.text() == labels[key])
    action.trigger()
    menu.close()
    settle(panel.session)


def settle(session):
    """Wait for the check that follows an edit; on a busy machine it goes to the background."""
    while session.is_checking:
        QApplication.processEvents()


def test_a_role_is_chosen_from_the_menu_of_its_cell(penguins, qtbot):
    choose(penguins, "year", ROLE, "feature")
    assert cell(penguins, "year", ROLE) == "Feature"
    assert penguins.session.undo.undoText() == "Role of year"
    penguins.session.undo.undo()
    settle(penguins.session)
    assert cell(penguins, "year", ROLE) == "Ignore"


def test_another_target_brings_another_task_metric_and_folds(penguins, qtbot):
    session = penguins.session
    assert session.goal.metric == "accuracy"
    choose(penguins, "body_mass_g", ROLE, "target")
    assert session.roles.task == "regression"
    assert session.goal.metric != "accuracy"
    assert session.spec.validation.name == "k_fold"
    assert session.problems == ()
    assert penguins.task.task.text() == "Regression"
    assert "from 2700 to 6300" in penguins.task.facts.text()
    session.undo.undo()
    settle(session)
    assert session.goal.metric == "accuracy"


def test_a_type_is_chosen_from_the_menu_of_its_cell(penguins):
    choose(penguins, "body_mass_g", TYPE, "category")
    assert cell(penguins, "body_mass_g", TYPE) == "category"
    assert penguins.session.spec.data.types == {"body_mass_g": "category"}


def test_a_choice_holds_for_all_selected_rows(penguins):
    table, model = penguins.table, penguins.columns
    table.clearSelection()
    for name in ("bill_length_mm", "bill_depth_mm"):
        flags = table.selectionModel().SelectionFlag
        index = model.index(model.row_of(name), NAME)
        table.selectionModel().select(index, flags.Select | flags.Rows)
    choose(penguins, "bill_depth_mm", ROLE, "ignore")
    assert penguins.session.roles.features == ("island", "flipper_length_mm", "body_mass_g", "sex")
    assert penguins.session.undo.undoText() == "Role of 2 columns"


def test_a_click_into_the_box_opens_the_menu_and_one_beside_it_does_not(penguins, qtbot):
    table = penguins.table
    index = penguins.columns.index(penguins.columns.row_of("island"), ROLE)
    rect = table.visualRect(index)
    beside = QPoint(rect.right() - 2, rect.center().y())
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=beside)
    assert table.roles.menu is None
    inside = QPoint(rect.left() + 40, rect.center().y())
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=inside)
    assert table.roles.menu.isVisible()
    checked = [action.text() for action in table.roles.menu.actions() if action.isChecked()]
    assert checked == ["Feature"]
    table.roles.menu.close()


def test_return_opens_the_menu_of_the_current_cell(penguins, qtbot):
    table = penguins.table
    table.setCurrentIndex(penguins.columns.index(0, TYPE))
    qtbot.keyClick(table, Qt.Key.Key_Return)
    assert table.types.menu.isVisible()
    table.types.menu.close()


def test_rows_are_locked_for_the_final_test(penguins, qtbot):
    task, session = penguins.task, penguins.session
    assert task.keep.isChecked()
    assert task.share.value() == 20
    task.share.setText("30")
    task.share.editingFinished.emit()
    settle(session)
    assert session.spec.data.test_share == pytest.approx(0.3)
    task.keep.click()
    settle(session)
    assert session.spec.data.test_share == 0
    assert not task.share.isEnabled()
    session.undo.undo()
    settle(session)
    assert session.spec.data.test_share > 0


def test_all_options_show_the_choice_of_the_task(penguins):
    assert not penguins.task.kind.isVisible()
    penguins.session.looking.set_options("all")
    assert penguins.task.kind.isVisible()


# --- rows, splits, reading ----------------------------------------------------------------------


def test_the_rows_are_shown_as_read(penguins):
    penguins.show_view("rows")
    model = penguins.rows
    assert (model.rowCount(), model.columnCount()) == (344, 8)
    names = [model.headerData(c, Qt.Orientation.Horizontal) for c in range(8)]
    assert names[:2] == ["species", "island"]
    first = [model.index(0, c).data() for c in range(8)]
    assert first[0] == "Adelie"
    assert first[2] == "39.1"
    assert model.index(3, 2).data() == "—"


def test_the_splits_are_made_when_first_looked_at(penguins):
    assert penguins.splits is None
    penguins.show_view("splits")
    assert penguins.views.currentWidget().findChild(QLabel).text() == "splits"


def test_the_reading_options_show_the_rows_before_anything_changes(real, panel, qtbot, tmp_path):
    path = tmp_path / "odd.csv"
    path.write_text("a;b;kind\n" + "".join(f"{i},5;{i};{'xy'[i % 2]}\n" for i in range(40)))
    open_and_wait(qtbot, real, path)
    panel.open_reading()
    dialog = panel.reading
    assert dialog.model.columnCount() == 3
    dialog.separator.set_current_key(",")
    dialog.separator.picked.emit(",")
    qtbot.waitUntil(lambda: dialog.table is not None and dialog.table.reading.separator == ",")
    assert len(dialog.table.columns) != 3
    assert real.spec.data.reading.separator != ","
    with qtbot.waitSignal(real.table_changed):
        dialog.apply_button.click()
    qtbot.waitUntil(lambda: not real.is_checking)
    assert real.table.reading.separator == ","
    real.undo.undo()
    qtbot.waitUntil(lambda: not real.is_checking and real.table.reading.separator == ";")


def test_codes_for_missing_are_typed_with_commas(penguins, qtbot):
    penguins.open_reading()
    dialog = penguins.reading
    dialog.missing.setText(" -999, n/a ")
    assert dialog.wanted().missing == ("-999", "n/a")
    dialog.reject()


def test_reading_that_fails_is_told_in_the_dialog(penguins, qtbot):
    penguins.open_reading()
    dialog = penguins.reading
    dialog.encoding.set_current_key("utf-16")
    dialog.encoding.picked.emit("utf-16")
    qtbot.waitUntil(lambda: "utf-16" in dialog.summary.text())
    assert not dialog.apply_button.isEnabled()
    assert dialog.model.rowCount() == 0
    dialog.reject()


def test_a_table_that_is_gone_is_told_with_a_way_out(real, panel, qtbot, tmp_path):
    path = tmp_path / "wine.csv"
    path.write_text("a,kind\n" + "".join(f"{i % 7}.5,{'xy'[i % 2]}\n" for i in range(40)))
    open_and_wait(qtbot, real, path)
    assert real.problems == ()
    path.unlink()
    real.recheck()
    qtbot.waitUntil(lambda: bool(real.problems))
    assert panel.messages.keys() == ["problem source"]
    assert real.problems[0].step == "data"


def test_a_study_of_a_function_needs_no_table(real, panel, tmp_path):
    from hpo_gui.core.spec import FunctionSpec, StudySpec
    from tests.support.window import SPACE

    spec = StudySpec(objective=FunctionSpec("mine.py:loss", tuple(SPACE)))
    real.show_history(spec, SPACE)
    assert panel.nothing.isVisible()
    assert not panel.card.isVisible()
    assert panel.file.name.text() == "Your own function"
    assert not panel.file.reading.isEnabled()


def test_every_example_can_be_opened_from_the_menu(panel):
    texts = [action.text() for action in panel.examples.actions()]
    for sample in list_samples():
        assert any(text.startswith(sample.title) for text in texts)


def test_a_field_can_be_gone_to(penguins, qtbot):
    penguins.show_view("rows")
    penguins.focus_field("target")
    assert penguins.view.current() == "columns"
    row = penguins.table.currentIndex().row()
    assert penguins.columns.column_of(row).name == "species"
    penguins.activateWindow()
    penguins.focus_field("data.test_share")
    qtbot.waitUntil(penguins.task.share.hasFocus)


def test_names_are_quoted_as_people_do():
    assert unquoted("`year` is ignored") == "“year” is ignored"


# --- many columns -------------------------------------------------------------------------------


@pytest.fixture
def wide(real, panel, qtbot, tmp_path) -> DataPanel:
    numbers = np.random.default_rng(0).integers(0, 50, (60, 5000))
    frame = pd.DataFrame(numbers, columns=[f"gene_{number}" for number in range(5000)])
    frame["kind"] = ["a", "b"] * 30
    frame.to_csv(tmp_path / "wide.csv", index=False)
    with qtbot.waitSignal(real.study_changed, timeout=60_000):
        real.opening.open_data(tmp_path / "wide.csv")
    return panel


def test_five_thousand_columns_scroll_smoothly_and_are_found_by_name(wide, qtbot):
    table = wide.table
    assert wide.columns.rowCount() == 5001
    bar = table.verticalScrollBar()
    frames = []
    for step in range(20):
        bar.setValue(bar.maximum() * step // 20)
        began = time.perf_counter()
        table.viewport().grab()
        frames.append(time.perf_counter() - began)
    assert statistics.median(frames) < 0.1  # seconds, on a slow and busy machine
    assert wide.search.isVisible()
    wide.columns.set_filter("gene_499")
    assert wide.columns.rowCount() == 11
    wide.columns.set_filter("")


def test_columns_are_sorted_by_a_click_on_the_head(penguins):
    model = penguins.columns
    model.sort(MISSING, Qt.SortOrder.DescendingOrder)
    assert model.column_of(0).name == "sex"
    model.sort(-1)
    assert model.column_of(0).name == "species"


def test_reading_options_are_part_of_the_specification(penguins):
    data = penguins.session.spec.data
    assert isinstance(data, DataSpec)
    assert isinstance(data.reading, ReadingSpec)


def test_a_group_column_says_when_the_folds_split_its_groups(penguins, real):
    assert real.spec.data is not None
    data = structs.replace(real.spec.data, group="island")
    real.edit(structs.replace(real.spec, data=data, validation=Choice("k_fold")), "Split")
    settle(real)
    told = "`island` does not keep its groups together:"
    assert told in [notice.head for _, notice in penguins.notices()]
    assert any(told in key for key in penguins.messages.keys())  # noqa: SIM118
    assert cell(penguins, "island", TREATMENT) == "rows of one group are not kept together"
    whole = Choice("stratified_group_k_fold", {"folds": 3})
    real.edit(structs.replace(real.spec, validation=whole), "Keep")
    settle(real)
    assert told not in [notice.head for _, notice in penguins.notices()]
    assert cell(penguins, "island", TREATMENT) == "rows of one group stay together"

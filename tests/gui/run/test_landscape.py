"""The landscape in the window: slices and maps, live, through the trial that is selected."""

import threading

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton

from hpo_gui.core.parameter import Float, Int
from hpo_gui.core.space import Space
from hpo_gui.core.spec import StudySpec
from hpo_gui.core.trial import TrialState
from hpo_gui.gui import landscape_source as source_module
from hpo_gui.gui.landscape_source import landscape_source
from hpo_gui.gui.panels.results_panel import ResultsPanel
from hpo_gui.gui.panels.run_panel import RunPanel
from hpo_gui.gui.plots.landscape_slice import runs
from hpo_gui.gui.plots.landscape_view import LandscapeView
from hpo_gui.gui.tables.trial_store import trial_store
from hpo_gui.gui.theme import current_theme
from tests.analysis.studies import ACCURACY, SPACE, make_trial, random_trials
from tests.gui.run.conftest import spec_for
from tests.support.small_studies import call_here

LONG = 20_000


@pytest.fixture
def here(monkeypatch):
    """Compute in this process; counts the calls."""
    calls = []

    def call(function, *arguments, **options):
        calls.append(arguments)
        return call_here(function, *arguments, **options)

    monkeypatch.setattr(source_module, "call_in_process", call)
    monkeypatch.setattr(source_module, "LIVE_MS", 0)
    monkeypatch.setattr(source_module, "SHARE", 0)
    return calls


def look(qtbot, session, size=(900, 560)):
    view = LandscapeView(session)
    qtbot.addWidget(view)
    view.resize(*size)
    with qtbot.waitExposed(view):
        view.show()
    return view


def settled(qtbot, session):
    source = landscape_source(session)
    qtbot.waitUntil(lambda: not source.is_busy, timeout=LONG)
    return source


@pytest.fixture
def view(shown, qtbot, here):
    made = look(qtbot, shown)
    settled(qtbot, shown)
    return made


def click(button):
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def painted(qtbot, view):
    qtbot.waitUntil(lambda: not view.slices._waiting, timeout=LONG)
    for plot in view.slices.plots.values():
        plot.repaint()


def test_slices_go_through_the_best_trial(view, shown, qtbot):
    best = trial_store(shown).summary.best
    assert view.caption.text() == f"Through the best trial #{best.number}"
    assert "R²" in view.quality.text()
    assert "leave-one-out" in view.quality.toolTip()
    painted(qtbot, view)
    free = [p.name for p in SPACE if p.name in best.params]
    assert list(view.slices.plots) == free
    for plot in view.slices.plots.values():
        assert best.number in plot.points.numbers
        assert plot.name in plot.accessibleDescription()


def test_what_does_not_apply_is_named_below(view, shown, qtbot):
    without = next(t for t in shown.builder.trials if "max_samples" not in t.params)
    shown.looking.select([without.number])
    settled(qtbot, shown)
    assert view.caption.text() == f"Through trial #{without.number}"
    assert "max_samples" in view.slices.left_out.text()
    assert view.slices.left_out.isVisible()
    assert "max_samples" not in view.slices.plots
    with_it = next(t for t in shown.builder.trials if "max_samples" in t.params)
    shown.looking.select([with_it.number])
    settled(qtbot, shown)
    assert not view.slices.left_out.isVisible()
    assert list(view.slices.plots) == list(SPACE.names)


def test_another_trial_needs_no_other_fit(view, shown, qtbot, here):
    shown.looking.select([3])
    settled(qtbot, shown)
    assert here[0][1] is None
    assert here[-1][1] is not None


def test_a_click_on_a_trial_in_a_slice_selects_it(view, shown, qtbot):
    painted(qtbot, view)
    plot = view.slices.plots["max_features"]
    at = QPointF(plot.points.x[0], plot.points.y[0])
    number = plot.nearest(at)
    QTest.mouseClick(plot, Qt.MouseButton.LeftButton, pos=at.toPoint())
    assert shown.looking.selection == (number,)


def test_the_filter_hides_trials_here_too(view, shown, qtbot):
    painted(qtbot, view)
    plot = view.slices.plots["max_features"]
    before = len(plot.points.numbers)
    shown.looking.set_filter("number < 20")
    assert 0 < len(plot.points.numbers) < before
    assert plot.points.numbers.max() < 20


def test_the_map_shows_two_parameters_and_their_trials(view, shown, qtbot):
    click(view.kind.button("map"))
    assert view.map.isVisible()
    names = landscape_source(shown).landscape.map.names
    assert (view.across.current_key(), view.up.current_key()) == names
    view.map.repaint()
    numbers = set(view.map.points.numbers.tolist())
    assert {88, 89} <= numbers  # under way
    at = view.map.area().center()
    words = view.map.words_at(at)
    assert words.startswith(f"{names[0]} = ")
    assert "expected improvement" in words
    assert view.map.words_at(QPointF(0, 0)) == ""
    QTest.mouseMove(view.map, at.toPoint())
    qtbot.waitUntil(lambda: view.told.text() == view.map.words_at(at) or bool(view.told.text()))


def test_any_two_parameters_can_be_chosen(view, shown, qtbot):
    click(view.kind.button("map"))
    view.across.set_current_key("criterion")
    view.across.picked.emit("criterion")
    settled(qtbot, shown)
    assert landscape_source(shown).landscape.map.names[0] == "criterion"
    other = view.up.current_key()
    view.up.set_current_key("criterion")
    view.up.picked.emit("criterion")  # the same twice: they change places
    settled(qtbot, shown)
    assert landscape_source(shown).landscape.map.names == (other, "criterion")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("quantity", ["mean", "sd", "improvement"])
def test_each_quantity_is_painted_in_each_theme(view, shown, quantity, theme):
    current_theme().set_mode(theme)
    click(view.kind.button("map"))
    click(view.quantity.button(quantity))
    image = view.map.grab().toImage()
    area = view.map.area()
    colors = {
        image.pixelColor(int(area.left() + share * area.width()), int(area.center().y())).name()
        for share in np.linspace(0.02, 0.98, 40)
    }
    assert len(colors) > 3
    assert "Star" in view.told.text()


def test_what_is_not_allowed_is_hatched_and_said(session, qtbot, here):
    space = Space([Float("low", 0.0, 1.0), Float("high", 0.0, 1.0)], ["low < high"])
    rng = np.random.default_rng(4)
    trials = [make_trial(i, [rng.random()], params=space.sample(rng)) for i in range(20)]
    session.show_history(StudySpec(goals=(ACCURACY,)), space, trials)
    view = look(qtbot, session)
    settled(qtbot, session)
    click(view.kind.button("map"))
    assert "Hatched" in view.told.text()
    area = view.map.area()
    bad = QPointF(area.right() - 5, area.bottom() - 5)
    assert "not allowed" in view.map.words_at(bad)


def test_it_follows_the_study(view, shown, qtbot, add, here):
    before = len(here)
    best = make_trial(90, [0.999] * 5, params=SPACE.complete({}))
    add([best])
    qtbot.waitUntil(lambda: view.caption.text() == "Through the best trial #90", timeout=LONG)
    assert len(here) > before


def test_nothing_is_computed_while_nobody_looks(shown, qtbot, here, add):
    view = LandscapeView(shown)
    qtbot.addWidget(view)
    add([make_trial(90, [0.9], params=SPACE.complete({}))])
    shown.looking.select([3])
    qtbot.wait(150)
    assert here == []
    assert not landscape_source(shown).is_busy
    view.show()
    settled(qtbot, shown)
    assert len(here) == 1
    view.hide()
    add([make_trial(91, [0.9], params=SPACE.complete({}))])
    qtbot.wait(150)
    assert len(here) == 1


def test_many_changes_are_one_computation(shown, qtbot, monkeypatch):
    gate, calls = threading.Event(), []

    def call(function, *arguments, **options):
        calls.append(arguments)
        assert gate.wait(10)
        return function(*arguments)

    monkeypatch.setattr(source_module, "call_in_process", call)
    view = look(qtbot, shown)
    qtbot.waitUntil(lambda: len(calls) == 1, timeout=LONG)
    for number in range(3, 20):
        shown.looking.select([number])
    gate.set()
    settled(qtbot, shown)
    assert len(calls) == 2
    assert view.caption.text() == "Through trial #19"


def test_a_click_does_not_wait_for_the_next_live_picture(shown, qtbot, monkeypatch):
    gate, calls = threading.Event(), []

    def call(function, *arguments, cancelled, **options):
        calls.append(arguments)
        if len(calls) == 1:
            while not cancelled():
                gate.wait(0.01)
            raise ArithmeticError("given up")
        return function(*arguments)

    monkeypatch.setattr(source_module, "call_in_process", call)
    monkeypatch.setattr(source_module, "LIVE_MS", 3_600_000)
    view = look(qtbot, shown)
    qtbot.waitUntil(lambda: len(calls) == 1, timeout=LONG)
    shown.looking.select([3])
    qtbot.waitUntil(lambda: view.caption.text() == "Through trial #3", timeout=LONG)


def trials_of(*scores, space):
    return [make_trial(i, [s], params=space.complete({})) for i, s in enumerate(scores)]


@pytest.mark.parametrize(
    ("space", "scores", "title"),
    [
        (SPACE, [], "Too few trials for a surrogate"),
        (SPACE, [0.5, 0.6], "Too few trials for a surrogate"),
        (SPACE, [0.5, 0.5, 0.5, 0.5], "All scores are equal"),
        (Space([Int("n", 2, 2)]), [0.1, 0.2, 0.3], "No parameter is free"),
    ],
)
def test_it_says_why_there_is_nothing_to_see(session, qtbot, here, space, scores, title):
    session.show_history(spec_for(10), space, trials_of(*scores, space=space))
    view = look(qtbot, session)
    settled(qtbot, session)
    assert view.empty.isVisible()
    assert view.empty.title.text() == title
    assert here == []


def test_the_third_score_ends_the_empty_state(session, qtbot, here, add):
    rng = np.random.default_rng(0)
    trials = [make_trial(i, [0.5 + i / 10], params=SPACE.sample(rng)) for i in range(3)]
    session.show_history(spec_for(10), SPACE, trials[:2])
    view = look(qtbot, session)
    settled(qtbot, session)
    assert view.empty.isVisible()
    add(trials[2:])
    qtbot.waitUntil(lambda: view.slices.isVisible(), timeout=LONG)


def test_another_study_takes_the_old_landscape_away(view, shown, qtbot):
    space = Space([Float("x", 0.0, 1.0)])
    trials = [make_trial(i, [i / 10], params={"x": i / 10}) for i in range(6)]
    shown.show_history(StudySpec(goals=(ACCURACY,)), space, trials)
    settled(qtbot, shown)
    qtbot.waitUntil(lambda: list(view.slices.plots) == ["x"], timeout=LONG)
    assert not view.kind.button("map").isEnabled()


def test_an_error_is_told_and_does_not_stay(shown, qtbot, monkeypatch, add):
    def fail(function, *arguments, **options):
        raise ArithmeticError("the matrix is singular")

    monkeypatch.setattr(source_module, "call_in_process", fail)
    monkeypatch.setattr(source_module, "LIVE_MS", 0)
    view = look(qtbot, shown)
    settled(qtbot, shown)
    assert view.empty.title.text() == "The surrogate could not be fitted"
    assert view.empty.text.text() == "the matrix is singular"
    monkeypatch.setattr(source_module, "call_in_process", call_here)
    add([make_trial(90, [0.9], params=SPACE.complete({}))])
    qtbot.waitUntil(lambda: view.slices.isVisible(), timeout=LONG)


def test_a_study_without_good_trials_is_no_crash(session, qtbot, here):
    failed = [make_trial(i, state=TrialState.FAILED) for i in range(6)]
    session.show_history(spec_for(6), SPACE, failed)
    view = look(qtbot, session)
    settled(qtbot, session)
    assert view.empty.isVisible()


def test_it_is_computed_in_another_process(session, qtbot):
    session.show_history(spec_for(40), SPACE, random_trials(40))
    view = look(qtbot, session)
    qtbot.waitUntil(lambda: view.slices.isVisible(), timeout=60_000)
    assert not landscape_source(session).error


@pytest.mark.parametrize("kind", [RunPanel, ResultsPanel])
def test_both_panels_have_it_behind_a_tab(kind, shown, qtbot, here):
    panel = kind(shown)
    qtbot.addWidget(panel)
    panel.resize(1200, 760)
    panel.show()
    panel.focus_field("landscape")
    view = panel.findChild(LandscapeView)
    assert view.isVisible()
    settled(qtbot, shown)
    panel.focus_field("landscape.map")
    assert view.map.isVisible()


def test_every_control_has_a_name(view):
    click(view.kind.button("map"))
    for button in view.findChildren(QAbstractButton):
        if button.isVisible():
            assert button.accessibleName() or button.text()
    named = (view.across, view.up, view.map, view.quantity, view.kind)
    assert all(control.accessibleName() for control in named)
    assert view.map.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_runs_are_the_stretches_without_gaps():
    assert list(runs(np.array([True, True, False, True]))) == [slice(0, 2), slice(3, 4)]
    assert list(runs(np.array([False, False]))) == []

"""A person with a mouse, whose models learn step by step: schedules, halving, a population."""

from __future__ import annotations

import csv
from pathlib import Path

from person import Person
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest

from hpo_gui.core.spec import TrainingSpec
from hpo_gui.core.spec_text import read_spec
from hpo_gui.core.trial import TrialState
from hpo_gui.gui.cards.export_drawer import ExportDrawer
from hpo_gui.gui.panels.results_panel import ResultsPanel
from hpo_gui.gui.panels.run_panel import RunPanel
from hpo_gui.gui.widgets.buttons import PrimaryButton


def learn_by_steps(person: Person, model: str, steps: int) -> None:
    """Open the example, pick a model and switch its training on."""
    session = person.session
    person.click("Try an example", PrimaryButton)
    person.until(lambda: session.table is not None)
    person.settled()
    person.go_to(2)
    person.click("+ ")
    person.click(model)
    person.settled()
    person.click("Learn step by step")
    person.settled()
    person.type_into("Steps", str(steps))
    person.type_into("Epochs a step", "2")
    person.settled()
    assert session.spec.training == TrainingSpec(steps=steps, stretch=2)
    assert session.problems == ()


def split_once(person: Person) -> None:
    """One split instead of several folds: what is learnt is not the point here."""
    person.pick("Kind of validation", "Hold-out")
    person.settled()


def run_to_the_end(person: Person) -> None:
    ended: list[str] = []
    person.session.ended.connect(lambda reason, done: ended.append(reason))
    person.click("Run", PrimaryButton)
    person.until(lambda: bool(ended) and not person.session.is_active)
    person.told += ended


def export(person: Person, folder: Path, *keys: str) -> dict[str, Path]:
    """Write files on the Results page; name -> path."""
    person.go_to(5)
    person.click("Export results…")
    drawer = person.window.findChild(ExportDrawer)
    assert drawer is not None
    drawer.set_folder(folder)  # the folder dialog is the system's own
    for key, box in drawer.boxes.items():
        if box.isChecked() != (key in keys) and (box.isEnabled() or key in keys):
            person.click(box.text())
    person.click("Write ")
    person.until(lambda: drawer.done.isVisible() or drawer.error.isVisible())
    assert not drawer.error.isVisible(), drawer.error.text()
    return {path.name: path for path in folder.rglob("*") if path.is_file()}


def test_a_network_learns_by_a_schedule_and_halving_and_its_curves_are_exported(
    person: Person, tmp_path: Path
) -> None:
    session = person.session
    learn_by_steps(person, "Neural network", 6)
    person.click("Cosine")
    person.settled()
    assert session.spec.schedule.name == "cosine"
    person.go_to(3)
    person.pick("Pruner", "Successive halving")
    person.settled()
    split_once(person)
    assert session.spec.pruner.name == "successive_halving"
    person.type_into("Trials", "6")
    person.settled()
    assert session.spec.budget.trials == 6
    run_to_the_end(person)
    assert person.told[-1] == "All 6 trials of the budget are done."
    states = [trial.state for trial in session.history.trials]
    assert set(states) == {TrialState.COMPLETE, TrialState.PRUNED}

    person.open_tab("Views of the trials", "Learning")
    panel = person.window.pages.page("run")
    assert isinstance(panel, RunPanel)
    learning = panel.trials.learning
    assert learning.isVisible()
    assert learning.stack.currentIndex() == 0
    person.until(lambda: learning.plot.curves is not None)
    assert learning.plot.curves is not None
    assert sorted(learning.plot.curves.numbers.tolist()) == list(range(6))

    files = export(person, tmp_path / "results", "learning_csv")
    assert sorted(files) == ["learning.csv"]
    with files["learning.csv"].open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    steps = sum(trial.steps_done for trial in session.history.trials)
    assert len({(row["trial"], row["step"]) for row in rows}) == steps

    person.press(
        Qt.Key.Key_P, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    person.type_into("Find a command", "learning curves")
    results = person.window.pages.page("results")
    assert isinstance(results, ResultsPanel)
    assert person.window.pages.key == "results"
    assert results.learning.isVisible()


def test_a_population_learns_and_its_lineage_schedule_and_replay_are_there(
    person: Person, tmp_path: Path
) -> None:
    session = person.session
    learn_by_steps(person, "Neural network", 4)
    person.go_to(3)
    person.click("Population-based training")
    person.settled()
    split_once(person)
    person.type_into("Members", "4")
    person.settled()
    assert session.spec.strategy.options == {"population": 4}
    assert session.problems == ()
    run_to_the_end(person)
    words = "The population has trained to its end: all 4 members have learnt 4 steps."
    assert person.told[-1] == words
    assert person.window.status.message.text() == words
    assert len(session.history) == 16

    person.open_tab("Views of the trials", "Population")
    panel = person.window.pages.page("run")
    assert isinstance(panel, RunPanel)
    population = panel.trials.population
    assert population.isVisible()
    assert population.currentIndex() == 1
    tree = population.tree
    person.until(lambda: len(tree.points.numbers) == 16)
    place = tree.points.numbers.tolist().index(15)
    point = QPointF(tree.points.x[place], tree.points.y[place]).toPoint()
    QTest.mouseClick(tree, Qt.MouseButton.LeftButton, pos=point)
    assert session.looking.selection == (15,)
    last = session.history.trials[15]
    assert last.parent is not None
    assert last.origin.reason.startswith("Member 4 of 4")

    files = export(person, tmp_path / "results", "schedule_csv", "replay")
    assert sorted(files) == ["replay.toml", "schedule.csv"]
    with files["schedule.csv"].open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert float(rows[-1]["learning_rate_init"]) == last.params["learning_rate_init"]
    replay = read_spec(files["replay.toml"])
    assert replay.training is not None
    assert replay.training.steps == 4
    assert replay.strategy.name == "manual"

"""The card of growing shares of the rows, by clicks; and what the other pages then say."""

from __future__ import annotations

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from hpo_gui.core.spec import (
    Choice,
    EnsembleSpec,
    FunctionSpec,
    ModelSpec,
    RowsSpec,
    StudySpec,
    TrainingSpec,
)
from hpo_gui.core.trial import TrialState
from hpo_gui.gui.cards.rows_card import RowsCard
from hpo_gui.gui.cards.trial_card import TrialCard
from hpo_gui.gui.cards.validation_card import PrunerCard
from hpo_gui.gui.plots.learning_plot import LearningPlot
from hpo_gui.gui.plots.learning_view import LearningView
from hpo_gui.gui.session import Session
from hpo_gui.gui.tables.score_text import share_text
from hpo_gui.gui.tables.trial_model import TrialModel
from hpo_gui.gui.tables.trial_store import trial_store
from tests.analysis.studies import SPACE
from tests.gui.run.test_plots import shown_plot
from tests.support.learning_studies import learn, learning_spec
from tests.support.real_session import open_sample, settle

SHARES = RowsSpec(steps=3, least=0.25)


@pytest.fixture
def card(session: Session, qtbot: QtBot) -> RowsCard:
    made = RowsCard(session)
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_switch_and_the_numbers_are_edits_that_can_be_undone(
    card: RowsCard, session: Session
) -> None:
    assert not card.numbers.isVisible()
    assert "large tables" in card.text.text()
    card.switch.click()
    assert session.asked.rows == RowsSpec()
    assert card.numbers.isVisible()
    assert "10 %, 22 %, 46 % and then all of the rows" in card.text.text()
    assert "1.8 times as much" in card.text.text()
    card.edits["steps"].value_changed.emit(3)
    card.edits["least"].value_changed.emit(0.25)
    assert session.asked.rows == SHARES
    assert "25 %, 50 % and then all" in card.text.text()
    session.undo.undo()
    assert session.asked.rows == RowsSpec(steps=3)
    assert card.edits["least"].value() == 0.1
    card.switch.click()
    assert session.asked.rows is None


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [("steps", "1", "at least 2"), ("steps", "2.5", "whole number"), ("least", "1", "below 1")],
)
def test_numbers_that_make_no_sense_are_not_taken(
    card: RowsCard, session: Session, name: str, text: str, words: str
) -> None:
    card.switch.click()
    edit = card.edits[name]
    edit.setText(text)
    edit.editingFinished.emit()
    assert words in edit.error()
    assert session.asked.rows == RowsSpec()


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (StudySpec(training=TrainingSpec()), "switch Training off"),
        (StudySpec(ensemble=EnsembleSpec()), "switch the ensemble off"),
    ],
)
def test_what_does_not_go_with_it_is_told_by_the_switch(
    card: RowsCard, session: Session, spec: StudySpec, words: str
) -> None:
    session.edit(spec, "other")
    assert not card.switch.isEnabled()
    assert words in card.switch.toolTip()
    session.edit(msgspec.structs.replace(spec, rows=SHARES), "from a file")
    assert card.switch.isEnabled()  # it can be switched off


def test_a_function_of_ones_own_has_no_such_card(card: RowsCard, session: Session) -> None:
    session.edit(StudySpec(objective=FunctionSpec("mine.py:score")), "function")
    assert not card.isVisible()


def test_a_problem_is_told_and_the_pruner_follows(qtbot: QtBot) -> None:
    session = open_sample(qtbot)
    card, pruner = RowsCard(session), PrunerCard(session)
    for part in (card, pruner):
        qtbot.addWidget(part)
    card.switch.click()
    settle(qtbot, session)
    assert session.spec.pruner == Choice("successive_halving")
    assert session.is_guessed("pruner")
    session.edit(msgspec.structs.replace(session.spec, pruner=Choice("patience")), "pruner")
    settle(qtbot, session)
    assert "more rows are no training" in card.problem.text()
    assert "shares of the rows" in pruner.idle.text()
    session.undo.undo()
    settle(qtbot, session)
    assert not card.problem.text()
    assert session.close()


# --- what other pages say -----------------------------------------------------------------------


@pytest.fixture
def halved(session: Session) -> Session:
    spec = msgspec.structs.replace(
        learning_spec(), training=None, rows=SHARES, models=(ModelSpec("svm"),)
    )
    trials = [
        learn(0, (0.5, 0.6, 0.7)),
        learn(1, (0.4, 0.5), state=TrialState.PRUNED),
        learn(2, (0.45,), state=TrialState.RUNNING),
    ]
    session.show_history(spec, SPACE, trials)
    return session


def test_the_table_counts_shares_not_folds(halved: Session) -> None:
    model = TrialModel(trial_store(halved))
    column = [column.key for column in model.columns].index("sd")
    words = [model.columns[column].text(halved.history.trials[row]) for row in range(3)]
    assert words[1:] == ["share 2/3", "share 2/3"]
    assert trial_store(halved).total_steps == 3
    saved = trial_store(halved).savings
    assert saved.text == "Stopping 1 trial early has saved 29% of the rows to learn from."


def test_the_curves_go_over_the_shares(halved: Session, qtbot: QtBot) -> None:
    plot = shown_plot(qtbot, LearningPlot, halved)
    assert [tick.text for tick in plot.x_home.ticks] == ["25 %", "50 %", "100 %"]
    assert "share of the rows" in plot.y_name
    assert plot.x_home.high == 3
    view = LearningView(halved)
    qtbot.addWidget(view)
    assert view.stack.currentIndex() == 0


def test_before_the_first_share_the_view_says_what_will_come(
    session: Session, qtbot: QtBot
) -> None:
    view = LearningView(session)
    qtbot.addWidget(view)
    session.edit(StudySpec(rows=SHARES), "rows")
    assert view.stack.currentIndex() == 1
    assert "share of the rows" in view.empty.title.text()


def test_the_card_of_a_trial_says_how_many_rows_it_has_learnt_from(
    halved: Session, qtbot: QtBot
) -> None:
    card = TrialCard(halved)
    qtbot.addWidget(card)
    words = []
    for number in (1, 0, 2):
        card.show_trial(halved.history.trials[number], is_best=number == 0)
        words.append(card.steps.text())
    assert words == [
        "Pruned after learning from 50 % of the rows (2 of 3 shares).",
        "Has learnt from all rows (3 of 3 shares).",
        "Has learnt from 25 % of the rows (1 of 3 shares).",
    ]


@pytest.mark.parametrize(
    ("share", "text"), [(1.0, "100 %"), (0.2154, "22 %"), (0.05, "5 %"), (0.0123, "1.2 %")]
)
def test_shares_are_told_in_per_cent(share: float, text: str) -> None:
    assert share_text(share) == text

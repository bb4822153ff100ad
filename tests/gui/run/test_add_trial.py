"""The form for a trial typed by hand: what it shows, and what follows a choice."""

import pytest
from PySide6.QtTest import QTest

from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.space import Space
from hpo_gui.gui.cards.add_trial import AddTrialCard
from hpo_gui.gui.widgets.combo import Combo
from tests.analysis.studies import make_trial
from tests.gui.run.conftest import spec_for

SPACE = Space(
    (
        Categorical("model", ("knn", "forest")),
        Int("forest.min_samples_split", 2, 20, when={"model": ("forest",)}),
        Float("forest.min_samples_leaf", 0.0, 1.0, when={"model": ("forest",)}),
        Int("knn.n_neighbors", 1, 50, when={"model": ("knn",)}),
    )
)


@pytest.fixture
def card(session, qtbot):
    params = {"model": "knn", "knn.n_neighbors": 5}
    session.show_history(spec_for(1), SPACE, [make_trial(0, [0.5], params=params)])
    made = AddTrialCard(session)
    qtbot.addWidget(made)
    made.resize(300, 500)
    made.begin()
    made.show()
    return made


def shown(card):
    return [name for name, field in card.fields.items() if field.isVisible()]


def test_only_what_applies_beside_the_chosen_model_is_asked_for(card):
    assert shown(card) == ["model", "knn.n_neighbors"]
    model = card.fields["model"]
    assert isinstance(model, Combo)
    model.setFocus()
    QTest.keyClicks(model, "forest")
    assert shown(card) == ["model", "forest.min_samples_split", "forest.min_samples_leaf"]
    assert [name for name, words in card.names.items() if words.isVisible()] == shown(card)


def test_names_that_begin_alike_are_told_apart(card):
    QTest.keyClicks(card.fields["model"], "forest")
    texts = [card.names[name].shown_text() for name in shown(card)]
    assert len(set(texts)) == 3
    assert texts[1].endswith("split")
    assert texts[2].endswith("leaf")

"""Studies whose specification is edited after some trials, from end to end."""

from __future__ import annotations

import math
import pickle
from pathlib import Path

import pytest
from msgspec import structs
from small_studies import INLINE, finish, flowers, hpo, messages_of, run_study

import hpo_gui.assembly.results
from hpo_gui.analysis.landscape import Survey, prepare_survey
from hpo_gui.assembly.acts import queue_on_study, skip_on_study
from hpo_gui.assembly.earlier import earlier_proposals, read_earlier
from hpo_gui.assembly.edits import compare
from hpo_gui.assembly.models import board_of
from hpo_gui.assembly.opened import Opened, open_study, read_history
from hpo_gui.assembly.predictions import Choices, trial_key
from hpo_gui.assembly.resolution import make_space
from hpo_gui.assembly.results import export_results
from hpo_gui.assembly.running import resume_study
from hpo_gui.assembly.seeing import as_it_was, see_from
from hpo_gui.assembly.what_changes import what_changes
from hpo_gui.core.errors import SpecError
from hpo_gui.core.fitting import why_outside
from hpo_gui.core.goal import Goal
from hpo_gui.core.history import History
from hpo_gui.core.parameter import Categorical, Float, Int
from hpo_gui.core.spec import (
    BudgetSpec,
    Choice,
    DataSpec,
    FunctionSpec,
    ModelSpec,
    StartSpec,
    StudySpec,
    TrainingSpec,
)
from hpo_gui.core.spec_text import spec_to_json, spec_to_toml
from hpo_gui.core.trial import Origin, Trial, TrialState
from hpo_gui.core.wanted import Again, Typed
from hpo_gui.storage.study_file import StudyFile

MINE = "def objective(p):\n    return {'value': p.get('x', 0.5) + p.get('y', 0.0), 'other': 1.0}\n"
X = Float("x", 0.0, 1.0, default=0.5)
DEPTH = Int("max_depth", 1, 9, or_none=True, default=None)


def own(folder: Path, *space: object, trials: int = 4, **changes: object) -> StudySpec:
    (folder / "mine.py").write_text(MINE)
    usual: dict[str, object] = {
        "objective": FunctionSpec("mine.py:objective", space or (X,)),
        "goals": (Goal("value", "maximize"),),
        "budget": BudgetSpec(trials=trials),
        "strategy": Choice("random"),
        "compute": INLINE,
    }
    return StudySpec(**{**usual, **changes})  # type: ignore[arg-type]  # by name


def tree(*space: object, trials: int = 3, **fixed: object) -> StudySpec:
    return StudySpec(
        data=DataSpec("flowers.csv", target="kind"),
        models=(ModelSpec("decision_tree", fixed, space),),
        goals=(Goal("accuracy", "maximize"),),
        validation=Choice("hold_out", {"test_share": 0.5}),
        budget=BudgetSpec(trials=trials),
        strategy=Choice("random"),
        start=StartSpec(tested=False),
        compute=INLINE,
        seed=3,
    )


@pytest.fixture
def garden(tmp_path: Path) -> Path:
    flowers().to_csv(tmp_path / "flowers.csv", index=False)
    return tmp_path


def edited(opened: Opened, **changes: object) -> StudySpec:
    return structs.replace(opened.spec, **changes)


def go_on(opened: Opened, spec: StudySpec, trials: int) -> Opened:
    more = structs.replace(spec, budget=BudgetSpec(trials=trials))
    finish(resume_study(opened.path, more))
    return open_study(opened.path)


def with_space(spec: StudySpec, *space: object, **fixed: object) -> StudySpec:
    if spec.objective is not None:
        return structs.replace(spec, objective=structs.replace(spec.objective, space=space))
    (model,) = spec.models
    return structs.replace(spec, models=(structs.replace(model, space=space, fixed=fixed),))


def test_an_edited_space_is_a_new_version_with_its_changes_in_words(tmp_path: Path) -> None:
    path = tmp_path / "study.hpostudy"
    opened = run_study(own(tmp_path), tmp_path, path)
    now = go_on(opened, with_space(opened.spec, Float("x", 0.5, 2.0, default=0.5)), 6)
    assert [trial.spec_version for trial in now.trials] == [1] * 4 + [2] * 2
    assert now.trials[:4] == opened.trials
    note = "x: range 0…1 → 0.5…2; budget, trials: 4 → 6"
    assert now.notes[2][1] == note
    with StudyFile.look_into(path) as file:
        (event,) = [event for event in file.events() if event.kind == "spec"]
    assert (event.text, event.trials) == (f"Version 2 of the specification: {note}", 4)
    assert all(0.5 <= trial.params["x"] <= 2 for trial in now.trials[4:])


def test_a_new_parameter_is_seen_with_the_value_that_trials_really_had(garden: Path) -> None:
    opened = run_study(tree(DEPTH), garden, garden / "study.hpostudy")
    leaf = Int("min_samples_leaf", 1, 9, default=4)
    now = go_on(opened, with_space(opened.spec, DEPTH, leaf), 4)
    history = read_history(now)
    assert [trial.params["min_samples_leaf"] for trial in history.trials[:3]] == [1, 1, 1]
    assert [set(trial.params) for trial in now.trials[:3]] == [{"max_depth"}] * 3
    assert history.fits.all()
    note = now.notes[2][1]
    assert note.startswith("min_samples_leaf: new, 1…9; earlier trials had 1, the default")


def test_of_what_changes_a_person_learns_before(garden: Path) -> None:
    opened = run_study(tree(DEPTH, trials=4), garden, garden / "study.hpostudy")
    history, spec = read_history(opened), with_space(opened.spec, Int("max_depth", 1, 1))
    table = hpo_gui.assembly.results.table_of_study(opened.spec, garden, opened.path)
    edit = what_changes(opened.spec, history, spec, table)
    assert edit.changes == ("max_depth: range 1…9 or none → 1…1",)
    assert "trials lie outside of the new space" in edit.warnings[0]
    assert what_changes(opened.spec, history, opened.spec, table).changes == ()
    assert open_study(opened.path).versions.keys() == {1}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seed": 8}, "seed must stay as it was while there are trials: it draws"),
        ({"validation": Choice("k_fold", {"folds": 3})}, "validation must stay"),
        ({"data": DataSpec("flowers.csv", target="colour")}, "data.target must stay"),
        ({"data": DataSpec("flowers.csv", target="kind", test_share=0.2)}, "data.test_share"),
    ],
)
def test_what_gives_scores_their_meaning_stays(
    garden: Path, changes: dict[str, object], words: str
) -> None:
    opened = run_study(tree(DEPTH), garden, garden / "study.hpostudy")
    with pytest.raises(SpecError, match=words) as told:
        resume_study(opened.path, edited(opened, **changes))
    assert "start.earlier" in told.value.remedy
    assert open_study(opened.path).trials == opened.trials
    assert open_study(opened.path).versions.keys() == {1}


def test_a_study_without_trials_may_become_anything() -> None:
    before, after = StudySpec(seed=1), StudySpec(seed=2)
    assert compare(before, after).refusals == ()
    trial = Trial(0, {}, Origin("random"))
    assert [error.parameter for error in compare(before, after, [trial]).refusals] == ["seed"]


def test_every_kind_of_change_is_named() -> None:
    before, after = tree(DEPTH), tree(structs.replace(DEPTH, when={}), max_features=0.5)
    after = structs.replace(
        after,
        name="b",
        metrics=("f1_macro",),
        goals=(Goal("accuracy", "maximize", threshold=0.9),),
        strategy=Choice("tpe"),
        pruner=Choice("median", {"startup": 3}),
        budget=BudgetSpec(seconds=60.0),
    )
    assert compare(before, after).changes == (
        "max_features: its default → 0.5",
        "goal: accuracy, maximized → accuracy, maximized, at least 0.9",
        "f1_macro: recorded now",
        "strategy: random → tpe",
        "pruner: auto → median",
        "budget, trials: 3 → none",
        "budget, seconds: none → 60",
        "name: study → b",
    )


def test_changes_of_parameters_are_named_each_by_its_kind() -> None:
    kernel = Categorical("kernel", ("rbf", "poly"))
    gamma = Float("gamma", 0.1, 1.0, log=True, default=0.5)
    before = tree(kernel, gamma, Int("n", 1, 9), alpha=1.0, beta=2)
    model = structs.replace(
        tree(
            structs.replace(kernel, choices=("rbf", "linear")),
            structs.replace(gamma, default=0.25, when={"kernel": ("rbf",)}),
            Float("n", 1.0, 9.0, step=0.5),
            beta=3,
            other=True,
        ).models[0],
        constraints=("gamma < 1",),
    )
    after = structs.replace(before, models=(model,))
    assert compare(before, after, (), {"decision_tree": {"alpha": 0.0}}).changes == (
        "kernel: choices rbf, poly → rbf, linear",
        "gamma: start value 0.5 → 0.25",
        "gamma: only if: — → kernel = rbf",
        "n: range 1…9 → 1…9, step 0.5",
        "alpha: 1 → 0, the default",
        "beta: 2 → 3",
        "other: its default → true",
        "constraint `gamma < 1` is new",
    )


def test_early_stopping_looks_at_the_goal_of_the_beginning() -> None:
    training = TrainingSpec(steps=5, patience=2)
    before = structs.replace(tree(), training=training)
    after = structs.replace(before, goals=(Goal("f1_macro", "maximize"),))
    trial = Trial(0, {}, Origin("random"))
    (refusal,) = compare(before, after, [trial]).refusals
    assert "early stopping and the schedule look at the first one" in str(refusal)
    patient = structs.replace(before, training=TrainingSpec(steps=5))
    after = structs.replace(patient, goals=after.goals)
    assert compare(patient, after, [trial]).refusals == ()


def test_another_function_is_refused(tmp_path: Path) -> None:
    opened = run_study(own(tmp_path), tmp_path, tmp_path / "study.hpostudy")
    other = structs.replace(opened.spec.objective, function="mine.py:other")
    (refusal,) = compare(opened.spec, edited(opened, objective=other), opened.trials).refusals
    assert "objective.function must stay" in str(refusal)


def test_a_metric_of_the_beginning_becomes_the_goal(garden: Path) -> None:
    spec = structs.replace(tree(DEPTH), metrics=("f1_macro",))
    opened = run_study(spec, garden, garden / "study.hpostudy")
    now = go_on(opened, edited(opened, goals=(Goal("f1_macro", "maximize"),)), 4)
    history = read_history(now)
    assert len(history.complete) == 4
    assert history.best is not None
    assert history.best.scores["f1_macro"] == max(t.scores["f1_macro"] for t in now.trials)
    assert "goal: accuracy → f1_macro" in now.notes[2][1]


def test_trials_that_lack_the_new_goal_stay_and_do_not_count(tmp_path: Path) -> None:
    path = tmp_path / "study.hpostudy"
    opened = run_study(own(tmp_path), tmp_path, path)
    bare = [structs.replace(t, scores={"value": t.scores["value"]}) for t in opened.trials[:2]]
    with StudyFile.open(path) as file:
        file.put(bare)
    spec = edited(opened, goals=(Goal("other", "minimize"),), budget=BudgetSpec(trials=6))
    told = [message.text for message in messages_of(resume_study(path, spec))]
    assert "Only 2 of 4 trials have a score for other" in " ".join(told)
    history = read_history(open_study(path))
    assert history.complete.tolist() == [2, 3, 4, 5, 6, 7]  # the budget is of trials that count


def test_the_best_stays_the_best_outside_of_todays_space_and_its_model_is_what_it_was(
    garden: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = run_study(
        tree(DEPTH, trials=3, criterion="entropy"), garden, garden / "study.hpostudy"
    )
    best = read_history(opened).best
    assert best is not None
    shallow = with_space(opened.spec, Int("max_depth", 1, 1), criterion="gini")
    now = go_on(opened, shallow, 4)
    history = read_history(now)
    assert history.best is not None
    assert history.best.number == best.number
    assert "criterion = entropy is not what" in why_outside(history.space, history.best.params)
    monkeypatch.setattr(
        hpo_gui.assembly.results, "call_in_process", lambda f, *args, **options: f(*args)
    )
    wanted = {"model_pickle": garden / "m.pkl", "trials_csv": garden / "t.csv"}
    export_results(now.spec, garden, history, wanted, study=now.path)
    model = pickle.loads((garden / "m.pkl").read_bytes())
    fitted = model[-1] if hasattr(model, "__getitem__") else model
    assert fitted.get_params()["criterion"] == "entropy"
    assert fitted.get_params()["max_depth"] == best.params["max_depth"]
    header, first, *_ = (garden / "t.csv").read_text().splitlines()
    assert "spec_version,in_space" in header
    assert "param_criterion" in header
    assert "entropy" in first


def test_one_model_becomes_two_and_one_again(garden: Path) -> None:
    opened = run_study(tree(DEPTH), garden, garden / "study.hpostudy")
    bayes = ModelSpec("naive_bayes", space=(Float("var_smoothing", 1e-9, 1.0, log=True),))
    two = go_on(opened, edited(opened, models=(*opened.spec.models, bayes)), 6)
    history = read_history(two)
    assert history.trials[0].params == {"model": "decision_tree", "decision_tree.max_depth": None}
    assert history.fits.all()
    assert two.trials[3].params["model"] == "naive_bayes"  # the new model's defaults come first
    assert two.trials[3].origin.strategy == "default"
    back = go_on(two, edited(two, models=opened.spec.models), 7)
    history = read_history(back)
    inside = [t.params.get("model") != "naive_bayes" for t in history.trials]
    assert history.fits.tolist() == inside
    assert back.trials[6].params.keys() == {"max_depth"}
    then, _, trial = as_it_was(back.spec, history, 3)
    assert (then.models, trial) == (two.spec.models, back.trials[3])


def test_waiting_trials_get_todays_version_or_are_cancelled(tmp_path: Path) -> None:
    path = tmp_path / "study.hpostudy"
    opened = run_study(own(tmp_path, trials=2), tmp_path, path)
    waiting = [
        Trial(2, {"x": 0.2}, Origin("manual")),
        Trial(3, {"x": 0.9}, Origin("manual"), state=TrialState.RUNNING),
    ]
    with StudyFile.open(path) as file:
        file.put(waiting)
    y = Float("y", 0.0, 1.0, default=0.25)
    spec = with_space(opened.spec, Float("x", 0.5, 1.0), y)
    told = messages_of(resume_study(path, structs.replace(spec, budget=BudgetSpec(trials=4))))
    assert "1 waiting trial does not fit the space any more" in [one.head for one in told]
    now = open_study(path)
    cancelled, moved = now.trials[2:4]
    assert cancelled.state is TrialState.CANCELLED
    assert cancelled.failure is not None
    assert "x = 0.2 is below today's range" in cancelled.failure.message
    assert moved.params == {"x": 0.9, "y": 0.25}
    assert (moved.spec_version, moved.scores["value"]) == (2, pytest.approx(1.15))


def test_what_was_typed_since_comes_next(tmp_path: Path) -> None:
    opened = run_study(own(tmp_path, trials=2), tmp_path, tmp_path / "study.hpostudy")
    start = structs.replace(opened.spec.start, configurations=({"x": 0.125},))
    now = go_on(opened, edited(opened, start=start), 4)
    assert now.trials[2].params == {"x": 0.125}
    assert now.trials[2].origin.strategy == "manual"
    assert len(go_on(now, now.spec, 5).trials) == 5
    assert sum(trial.params == {"x": 0.125} for trial in open_study(now.path).trials) == 1


def test_a_program_that_dies_after_the_new_version_goes_on_with_it(tmp_path: Path) -> None:
    path = tmp_path / "study.hpostudy"
    opened = run_study(own(tmp_path, trials=2), tmp_path, path)
    wanted = with_space(opened.spec, Float("x", 0.5, 1.0))
    with StudyFile.open(path) as file:
        file.put([Trial(2, {"x": 0.7}, Origin("manual"))])
        file.add_spec(spec_to_json(wanted), "x: range 0…1 → 0.5…1")
    now = go_on(open_study(path), open_study(path).spec, 4)
    assert now.trials[2].spec_version == 3  # the budget is another one, too
    assert all(trial.params["x"] >= 0.5 for trial in now.trials[2:])


def test_a_space_without_any_earlier_trial_and_one_without_parameters_go_on(
    tmp_path: Path,
) -> None:
    space = structs.replace(X, default=0.25)
    start = StartSpec(defaults=False)
    spec = own(tmp_path, space, start=start)
    opened = run_study(spec, tmp_path, tmp_path / "study.hpostudy")
    spec = with_space(opened.spec, Float("x", 5.0, 6.0))
    spec = structs.replace(spec, budget=BudgetSpec(trials=6))
    told = " ".join(message.text for message in messages_of(resume_study(opened.path, spec)))
    assert "No trial lies in the new space" in told
    now = open_study(opened.path)
    assert now.trials[-1].params["x"] >= 5
    empty = go_on(now, with_space(now.spec), 8)
    assert empty.trials[-1].params == {}
    assert read_history(empty).fits.tolist()[:6] == [False] * 6


def test_choices_of_another_type_and_a_new_name_leave_trials_outside(tmp_path: Path) -> None:
    choices = Categorical("c", (True, False))
    spec = own(tmp_path, X, choices)
    opened = run_study(spec, tmp_path, tmp_path / "study.hpostudy")
    now = go_on(opened, with_space(opened.spec, X, Categorical("c", (1, 0))), 6)
    assert not read_history(now).fits[:4].any()
    renamed = go_on(now, with_space(now.spec, Float("z", 0.0, 1.0)), 8)
    history = read_history(renamed)
    assert "z" not in history.trials[0].params
    assert history.fits.tolist() == [False] * 6 + [True] * 2
    assert not math.isnan(history.best_so_far[-1])


def test_the_command_line_goes_on_with_an_edited_specification(tmp_path: Path) -> None:
    path = tmp_path / "study.hpostudy"
    opened = run_study(own(tmp_path), tmp_path, path)
    wider = with_space(opened.spec, Float("x", 0.0, 9.0))
    text = spec_to_toml(structs.replace(wider, budget=BudgetSpec(trials=5)))
    (tmp_path / "edited.toml").write_text(text)
    said = hpo("resume", path, "--spec", tmp_path / "edited.toml")
    assert said.code == 0, said.text
    assert "x: range 0…1 → 0…9" in said.text
    assert len(open_study(path).trials) == 5
    (tmp_path / "edited.toml").write_text(spec_to_toml(structs.replace(wider, seed=9)))
    refused = hpo("resume", path, "--spec", tmp_path / "edited.toml")
    assert refused.code == 2
    assert "seed must stay" in refused.text
    assert len(open_study(path).trials) == 5


def test_an_exported_specification_leads_back_to_the_study_from_another_folder(
    garden: Path,
) -> None:
    opened = run_study(tree(DEPTH), garden, garden / "study.hpostudy")
    (garden / "out").mkdir()
    exported = garden / "out" / "edited.toml"
    said = hpo("export", opened.path, "--spec", exported)
    assert said.code == 0, said.text
    assert 'source = "../flowers.csv"' in exported.read_text()
    said = hpo("resume", opened.path, "--spec", exported, "--trials", 4)
    assert said.code == 0, said.text
    now = open_study(opened.path)
    assert (len(now.trials), now.notes[2][1]) == (4, "budget, trials: 3 → 4")


def seen_history(then: StudySpec, now: StudySpec, trials: list[Trial]) -> History:
    see = see_from({1: then, 2: now}, now, {"decision_tree": {"min_samples_leaf": 1}})
    return History(make_space(now), now.goals, trials, see=see)


def scored(number: int, score: float, **params: object) -> Trial:
    return Trial(
        number,
        params,
        Origin("random"),
        TrialState.COMPLETE,
        scores={"accuracy": score},
        told=number + 1,
    )


def test_a_new_study_begins_from_what_trials_of_all_versions_had(garden: Path) -> None:
    opened = run_study(tree(DEPTH, trials=2, criterion="entropy"), garden, garden / "s.hpostudy")
    bayes = ModelSpec("naive_bayes", space=())
    two = go_on(opened, edited(opened, models=(*opened.spec.models, bayes)), 4)
    one = go_on(two, edited(two, models=opened.spec.models), 5)
    wider = tree(DEPTH, Categorical("criterion", ("gini", "entropy"))).models
    spec = structs.replace(one.spec, models=wider)
    found = read_earlier(one.path, spec)
    assert {trial.number for trial in found.trials} == {
        trial.number for trial in two.trials if trial.params.get("model") != "naive_bayes"
    } | {4}
    proposals, messages = earlier_proposals(
        structs.replace(spec, start=StartSpec(earlier=("s.hpostudy",))), make_space(spec), garden
    )
    assert messages == ()
    assert {proposal.params["criterion"] for proposal in proposals} == {"entropy"}


def test_predictions_are_found_under_the_values_that_trials_had() -> None:
    then, now = tree(DEPTH), tree(DEPTH, Int("min_samples_leaf", 1, 9))
    trial = scored(0, 0.9, max_depth=3)
    history = seen_history(then, now, [trial])
    assert history.trials[0].params == {"max_depth": 3, "min_samples_leaf": 1}
    before = History(make_space(then), then.goals, [trial])
    key = trial_key(Choices(then.models, "classification", before), before, 0)
    assert key == trial_key(Choices(now.models, "classification", history), history, 0)


def test_a_surrogate_learns_from_what_fits_and_looks_near_what_does_not() -> None:
    then, now = tree(DEPTH), tree(Int("max_depth", 1, 5))
    trials = [scored(number, 0.5 + number / 100, max_depth=number + 1) for number in range(9)]
    history = seen_history(then, now, trials)
    wanted = prepare_survey(history)
    assert isinstance(wanted, Survey)
    assert sorted(wanted.known.numbers.tolist()) == [0, 1, 2, 3, 4]
    assert wanted.number == 4
    outside = prepare_survey(history, 8)
    assert isinstance(outside, Survey)
    assert (outside.number, outside.point) == (8, {"max_depth": 5})


def test_the_board_of_models_leaves_out_models_that_are_gone() -> None:
    bayes = ModelSpec("naive_bayes", space=())
    now = tree(DEPTH)
    both = structs.replace(now, models=(*now.models, bayes))
    tuned = {"model": "decision_tree", "decision_tree.max_depth": 3}
    trials = [scored(0, 0.9, model="naive_bayes"), scored(1, 0.8, **tuned)]
    (place,) = board_of(now, seen_history(both, now, trials))
    assert place.best is not None
    assert (place.trials, place.best.number) == (1, 1)
    assert [one.model for one in board_of(both, seen_history(now, both, [scored(0, 0.9)]))]


def test_trials_of_before_an_edit_are_queued_as_they_are_seen_now(garden: Path) -> None:
    opened = run_study(tree(DEPTH), garden, garden / "study.hpostudy")
    leaf = Int("min_samples_leaf", 1, 9, default=4)
    now = go_on(opened, with_space(opened.spec, DEPTH, leaf), 4)
    queued = queue_on_study(now.path, [Again(0, fresh=True)])
    assert queued.refused == ()
    assert queued.trials[0].params == read_history(now).trials[0].params
    assert queued.trials[0].params["min_samples_leaf"] == 1


def test_what_was_fixed_otherwise_is_not_queued_under_todays_values(garden: Path) -> None:
    spec = tree(DEPTH, criterion="gini")
    opened = run_study(spec, garden, garden / "study.hpostudy")
    now = go_on(opened, with_space(opened.spec, DEPTH, criterion="entropy"), 4)
    queued = queue_on_study(now.path, [Again(0)])
    assert queued.trials == ()
    assert "criterion" in str(queued.refused[0])


def test_a_waiting_trial_that_no_longer_fits_can_be_taken_out_of_the_queue(tmp_path: Path) -> None:
    path = tmp_path / "study.hpostudy"
    opened = run_study(own(tmp_path), tmp_path, path)
    queued = queue_on_study(path, [Typed({"x": 0.1})])
    narrow = with_space(opened.spec, Float("x", 0.5, 1.0, default=0.5))
    with StudyFile.open(path) as file:
        file.add_spec(spec_to_json(narrow), "narrower")
    (skipped,) = skip_on_study(path, [queued.trials[0].number])
    assert skipped.state is TrialState.CANCELLED
    assert open_study(path).trials[skipped.number].state is TrialState.CANCELLED

"""A small study with everything that a file can hold, as each released schema version kept it.

``tests/storage/fixtures/version_N.sql`` is that study as the program of schema version N wrote it.
A dump is made once, by the program of its version, and never again:

    python tests/support/released_studies.py

writes the one of `schema.VERSION`, and refuses where it is there. What a new version can keep
beyond the older ones goes into `trials`, `steps` or `write`, behind ``version >= N``.
"""

from __future__ import annotations

import hashlib
import math
import sqlite3
import sys
import tempfile
from pathlib import Path

from hpo_gui.core.acts import Act, Correct, kind_of
from hpo_gui.core.trial import (
    Failure,
    Learned,
    Measured,
    Origin,
    StepScores,
    Trial,
    TrialState,
)
from hpo_gui.storage import schema
from hpo_gui.storage.study_file import StudyFile

FIXTURES = Path(__file__).parents[1] / "storage" / "fixtures"
MAKE = "python tests/support/released_studies.py"

SPECS = (
    '{"version": 1, "name": "flowers", "seed": 7, "data": {"source": "flowers.csv", "target": '
    '"kind"}, "models": [{"name": "random_forest", "fixed": {"n_estimators": 50}}], "validation": '
    '{"kind": "stratified_k_fold", "folds": 3}, "goals": [{"metric": "accuracy"}], "strategy": '
    '{"name": "random"}, "budget": {"trials": 9}}',
    '{"version": 1, "name": "flowers", "seed": 7, "data": {"source": "flowers.csv", "target": '
    '"kind"}, "models": [{"name": "random_forest"}], "goals": [{"metric": "accuracy"}], '
    '"strategy": {"name": "random"}, "budget": {"trials": 20}}',
)
NOTES = ("made by a test", "n_estimators is tuned; ½ as slow")
EVENTS = (("note", "began"), ("retract", "trial 4: wrong data, 'quoted'; -- and a line\nbreak"))
META = {"layout": '{"left": 200}', "seconds": "12.5"}
TABLE = b"petal,kind\n1.5,a\n2.5,b\n,a\n" * 3
DIGEST = hashlib.sha256(TABLE).hexdigest()
BEGAN = 1_700_000_000.0  # seconds since 1970


def trials(version: int) -> list[Trial]:
    """The trials that a file of a schema version holds, as today's program gives them."""
    guess = Origin("bayesian", "Highest expected gain — 5 %", 0.875, math.inf, -1e-300)
    random = Origin("random")
    odd = {
        "max_depth": None,
        "max_features": 0.1 + 0.2,
        "C": math.inf,
        "gamma": math.nan,
        "layers": (64, (32, -0.0)),
        "options": {"$float": "a key of the user's", "deep": {"on": True, "n": 2**53 + 1}},
        "häufig": "né; DROP TABLE trials; --",
    }
    complete = Trial(
        number=0,
        params=odd,
        origin=guess,
        state=TrialState.COMPLETE,
        steps=3,
        seed=2**32 - 1,
        scores={"accuracy": 0.8, "size": math.nan, "loss": math.inf},
        fold_scores={
            "accuracy": (0.7, 0.8, 0.9),
            "size": (math.nan, math.nan, math.nan),
            "loss": (0.5, math.inf, 0.25),
        },
        started=BEGAN,
        finished=BEGAN + 0.1,
        asked=0,
        told=1,
    )
    pruned = Trial(
        number=1,
        params={"max_depth": 3},
        origin=random,
        state=TrialState.PRUNED,
        parent=0,
        scores={"accuracy": 0.25},
        fold_scores={"accuracy": (0.25,)},
        started=BEGAN,
        finished=BEGAN + 1,
        failure=Failure("pruned", "It was behind the median after 1 fold."),
        told=2,
    )
    failed = Trial(
        number=2,
        params={"max_depth": 0},
        origin=Origin("manual"),
        state=TrialState.FAILED,
        started=BEGAN + 1,
        finished=BEGAN + 1.5,
        failure=Failure("raised", "ValueError: max_depth", "Traceback …\n  File “x”\nValueError"),
        asked=1,
        told=3,
    )
    cancelled = Trial(
        number=3,
        params={},
        origin=Origin("default"),
        state=TrialState.CANCELLED,
        fold_scores={"accuracy": (math.nan, -math.inf)},
        failure=Failure("stopped", "You stopped it."),
        asked=3,
        told=4,
    )
    retracted = Trial(
        number=4,
        params={"max_depth": 9},
        origin=random,
        state=TrialState.RETRACTED,
        spec_version=2,
        scores={"accuracy": 1.0},
        fold_scores={"accuracy": (1.0, 1.0, 1.0)},
        started=BEGAN + 2,
        finished=BEGAN + 3,
        asked=4,
        told=5,
    )
    running = Trial(
        number=5,
        params={"max_depth": 4},
        origin=random,
        state=TrialState.RUNNING,
        seed=5,
        spec_version=2,
        scores={"accuracy": 0.5, "loss": math.inf},
        fold_scores={"accuracy": (0.5,), "loss": (math.nan, math.inf)},
        started=BEGAN + 4,
        asked=5,
    )
    waiting = Trial(number=6, params={"max_depth": 5}, origin=random, spec_version=2, asked=5)
    every = [complete, pruned, failed, cancelled, retracted, running, waiting]
    if version >= 2:
        every += _with_curves()
    return every if version < 3 else [*every, _acted_on()]


def _with_curves() -> list[Trial]:
    learnt = Trial(
        number=7,
        params={"max_depth": 6},
        origin=Origin("default"),
        state=TrialState.COMPLETE,
        parent=0,
        steps=3,
        spec_version=2,
        scores={"loss": 0.25},
        fold_scores={"loss": (0.125, 0.375)},
        curves={"loss": (math.nan, 0.5, 0.25), "train_loss": (math.nan, math.inf)},
        started=BEGAN + 5,
        finished=BEGAN + 6,
        asked=5,
        told=6,
    )
    learning = Trial(
        number=8,
        params={"max_depth": 7},
        origin=Origin("default"),
        state=TrialState.RUNNING,
        spec_version=2,
        scores={"loss": 0.75},
        fold_scores={"loss": (0.5, 1.0)},
        curves={"loss": (0.75, math.inf)},
        started=BEGAN + 7,
        asked=6,
    )
    return [learnt, learning]


def _acted_on() -> Trial:
    """A trial that failed, got a score by hand, was annotated and retracted."""
    return Trial(
        number=9,
        params={"max_depth": 8},
        origin=Origin("default"),
        state=TrialState.RETRACTED,
        spec_version=2,
        scores={"accuracy": 0.5},
        fold_scores={"accuracy": (math.nan,)},
        asked=6,
        told=7,
        note="né; 'quoted'",
        tags=("a", "ü, b"),
        was=TrialState.COMPLETE,
        measured=Measured(
            TrialState.FAILED,
            {"accuracy": math.inf},
            {"accuracy": (math.inf,)},
            Failure("not_finite", "The score `accuracy` is inf."),
        ),
    )


ACT = Correct(9, {"accuracy": 0.5}, "read from the log")


def events(version: int) -> list[tuple[str, str, Act | None]]:
    """The audit trail of a file of a schema version: kind, text, act."""
    kept: list[tuple[str, str, Act | None]] = [(kind, text, None) for kind, text in EVENTS]
    return kept if version < 3 else [*kept, (kind_of(ACT), "Trial 9 corrected.", ACT)]


def steps(version: int) -> dict[int, list[StepScores]]:
    """Trial -> what each of its steps gave, in a file of a schema version."""
    kept: dict[int, list[StepScores]] = {
        0: [{"accuracy": 0.7}, {"accuracy": 0.8, "loss": math.inf}, {"accuracy": 0.9}],
        5: [{"accuracy": 0.5}, {"loss": math.inf}],
    }
    if version >= 2:
        kept[8] = [Learned({"loss": (0.5, 1.0)}), Learned({"loss": (math.inf, 3.0)}, counts=False)]
    return kept


def write(path: Path) -> None:
    """Write the study by this program, as a file of `schema.VERSION`."""
    version = schema.VERSION
    with StudyFile.create(path, SPECS[0], NOTES[0]) as file:
        file.add_spec(SPECS[1], NOTES[1])
        of_steps = steps(version)
        for trial in trials(version):
            if trial.number in of_steps and trial.state is TrialState.RUNNING:
                trial = Trial(  # its scores follow from its steps
                    number=trial.number,
                    params=trial.params,
                    origin=trial.origin,
                    state=trial.state,
                    seed=trial.seed,
                    spec_version=trial.spec_version,
                    started=trial.started,
                    asked=trial.asked,
                )
            file.put([trial])
        for number, given in of_steps.items():
            for index, scores in enumerate(given):
                file.put_step(number, index, scores, 0.5, BEGAN + index)
        for kind, text in EVENTS:
            file.log(kind, text)
        if version >= 3:
            file.act(ACT, _acted_on(), "Trial 9 corrected.")
        for key, text in META.items():
            file.set_meta(key, text)
        file.store_data("flowers.csv", DIGEST, TABLE)
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE specs SET at = {BEGAN} + version")
        connection.execute(f"UPDATE events SET at = {BEGAN} + id")
    connection.close()


def dump(path: Path) -> str:
    """A study file as SQL text: what `build` makes a file from."""
    connection = sqlite3.connect(path)
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        head = (
            f"PRAGMA application_id = {schema.APPLICATION_ID};\nPRAGMA user_version = {version};"
        )
        return "\n".join((head, *connection.iterdump(), ""))
    finally:
        connection.close()


def versions() -> list[int]:
    """The schema versions of which there is a dump, in order."""
    return sorted(int(path.stem.rpartition("_")[2]) for path in FIXTURES.glob("version_*.sql"))


def build(version: int, path: Path) -> None:
    """Make the study file of a schema version from its dump."""
    connection = sqlite3.connect(path)
    try:
        connection.execute("PRAGMA journal_mode = WAL")  # as the program leaves its files
        connection.executescript((FIXTURES / f"version_{version}.sql").read_text("utf-8"))
    finally:
        connection.close()


def main() -> int:
    """Write the dump of this program's schema version, once."""
    target = FIXTURES / f"version_{schema.VERSION}.sql"
    if target.exists():
        print(f"{target} is there: what a released version wrote does not change.")  # noqa: T201
        return 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "flowers.hpostudy"
        write(path)
        target.write_text(dump(path), encoding="utf-8")
    print(f"Written: {target}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())

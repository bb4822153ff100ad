"""Take the pictures of the manual anew: every page of the window, from real studies, both themes.

    python3 dev.py screenshots [--all FOLDER]

Without arguments the pictures that the documents use are written to docs/pictures. With --all
every page in both themes and in two sizes goes to FOLDER, to be looked at.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs" / "pictures"
PAGES = ("data", "space", "strategy", "run", "results")
VIEWS = (("run", "landscape"), ("results", "landscape.map"))
"""Further views: a page and a part of it."""
SCHEDULE = """
name = "penguins"
[data]
source = "sample:penguins"
[[models]]
name = "mlp"
[training]
steps = 40
patience = 8
[schedule]
name = "cosine"
warmup = 0.1
cycles = 2
"""
LEARNING = """
name = "wine"
[data]
source = "sample:wine"
test_share = 0.2
[[models]]
name = "mlp"
[training]
steps = 30
patience = 10
[schedule]
name = "cosine"
[[goals]]
metric = "neg_log_loss"
[strategy]
name = "bayesian"
[budget]
trials = 40
"""
POPULATION = """
name = "population"
[data]
source = "sample:wine"
test_share = 0.2
[[models]]
name = "mlp"
fixed = { hidden_layer_sizes = [32], activation = "relu" }
[training]
steps = 30
stretch = 1
[[goals]]
metric = "neg_log_loss"
[strategy]
name = "population"
"""
STATED_GOALS = """
name = "penguins"
[data]
source = "sample:penguins"
test_share = 0.2
[[goals]]
metric = "accuracy"
threshold = 0.9
[[goals]]
metric = "model_size"
[[goals]]
metric = "gap(accuracy, sex)"
[strategy]
name = "auto"
"""
TWO_GOALS = """
name = "penguins"
seed = 3
[data]
source = "sample:penguins"
test_share = 0.2
[[models]]
name = "random_forest"
[[goals]]
metric = "accuracy"
[[goals]]
metric = "model_size"
[strategy]
name = "auto"
[budget]
trials = 40
"""
THREE_GOALS = TWO_GOALS.replace(
    "[strategy]", '[[goals]]\nmetric = "neg_log_loss"\n[strategy]'
).replace("trials = 40", "trials = 30")
GOALS = (
    ("pareto", TWO_GOALS, "pareto"),
    ("pareto-growth", TWO_GOALS, "pareto.growth"),
    ("pareto-pairs", THREE_GOALS, "pareto"),
    ("pareto-parallel", THREE_GOALS, "pareto.parallel"),
)
"""Pictures of several goals: name, study, part of the page."""
MODELS = """
name = "wine"
[data]
source = "sample:wine"
test_share = 0.2
[[models]]
name = "random_forest"
[[models]]
name = "logistic_regression"
[[models]]
name = "naive_bayes"
[[models]]
name = "knn"
[ensemble]
[[goals]]
metric = "neg_log_loss"
[strategy]
name = "random"
[budget]
trials = 40
"""
COMPARED = """
name = "{name}"
seed = {seed}
[data]
source = "sample:wine"
[[models]]
name = "logistic_regression"
[[goals]]
metric = "neg_log_loss"
[strategy]
name = "{strategy}"
[budget]
trials = {trials}
"""
VARIANTS = (("random", 1, 40), ("bayesian", 1, 40), ("random", 7, 30))
"""Studies to compare: strategy, seed, trials."""
SIZES = ("1280x800", "1920x1080")
TRIALS = 60


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER")
    everything: Path | None = parser.parse_args().all
    with tempfile.TemporaryDirectory() as folder:
        study = make_study(Path(folder))
        schedule = Path(folder) / "penguins.toml"
        schedule.write_text(SCHEDULE, encoding="utf-8")
        stated = Path(folder) / "goals.toml"
        stated.write_text(STATED_GOALS, encoding="utf-8")
        if everything is None:
            for page in PAGES:
                take(study, page, "light", "1440x900", PICTURES / f"{page}-light.png")
            take(study, "run", "dark", "1440x900", PICTURES / "run-dark.png")
            for page, field in VIEWS:
                name = f"{field.replace('.', '-')}-light.png"
                take(study, page, "light", "1440x900", PICTURES / name, field)
            for text, field in ((LEARNING, "learning"), (POPULATION, "population")):
                learnt = run_study(text, Path(folder) / field)
                take(learnt, "run", "light", "1440x900", PICTURES / f"{field}-light.png", field)
            goals = run_goals(Path(folder))
            for name, text, field in GOALS:
                picture = PICTURES / f"{name}-light.png"
                take(goals[text], "run", "light", "1440x900", picture, field)
            picture = PICTURES / "pareto-results-light.png"
            take(goals[TWO_GOALS], "results", "light", "1440x900", picture, "pareto")
            several = run_study(MODELS, Path(folder) / "models")
            take(several, "results", "light", "1440x900", PICTURES / "models-light.png", "models")
            picture = PICTURES / "schedule-light.png"
            take(schedule, "space", "light", "1440x900", picture, "schedule")
            take(stated, "strategy", "light", "1440x900", PICTURES / "goals-light.png", "goals")
            compare(Path(folder), "light", "1440x900", PICTURES / "compare-light.png")
            take(None, "", "light", "1440x900", PICTURES / "welcome-light.png")
            return 0
        learnt = {
            "learning": run_study(LEARNING, Path(folder) / "learning"),
            "population": run_study(POPULATION, Path(folder) / "population"),
        }
        goals = run_goals(Path(folder))
        several = run_study(MODELS, Path(folder) / "models")
        for theme in ("light", "dark"):
            for size in SIZES:
                for name, text, field in GOALS:
                    for page in ("run", "results"):
                        picture = everything / f"{page}-{name}-{theme}-{size}.png"
                        take(goals[text], page, theme, size, picture, field)
                for field, path in learnt.items():
                    for page in ("run", "results"):
                        name = f"{page}-{field}-{theme}-{size}.png"
                        take(path, page, theme, size, everything / name, field)
                picture = everything / f"results-models-{theme}-{size}.png"
                take(several, "results", theme, size, picture, "models")
                compare(Path(folder), theme, size, everything / f"compare-{theme}-{size}.png")
                take(None, "", theme, size, everything / f"welcome-{theme}-{size}.png")
                for page in PAGES:
                    take(study, page, theme, size, everything / f"{page}-{theme}-{size}.png")
                picture = everything / f"space-schedule-{theme}-{size}.png"
                take(schedule, "space", theme, size, picture, "schedule")
                picture = everything / f"strategy-goals-{theme}-{size}.png"
                take(stated, "strategy", theme, size, picture, "goals")
                for page, field in VIEWS:
                    name = f"{page}-{field}-{theme}-{size}.png"
                    take(study, page, theme, size, everything / name, field)
    return 0


def make_study(folder: Path) -> Path:
    """Run the penguins example headless."""
    arguments = ["run", "--example", "penguins", "--trials", str(TRIALS), "--out", str(folder)]
    subprocess.run([sys.executable, "-m", "hpo_gui", *arguments], cwd=ROOT, check=True)
    return folder / "study.hpostudy"


def run_study(text: str, folder: Path) -> Path:
    """Run a specification headless."""
    folder.mkdir()
    specification = folder / "study.toml"
    specification.write_text(text, encoding="utf-8")
    arguments = ["run", str(specification), "--out", str(folder / "results")]
    subprocess.run([sys.executable, "-m", "hpo_gui", *arguments], cwd=ROOT, check=True)
    return folder / "results" / "study.hpostudy"


def compare(folder: Path, theme: str, size: str, picture: Path) -> None:
    """Three studies compared, and two that wait in the queue."""
    studies = []
    for strategy, seed, trials in VARIANTS:
        name = f"{strategy}, seed {seed}"
        place = folder / f"compare-{strategy}-{seed}"
        text = COMPARED.format(name=name, seed=seed, strategy=strategy, trials=trials)
        done = place / "results" / "study.hpostudy"
        studies.append(done if done.exists() else run_study(text, place))
    first, *others = studies
    waiting = [folder / f"{name}.toml" for name in ("forest, 500 trials", "boosting over night")]
    field = os.pathsep.join(map(str, others))
    take(first, "compare", theme, size, picture, field, waiting)


def run_goals(folder: Path) -> dict[str, Path]:
    """The studies with two and with three goals."""
    studies = (TWO_GOALS, THREE_GOALS)
    return {text: run_study(text, folder / f"goals-{n}") for n, text in enumerate(studies, 2)}


def take(
    study: Path | None,
    page: str,
    theme: str,
    size: str,
    picture: Path,
    field: str = "",
    queue: Sequence[Path] = (),
) -> None:
    """Open a study or a specification in a window without a screen, and keep its picture.

    Parameters
    ----------
    queue : files that wait in the queue
    """
    picture.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "hpo_gui", "--theme", theme, "--size", size]
    command += ["--screenshot", str(picture)]
    if study is not None:
        command += [str(study), "--panel", page]
    if field:
        command += ["--field", field]
    with tempfile.TemporaryDirectory() as home:
        entries = [{"id": path.stem, "name": path.stem, "path": str(path)} for path in queue]
        kept = json.dumps({"version": 1, "entries": entries})
        settings = Path(home) / "settings"
        settings.mkdir()
        (settings / "queue.json").write_text(kept, encoding="utf-8")
        environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HPO_STUDIO_HOME": home}
        subprocess.run(command, cwd=ROOT, env=environment, check=True)
    print(picture)


if __name__ == "__main__":
    sys.exit(main())

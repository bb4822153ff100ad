"""Mistakes in a specification or on the command line: named by path, rule, value, remedy."""

from __future__ import annotations

from pathlib import Path

import pytest
from small_studies import Said, files_below, flowers, hpo

SPEC = """\
version = 1
name = "study"
seed = 1
[data]
source = "flowers.csv"
target = "kind"
[[models]]
name = "decision_tree"
[models.space]
max_depth = { type = "int", low = 1, high = 5 }
criterion = { type = "categorical", choices = ["gini", "entropy"] }
[validation]
kind = "k_fold"
folds = 2
[[goals]]
metric = "accuracy"
[strategy]
name = "random"
[pruner]
name = "none"
[start]
defaults = true
[preprocessing]
numbers = "median"
[compute]
executor = "inline"
[budget]
trials = 1
"""

DEPTH = 'max_depth = { type = "int", low = 1, high = 5 }'
FOLDS = 'kind = "k_fold"\nfolds = 2'


def run(folder: Path, content: str | bytes, *options: object, name: str = "study.toml") -> Said:
    flowers().to_csv(folder / "flowers.csv", index=False)
    data = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(data)
    return hpo("run", folder / name, "--out", folder / "results", *options)


def refused(folder: Path, said: Said, *words: str) -> None:
    """One line says what is wrong, and nothing but what was there is there."""
    assert said.code == 2, said.text
    assert said.text.splitlines()[-1].startswith("hpo-gui: "), said.text
    assert not (folder / "results").exists()
    for word in words:
        assert word in said.text
    assert "but got ..." not in said.text
    assert "object at 0x" not in said.text
    assert "PosixPath" not in said.text
    assert "`int`" not in said.text


SECTIONS = [
    ("seed = 1", "nme"),
    ("[data]", "data.nme"),
    ("[[models]]", "models[0].nme"),
    ("[validation]", "validation.nme"),
    ("[[goals]]", "goals[0].nme"),
    ("[strategy]", "strategy.nme"),
    ("[pruner]", "pruner.nme"),
    ("[start]", "start.nme"),
    ("[preprocessing]", "preprocessing.nme"),
    ("[compute]", "compute.nme"),
    ("[budget]", "budget.nme"),
]


@pytest.mark.parametrize(("section", "path"), SECTIONS)
def test_an_unknown_key_is_named_with_the_known_ones(
    tmp_path: Path, section: str, path: str
) -> None:
    said = run(tmp_path, SPEC.replace(section, f"{section}\nnme = 17", 1))
    refused(tmp_path, said, f"{path} is not a", "17")
    assert "Known keys are" in said.text or "Options are" in said.text or "Did you" in said.text


def space(parameter: str) -> tuple[str, str]:
    return DEPTH, f"max_depth = {{ {parameter} }}"


MISTAKES: list[tuple[tuple[str, str], tuple[str, ...]]] = [
    # numbers that are none, or too large
    (("seed = 1", "seed = 1.5"), ("seed must be a whole number", "1.5")),
    (("seed = 1", "seed = -1"), ("seed must be a whole number of at least 0", "-1")),
    (("seed = 1", "seed = nan"), ("seed must be a whole number", "nan")),
    (("seed = 1", "seed = 1" + "0" * 5000), ("study.toml must be TOML", "digits")),
    (("trials = 1", "trials = 0"), ("budget.trials", "at least 1", "got 0")),
    (("trials = 1", "trials = true"), ("budget.trials must be a whole number", "True")),
    (("trials = 1", "seconds = nan"), ("budget.seconds must be a number above 0", "nan")),
    (("trials = 1", "seconds = inf"), ("budget.seconds must be a finite number", "inf")),
    (("trials = 1", "target = nan"), ("budget.target must be a finite number", "nan")),
    (("trials = 1", "target = -inf"), ("budget.target must be a finite number", "-inf")),
    (("trials = 1", "no_improvement = 0"), ("budget.no_improvement", "at least 1")),
    (('executor = "inline"', "workers = 0"), ("compute.workers", "at least 1", "got 0")),
    (('executor = "inline"', "trial_seconds = nan"), ("compute.trial_seconds", "nan")),
    (('executor = "inline"', "trial_memory_mb = 0"), ("compute.trial_memory_mb", "got 0")),
    (('executor = "inline"', 'executor = "gpu"'), ("compute.executor", "processes or inline")),
    (('executor = "inline"', 'dask = "tcp://x"'), ("compute.dask must be left out",)),
    (('target = "kind"', "target = 'kind'\ntest_share = nan"), ("data.test_share", "nan")),
    (('target = "kind"', "target = 'kind'\ntest_share = 1"), ("data.test_share", "below 1")),
    (('target = "kind"', "target = 'kind'\ntest_share = 0.99"), ("rows",)),
    (('target = "kind"', "target = 'kind'\ntest_share = 1e-9"), ("data.test_share", "rows")),
    # the space
    (space('type = "int", low = 5, high = 1'), ("models[0].space.max_depth.low", "Swap")),
    (space('type = "float", low = 0, high = 1, log = true'), ("max_depth.low", "log range")),
    (space('type = "float", low = -1, high = 1, log = true'), ("max_depth.low", "above 0")),
    (space('type = "float", low = nan, high = 1'), ("max_depth.low must be a finite", "nan")),
    (space('type = "float", low = 0, high = inf'), ("max_depth.high must be a finite", "inf")),
    (space('type = "int", low = 0, high = 99999999999999999999'), ("max_depth.high", "2^53")),
    (space('type = "float", low = 0, high = 1, step = 0'), ("max_depth.step must be above 0",)),
    (space('type = "float", low = 0, high = 1, sd = nan'), ("max_depth",)),
    (space('type = "float", low = 0, high = 1, default = 7'), ("max_depth.default", "range")),
    (space('type = "int", low = 0, hihg = 1'), ("max_depth.hihg", "Did you mean `high`?")),
    (space('type = "in", low = 0, high = 1'), ("max_depth.type must be float, int",)),
    (space('type = "categorical", choices = []'), ("max_depth.choices", "at least one")),
    (space('type = "categorical", choices = [1, 1]'), ("max_depth.choices", "different")),
    (space('type = "categorical", choices = [nan]'), ("max_depth.choices", "nan")),
    (
        space('type = "int", low = 1, high = 5, when = { nobody = [1] }'),
        ("max_depth.when", "nobody"),
    ),
    (space('type = "int", low = 1, high = 5, when = { criterion = ["x"] }'), ("criterion", "'x'")),
    (
        space('type = "int", low = 1, high = 5, when = { max_depth = [1] }'),
        ("the parameter itself",),
    ),
    (
        (DEPTH, "max_depht = { type = 'int', low = 1, high = 5 }"),
        ("max_depht", "Did you mean `max_depth`?"),
    ),
    ((DEPTH, "'' = { type = 'int', low = 1, high = 5 }"), ('models[0].space.""',)),
    # constraints
    (
        ("[models.space]", "constraints = ['max_depth > 9']\n[models.space]"),
        ("leave something to", "max_depth > 9", "Loosen"),
    ),
    (
        ("[models.space]", "constraints = ['max_depth >']\n[models.space]"),
        ("constraints[0]", "at the end"),
    ),
    (
        ("[models.space]", "constraints = ['max_depth < 9', 'x < 1']\n[models.space]"),
        ("constraints[1] has `x`", "criterion"),
    ),
    (
        ("[models.space]", "constraints = ['max_depth + 1']\n[models.space]"),
        ("must compare something",),
    ),
    (
        ("[models.space]", "constraints = ['__import__(1)']\n[models.space]"),
        ("the function `__import__`",),
    ),
    (("[models.space]", "constraints = ['" + "(" * 3000 + "']\n[models.space]"), ("shorter",)),
    (
        ("[models.space]", "constraints = ['max_depth < criterion']\n[models.space]"),
        ("max_depth < criterion",),
    ),
    # families
    (
        (FOLDS, 'kind = "k_fold"\nfolds = 1'),
        ("validation.folds must be a whole number of at least 2",),
    ),
    ((FOLDS, 'kind = "k_fold"\nfolds = "2"'), ("validation.folds must be a whole number", "'2'")),
    ((FOLDS, 'kind = "k_fold"\nfolds = 900'), ("validation.folds", "60 rows", "Use fewer")),
    ((FOLDS, 'kind = "hold_out"\ntest_share = nan'), ("validation.test_share", "nan")),
    ((FOLDS, 'kind = "column"'), ("validation.column must be given",)),
    ((FOLDS, 'kind = "column"\ncolumn = "x"'), ("validation.column", "Columns are: ")),
    ((FOLDS, 'kind = "group_k_fold"'), ("must have a group column",)),
    ((FOLDS, "folds = 2"), ("validation must have `kind`",)),
    (('name = "random"', 'name = "rnadom"'), ("strategy", "Did you mean `random`?")),
    (('name = "random"', 'name = "grid"\npoints = 0'), ("strategy.points", "at least 1")),
    (
        ('name = "random"', 'name = "grid"\nvalues = { max_depth = [9] }'),
        ("strategy.values.max_depth", "from 1 to 5", "9"),
    ),
    (
        ('name = "random"', 'name = "grid"\nvalues = { depth = [9] }'),
        ("strategy.values.depth", "max_depth"),
    ),
    (("metric = ", "metrics = "), ("goals[0]", "metric")),
    (('"accuracy"', '"acuracy"'), ("Did you mean `accuracy`?",)),
    (('"accuracy"', '"r2"'), ("regression",)),
    (('"accuracy"', '"accuracy"\ndirection = "up"'), ("maximize or minimize", "up")),
    (('"median"', '"mode"'), ("preprocessing.numbers must be median, mean or zero",)),
    # where it starts
    (
        ("defaults = true", "configurations = [{ max_depth = 9 }]"),
        ("start.configurations[0].max_depth", "from 1 to 5"),
    ),
    (
        ("defaults = true", "configurations = [{}, { depth = 9 }]"),
        ("start.configurations[1].depth", "max_depth"),
    ),
    (
        ("defaults = true", "configurations = [{ max_depth = nan }]"),
        ("start.configurations[0].max_depth", "nan"),
    ),
    # models and data
    (('name = "decision_tree"', 'name = "decision_tre"'), ("Did you mean `decision_tree`?",)),
    (
        ('name = "decision_tree"', 'name = "os.system"'),
        ("scikit-learn-compatible", "fit, predict"),
    ),
    (('name = "decision_tree"', 'name = "nowhere.Model"'), ("importable", "nowhere")),
    (
        ('name = "decision_tree"', 'name = "sklearn.linear_model.BayesianRidge"'),
        ("made for classification",),
    ),
    (
        ('name = "decision_tree"', 'name = "decision_tree"\nfixed = { foo = 1 }'),
        ("fixed.foo", "It has:"),
    ),
    (
        ('name = "decision_tree"', 'name = "decision_tree"\nfixed = { max_depth = 1 }'),
        ("max_depth", "tuned"),
    ),
    (('target = "kind"', "ignore = ['lenght']"), ("data.ignore", "Did you mean `length`?")),
    (('target = "kind"', "types = { length = 'colour' }"), ("data.types.length must be number",)),
    (('target = "kind"', "target = 'kind'\nfeatures = []"), ("to learn from",)),
    (('source = "flowers.csv"', 'source = "a\\u0000b.csv"'), ("null", "cannot be read")),
    (("version = 1", "version = 99"), ("newer version", "update it")),
    (("[data]", "[data"), ("study.toml must be TOML", "line 4")),
]


@pytest.mark.parametrize(("change", "words"), MISTAKES)
def test_a_mistake_is_named_by_path_rule_value_and_remedy(
    tmp_path: Path, change: tuple[str, str], words: tuple[str, ...]
) -> None:
    assert change[0] in SPEC
    said = run(tmp_path, SPEC.replace(*change, 1))
    refused(tmp_path, said, *words)
    assert len(said.text) < 1200


FILES: list[tuple[str, str | bytes, tuple[str, ...]]] = [
    ("study.toml", "", ("data.source must name a table",)),
    ("study.json", "{}", ("data.source must name a table",)),
    ("study.json", "[1, 2]", ("must be a table of sections",)),
    ("study.json", '{"seed": NaN}', ("seed must be a whole number", "nan")),
    ("study.json", '{"seed": 1', ("study.json must be TOML or JSON",)),
    ("study.toml", bytes(range(256)) * 50, ("must be text in UTF-8", "Save it as UTF-8")),
    ("study.toml", SPEC.encode("utf-16"), ("must be text in UTF-8",)),
    ("study.toml", b"#" * 21_000_000, ("below 20 MB",)),
    ("study.json", '{"a":' * 100_000, ("so deep in each other",)),
    ("study.toml", "a = " + "[" * 100_000, ("study.toml",)),
    (
        "study.json",
        '{"strategy": {"name": "x", "y": ' + "[" * 900 + "]" * 900 + "}}",
        ("so deep",),
    ),
    ("study.hpostudy", "", ("is a study, not a specification", "hpo-gui resume")),
]


@pytest.mark.parametrize(("name", "content", "words"), FILES)
def test_a_file_that_is_no_specification_is_refused(
    tmp_path: Path, name: str, content: str | bytes, words: tuple[str, ...]
) -> None:
    said = run(tmp_path, content, name=name)
    refused(tmp_path, said, *words)
    assert len(said.text) < 600


def test_a_folder_or_nothing_is_no_specification(tmp_path: Path) -> None:
    out = tmp_path / "results"
    refused(tmp_path, hpo("run", tmp_path, "--out", out), "Is a directory")
    refused(tmp_path, hpo("run", tmp_path / "x.toml", "--out", out), "No such file")
    refused(tmp_path, hpo("run", "--out", out), "either a specification or --example")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--workers", 0], "compute.workers must be a whole number of at least 1, but got 0"),
        (["--workers", -2], "compute.workers"),
        (["--workers", 9999], "at most 512"),
        (["--workers", "many"], "invalid int value: 'many'"),
        (["--trials", 0], "budget.trials"),
        (["--seconds", "nan"], "budget.seconds"),
        (["--seconds", "inf"], "budget.seconds"),
        (["--seed", -1], "seed must be a whole number of at least 0"),
        (["--strategy", "rnadom"], "Did you mean `random`?"),
        (["--strategy", ""], "strategy must be one of"),
        (["--example", "wine"], "either a specification or --example"),
        (["--nonsense"], "unrecognized arguments"),
    ],
)
def test_a_wrong_option_is_named(tmp_path: Path, options: list[object], words: str) -> None:
    said = run(tmp_path, SPEC, *options)
    assert said.code == 2
    assert words in said.text
    assert not (tmp_path / "results").exists()


def test_an_unknown_example_and_command_are_named(tmp_path: Path) -> None:
    said = hpo("run", "--example", "win", "--out", tmp_path / "results")
    refused(tmp_path, said, "Did you mean `sample:wine`?")
    assert "invalid choice: 'rum'" in hpo("rum").text


@pytest.mark.parametrize("out", ["flowers.csv", "flowers.csv/deep", "n" * 300])
def test_results_that_cannot_be_written_are_refused_before_anything_runs(
    tmp_path: Path, out: str
) -> None:
    run(tmp_path, SPEC, "--workers", 0)
    before = files_below(tmp_path)
    said = hpo("run", tmp_path / "study.toml", "--out", tmp_path / out)
    assert said.code == 2
    assert out in said.text
    assert files_below(tmp_path) == before


def test_names_in_any_script_are_taken_and_come_back(tmp_path: Path) -> None:
    (tmp_path / "mäin 😀.py").write_text(
        "def objective(params):\n    return params['größe “x” 😀'] + len(params['the kind'])\n",
        encoding="utf-8",
    )
    spec = """
        name = "étude “1” 😀 \\"q\\" 'a'"
        [objective]
        function = "mäin 😀.py:objective"
        constraints = ["`größe “x” 😀` < 2"]
        [objective.space]
        "größe “x” 😀" = { type = "float", low = 0, high = 3 }
        "the kind" = { type = "categorical", choices = ["a, b", "“c”", "😀", "#", ""] }
        [compute]
        executor = "inline"
        [budget]
        trials = 4
    """
    said = run(tmp_path, spec)
    assert said.code == 0, said.text
    assert "étude “1” 😀" in said.text
    text = (tmp_path / "results" / "trials.csv").read_text(encoding="utf-8")
    assert "param_größe “x” 😀" in text
    again = hpo("resume", tmp_path / "results" / "study.hpostudy", "--trials", 5)
    assert again.code == 0, again.text

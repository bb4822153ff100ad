"""The bundled examples: complete, as announced, and understood without help."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hpo_gui.core.errors import DataError
from hpo_gui.core.spec import DataSpec
from hpo_gui.evaluation.dataset import make_dataset
from hpo_gui.evaluation.roles import assign_roles
from hpo_gui.evaluation.samples import SAMPLES, Sample, find_sample, list_samples, sample_path
from hpo_gui.evaluation.table import read_table

each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)


def test_there_are_six_examples_or_more_of_both_tasks_and_a_time_series() -> None:
    assert len(list_samples()) >= 6
    assert {sample.task for sample in SAMPLES} == {"classification", "regression"}
    assert len({sample.name for sample in SAMPLES}) == len(SAMPLES)


@each_sample
def test_an_example_is_as_announced(sample: Sample) -> None:
    table = read_table(f"sample:{sample.name}", Path("nowhere"))
    assert (table.rows, len(table.columns)) == (sample.rows, sample.columns)
    assert sample.target in table.column_names
    assert sample.sentence.endswith(".")
    assert not [notice for notice in table.notices if notice.level == "error"]


@each_sample
def test_the_target_and_task_of_an_example_are_guessed(sample: Sample) -> None:
    table = read_table(f"sample:{sample.name}", Path("nowhere"))
    roles = assign_roles(table, DataSpec(f"sample:{sample.name}"))
    assert (roles.target, roles.task) == (sample.target, sample.task)


@each_sample
def test_an_example_is_small_enough_to_ship(sample: Sample) -> None:
    assert sample_path(sample).stat().st_size < 200_000


def test_the_weather_is_recognised_as_a_time_series() -> None:
    table = read_table("sample:seattle_weather", Path("nowhere"))
    dataset = make_dataset(table, DataSpec("sample:seattle_weather", test_share=0.25), 0)
    assert dataset.times is not None
    assert dataset.times[dataset.train].max() < dataset.times[dataset.test].min()


def test_examples_hold_the_numbers_of_scikit_learn() -> None:
    from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine

    for name, load in (
        ("iris", load_iris),
        ("wine", load_wine),
        ("breast_cancer", load_breast_cancer),
        ("digits", load_digits),
    ):
        table = read_table(f"sample:{name}", Path("nowhere"))
        cells = table.frame.iloc[:, :-1].to_numpy(np.float64)
        np.testing.assert_array_equal(cells, load().data)


def test_names_may_be_written_with_a_dash_or_capitals() -> None:
    assert find_sample("Seattle-Weather").name == "seattle_weather"


def test_an_unknown_example_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(DataError, match=r"'sample:pengiuns'. Did you mean `sample:penguins`"):
        read_table("sample:pengiuns", Path("nowhere"))
    with pytest.raises(DataError, match="Examples are: penguins, iris"):
        find_sample("zzz")


def test_listing_examples_and_tables_costs_no_heavy_import() -> None:
    code = (
        "import sys\n"
        "import hpo_gui.evaluation.samples, hpo_gui.evaluation.table, hpo_gui.evaluation.roles\n"
        "import hpo_gui.evaluation.dataset, hpo_gui.evaluation.preprocessing\n"
        "heavy = {'pandas', 'sklearn', 'scipy', 'pyarrow', 'python_calamine'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", code], check=True, cwd=root, timeout=60)

"""The strategies by name, one line each."""

from __future__ import annotations

from typing import Any

from hpo_gui.core.catalogue import Catalogue, Entry
from hpo_gui.strategies.auto import Auto
from hpo_gui.strategies.bayesian import Bayesian
from hpo_gui.strategies.grid import Grid
from hpo_gui.strategies.manual import Manual
from hpo_gui.strategies.random import Random
from hpo_gui.strategies.strategy import Strategy

BERGSTRA = "Bergstra, Bengio (2012), Random search for hyper-parameter optimization, JMLR 13"

STRATEGIES: Catalogue[Any] = Catalogue(
    "strategy",
    (
        Entry(
            "auto",
            "Automatic",
            "Use when you do not want to choose: it picks what suits the space and says why.",
            Auto,
        ),
        Entry(
            "bayesian",
            "Bayesian optimization",
            "Use when a trial takes long and every one should count.",
            Bayesian,
            (
                "Frazier (2018), A tutorial on Bayesian optimization, arXiv 1807.02811",
                "Ament et al. (2023), Unexpected improvements to expected improvement, "
                "arXiv 2310.20708",
                "Hvarfner, Hellsten, Nardi (2024), Vanilla Bayesian optimization performs great "
                "in high dimensions, arXiv 2402.02229",
                "Snoek, Larochelle, Adams (2012), Practical Bayesian optimization, "
                "arXiv 1206.2944",
            ),
        ),
        Entry(
            "random",
            "Random search",
            "Use when there are many parameters and few of them matter, or as a fair baseline.",
            Random,
            (BERGSTRA,),
        ),
        Entry(
            "grid",
            "Grid search",
            "Use when there are few combinations and you want to see every one of them.",
            Grid,
        ),
        Entry(
            "manual",
            "Manual",
            "Use when you know which configurations you want to compare.",
            Manual,
        ),
    ),
)


def make_strategy(name: str, **options: Any) -> Strategy:
    """Make a strategy by its name in a study file.

    Raises
    ------
    SpecError : an unknown name or option, or a value that breaks the option's rule

    >>> make_strategy("grid", points=3)
    Grid(points=3, values={})
    """
    strategy: Strategy = STRATEGIES.make(name, options)
    return strategy

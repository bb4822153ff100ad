"""The strategies by name, one line each."""

from __future__ import annotations

from typing import Any

from hpo_gui.core.catalogue import Catalogue, Entry
from hpo_gui.strategies.auto import Auto
from hpo_gui.strategies.bayesian import Bayesian
from hpo_gui.strategies.cma_es import CmaEs
from hpo_gui.strategies.ehvi import Ehvi
from hpo_gui.strategies.grid import Grid
from hpo_gui.strategies.hill_climbing import HillClimbing
from hpo_gui.strategies.manual import Manual
from hpo_gui.strategies.nsga2 import Nsga2
from hpo_gui.strategies.optuna_sampler import OptunaSampler
from hpo_gui.strategies.parego import Parego
from hpo_gui.strategies.population import Population
from hpo_gui.strategies.portfolio import Portfolio
from hpo_gui.strategies.random import Random
from hpo_gui.strategies.sobol import Sobol
from hpo_gui.strategies.strategy import Strategy
from hpo_gui.strategies.tpe import TPE

BERGSTRA = "Bergstra, Bengio (2012), Random search for hyper-parameter optimization, JMLR 13"
PARZEN = (
    "Bergstra et al. (2011), Algorithms for hyper-parameter optimization, NeurIPS 24",
    "Falkner, Klein, Hutter (2018), BOHB, arXiv 1807.01774",
    "Watanabe (2023), Tree-structured Parzen estimator, arXiv 2304.11127",
)
EVOLUTION = (
    "Hansen (2016), The CMA evolution strategy: a tutorial, arXiv 1604.00772",
    "Hamano, Saito, Nomura, Shirakawa (2022), CMA-ES with margin, arXiv 2205.13482",
    "Hamano, Saito, Nomura, Uchida, Shirakawa (2024), CatCMA, arXiv 2405.09962",
)
FIFTH = "Kern et al. (2004), Learning probability distributions in continuous EAs, Nat. Comput. 3"
AKIBA = "Akiba, Sano, Yanase, Ohta, Koyama (2019), Optuna, KDD 2019, arXiv 1907.10902"
JOE_KUO = "Joe, Kuo (2008), Constructing Sobol sequences, SIAM J. Sci. Comput. 30(5)"

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
            "ehvi",
            "Hypervolume improvement",
            "Use when there are two or three goals and every trial should widen the Pareto front.",
            Ehvi,
            (
                "Daulton, Balandat, Bakshy (2020), Differentiable expected hypervolume "
                "improvement, NeurIPS 33, arXiv 2006.05078",
                "Daulton, Balandat, Bakshy (2021), Parallel Bayesian optimization of multiple "
                "noisy objectives, NeurIPS 34, arXiv 2105.08195",
                "Yang et al. (2019), Efficient computation of expected hypervolume improvement "
                "using box decomposition algorithms, J. Global Optimization 75",
                "Ament et al. (2023), Unexpected improvements to expected improvement, "
                "arXiv 2310.20708",
            ),
        ),
        Entry(
            "parego",
            "ParEGO",
            "Use when there are more than three goals: each trial weighs them anew, at random.",
            Parego,
            (
                "Knowles (2006), ParEGO, IEEE Transactions on Evolutionary Computation 10, "
                "doi 10.1109/TEVC.2005.851274",
            ),
        ),
        Entry(
            "portfolio",
            "Portfolio",
            "Use when you do not trust a single method: several share the budget, and what brings "
            "more gets more.",
            Portfolio,
            (
                "Fialho, Schoenauer, Sebag (2010), Toward comparison-based adaptive operator "
                "selection, GECCO",
                "Ansel et al. (2014), OpenTuner, PACT, doi 10.1145/2628071.2628092",
            ),
        ),
        Entry(
            "tpe",
            "Tree-structured Parzen estimator",
            "Use when there are many categories and conditions, several workers, or noisy scores.",
            TPE,
            PARZEN,
        ),
        Entry(
            "cma_es",
            "CMA-ES",
            "Use when there are a few hundred cheap trials and parameters that act together.",
            CmaEs,
            EVOLUTION,
        ),
        Entry(
            "hill_climbing",
            "Hill climbing",
            "Use when you have a good configuration already and want to improve it step by step.",
            HillClimbing,
            (FIFTH,),
        ),
        Entry(
            "nsga2",
            "NSGA-II",
            "Use when there are several goals and a few hundred trials that take little time.",
            Nsga2,
            (
                "Deb, Pratap, Agarwal, Meyarivan (2002), A fast and elitist multiobjective "
                "genetic algorithm: NSGA-II, IEEE Trans. Evol. Comput. 6(2)",
                "Durillo, Nebro, Luna, Alba (2009), On the effect of the steady-state selection "
                "scheme in multi-objective genetic algorithms, EMO",
            ),
        ),
        Entry(
            "population",
            "Population-based training",
            "Use when a model learns step by step, and what is best for it changes on the way.",
            Population,
            (
                "Jaderberg et al. (2017), Population based training of neural networks, "
                "arXiv 1711.09846",
                "Parker-Holder, Nguyen, Roberts (2020), Provably efficient online hyperparameter "
                "optimization with population-based bandits, arXiv 2002.02518",
            ),
        ),
        Entry(
            "sobol",
            "Quasi-random (Sobol)",
            "Use when you would search at random but want no gaps, or a first picture of a space.",
            Sobol,
            (JOE_KUO,),
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
        Entry(
            "optuna",
            "Optuna sampler",
            "Use when you know a sampler of Optuna's and have Optuna installed.",
            OptunaSampler,
            (AKIBA,),
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

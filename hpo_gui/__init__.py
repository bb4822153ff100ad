"""HPO Studio: set up, run, watch and export hyperparameter-tuning studies."""

__version__ = "0.1.0"

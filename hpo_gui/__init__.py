"""HPO Studio: set up, run, watch and export hyperparameter-tuning studies."""

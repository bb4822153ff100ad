"""Export: results, models and parameters as files."""

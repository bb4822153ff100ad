"""Evaluation: from a table and parameters to scores, inside a worker."""

"""Strategies held against their best peers: problems, runs, scores; entry: ``optimizers.py``."""

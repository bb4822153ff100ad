"""What `dev.py` does: the environment, the checks, the example. Standard library only."""

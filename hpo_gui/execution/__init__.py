"""Execution: where steps run, and how they are stopped."""

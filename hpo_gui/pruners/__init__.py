"""Pruners decide whether a running trial should stop: pure functions of the history."""

"""Strategies decide what to try next: pure functions of the history."""

"""The panels: one for each step, and the welcome page."""

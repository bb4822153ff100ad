"""Analyses: functions from a history to frozen results; plots draw them."""

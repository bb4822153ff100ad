"""Dialogs of the whole window; none blocks the program."""

"""The plots: each draws the result of an analysis and tells what the user points at."""

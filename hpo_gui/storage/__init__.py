"""Storage: one SQLite study file, one writer."""

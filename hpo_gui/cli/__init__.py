"""The command line: run, resume and export without a window."""

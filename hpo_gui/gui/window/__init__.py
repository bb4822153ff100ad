"""The frame around the panels: top bar, rail, run bar, status line, log, palette."""

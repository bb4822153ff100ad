"""Small views without domain state, from which the panels are built."""

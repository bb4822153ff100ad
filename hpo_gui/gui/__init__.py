"""The window: Qt views on a spec and a history."""

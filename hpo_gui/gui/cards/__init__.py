"""The cards that panels put together: each shows one thing of the session."""

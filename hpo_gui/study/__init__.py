"""The study: ask and tell, the budget, and the loop that yields events."""

"""How loud answers are."""

"""Policy editions as data, and their pure evaluation: twelve conditions, twelve verdicts."""

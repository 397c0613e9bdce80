"""Pages for people: what they share, logging in, and timelines of events."""

"""What sensors measure wrongly, and reports without it."""

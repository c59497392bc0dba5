"""Orders: each effect is frozen data that knows its script, its diff and what it will have changed."""

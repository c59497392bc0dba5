"""Re-checks at their time: when, by which timer of the system, and what one timer calls."""

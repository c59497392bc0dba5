"""Re-checks: from what happens in a dry run to what it found, and what is new of it."""

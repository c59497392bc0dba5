"""What people and programs get to see: observers of a run's events, and readers of the store and of plans."""

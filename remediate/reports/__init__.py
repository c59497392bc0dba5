"""Observers of a run's events: what people and programs get to see."""

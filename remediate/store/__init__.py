"""What is kept of a run on the controller's disk."""

"""Runs over real SSH, cut off at random moments, resumed, compared with undisturbed ones, and taken back."""

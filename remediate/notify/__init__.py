"""Telling people and programs what is new since the last re-check."""

"""Modules for the console of a Domino server."""

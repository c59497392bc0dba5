"""Modules for a Domino server: its console, and its documents over HTTP."""

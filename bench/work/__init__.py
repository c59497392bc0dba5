"""The work that every tool of the comparison does, and the hosts it finds."""

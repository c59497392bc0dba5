"""The saved plan of a change: frozen, shown, approved, and held to when it is applied."""

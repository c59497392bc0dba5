"""The saved plan of a change: frozen, approved, held to; and what resume and undo read from the history."""

"""Plan and apply: one host's walk through a play, and the batches of hosts."""

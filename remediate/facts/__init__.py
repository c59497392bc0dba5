"""Questions: each fact is frozen data that knows what to ask a host and how to read its answer."""

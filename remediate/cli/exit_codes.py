"""What the exit codes of `remediate` mean; 0 is done."""

BAD_INPUT = 1
"""Nothing was contacted; or what a command only prints could not be written."""
FAILED = 2
"""A host failed."""
DRIFTED = 3
"""A host is not as its plan saw it."""
UNREACHABLE = 4
"""A host was unreachable, and none failed."""
CHANGES = 5
"""A dry run found changes (only with --detailed-exitcode)."""
INTERRUPTED = 130
UNREAD = 141
"""Nobody reads the output any more: what the shell says of a program that this ends."""

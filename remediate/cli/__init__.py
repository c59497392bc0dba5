"""The command `remediate`: one file a command, options in, calls out."""

"""Playbooks: YAML text becomes plays, blocks and tasks that know where they were written."""

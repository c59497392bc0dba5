"""Sandboxed, strict Jinja2 that answers as Ansible's does."""

"""Turn a support article into a playbook and carry it out over SSH on a whole fleet."""

__version__ = "0.1.0"

"""Hosts: the only code that talks to machines, over SSH with Fabric."""

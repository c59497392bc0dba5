"""Hosts, groups and their variables, read as Ansible reads them."""

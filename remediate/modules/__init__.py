"""What playbooks can ask for: each module asks facts and returns effects, and touches no host."""

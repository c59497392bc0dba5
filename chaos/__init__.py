"""Runs that are cut off at random moments over real SSH, resumed, and compared with an undisturbed one."""

"""What the console says.

Lines of smdreal without LAB are the vendor's, as its article "License is not updated after renewal" has them.
"""

UPDATE_STARTED = "SMDreal: Start to update license online"
UPDATE_SUCCESSFUL = "SMDreal: Online update license successful"
UPDATE_FAILED = "SMDreal: LAB: license not renewed on the portal"
"""The vendor's text of a failed update is not known."""

RELEASE = "Trend Micro ScanMail(TM) for Domino Real-time Scanner, release 3.0, May 2005"
COPYRIGHT = "Copyright (C) 1989-2005, Trend Micro Inc., All Rights Reserved"
BUILD_DATE = "SMD: Build Jan 4 2007 16:55:55"
ENGINE = "Scan engine version:LAB 8.0; Virus pattern file version:LAB 1.100"
"""The article has dots in place of both versions."""

ALREADY_EXPIRED = (
    "The ScanMail Activation Code already expired. Renew maintenance or obtain a full version "
    "Registration Key. See ScanMail help for details."
)

NOT_RUNNING = "LAB: task {task} is not running"
ALREADY_RUNNING = "LAB: task {task} is running already"
NO_SUCH_PROGRAM = "LAB: no program {task} to load"
NO_SUCH_TELL = "LAB: task {task} knows no command '{text}'"
NO_SUCH_COMMAND = "LAB: unknown console command '{text}'"
QUIT = "SMDreal: LAB: shutdown complete"

CHATTER = (
    ("Router", "Router: LAB: 3 messages moved to mail.box"),
    ("Router", "Router: LAB: no route to hub02 yet, SMDreal has no say in it"),
    ("Replica", "Replicator: LAB: database names.nsf is up to date"),
    ("Chronos", "Chronos: Performing LAB hourly agents"),
    ("AMgr", "AMgr: LAB: agent 'Clean up' ended"),
    ("HTTP", "HTTP Server: LAB: 2 sessions"),
)

"""What the console says.

Lines of ScanMail without LAB are the vendor's, as its articles "License is not updated after renewal" and
"Update failure caused by an issue in the ActiveUpdate module" have them.
"""

UPDATE_STARTED = "SMDreal: Start to update license online"
UPDATE_SUCCESSFUL = "SMDreal: Online update license successful"
UPDATE_FAILED = "SMDreal: LAB: license not renewed on the portal"
"""The vendor's text of a failed update is not known."""
UPDATE_BUILD_TOO_OLD = "SMDreal: LAB: license not updated, this build is too old"
UPDATE_NO_ROUTE = "SMDreal: LAB: license not updated, the license servers cannot be reached"
UPDATE_DUPLICATES = "SMDreal: LAB: license not updated, more than one license for a platform"
UPDATE_FAULT = "SMDreal: LAB: license not updated, a fault of the lab"
GRACE_OVER = "SMDreal: LAB: the grace period is over and there is no trial key, SMDreal ends"
HALF_INSTALLED = "LAB: {task} cannot be loaded, an installation was interrupted"

DOWNLOAD_FAILED = (
    "SMDupd: Unable to download components. Check server status or refer to ScanMail Help > Troubleshooting "
    "section for details"
)
DOWNLOAD_STARTED = "SMDupd: LAB: download of components started"
DOWNLOAD_SUCCESSFUL = "SMDupd: LAB: components are up to date, virus pattern file version {pattern}"
"""The vendor's text of a successful download is not known."""

REPLICATION_QUEUED = "Replicator: LAB: busy, request for {server} queued"
REPLICATION_STARTED = "Replicator: LAB: started with {server}, {database}"
REPLICATION_DONE = "Replicator: LAB: finished with {server}, {database}: {changes} documents changed"
NO_SUCH_SERVER = "LAB: no server {server} to replicate with"
NO_SUCH_DATABASE = "LAB: no database {database} on {server}"

RELEASE = "Trend Micro ScanMail(TM) for Domino Real-time Scanner, release 3.0, May 2005"
COPYRIGHT = "Copyright (C) 1989-2005, Trend Micro Inc., All Rights Reserved"
BUILD_DATE = "SMD: Build Jan 4 2007 16:55:55"
ENGINE = "Scan engine version:LAB 8.0; Virus pattern file version:LAB 1.{pattern}"
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
TASK_STARTED = "{task}: LAB: started"
TASK_QUIT = "{task}: LAB: shutdown complete"

CHATTER = (
    ("Router", "Router: LAB: 3 messages moved to mail.box"),
    ("Router", "Router: LAB: no route to hub02 yet, SMDreal has no say in it"),
    ("Replica", "Replicator: LAB: database names.nsf is up to date"),
    ("Chronos", "Chronos: Performing LAB hourly agents"),
    ("AMgr", "AMgr: LAB: agent 'Clean up' ended"),
    ("HTTP", "HTTP Server: LAB: 2 sessions"),
)

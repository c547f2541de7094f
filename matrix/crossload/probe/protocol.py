"""What host and probe say to each other: one JSON object a line, requests on stdin, events on stdout."""

PROTOCOL_VERSION = 2

# Part of every key in the store: raise it when the same request would measure something else.
PROBE_VERSION = 3

# Requests; the answer to DEVICES is an event of the same name.
SAVE = "save"
LOAD = "load"
REFERENCE = "reference"
RESAVE = "resave"
DEVICES = "devices"
EXIT = "exit"

# Events
READY = "ready"
RESULT = "result"
DONE = "done"

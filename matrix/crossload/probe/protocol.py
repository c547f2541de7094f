"""What host and probe say to each other: one JSON object a line, requests on stdin, events on stdout.

``ready`` tells a secret, the *seal*, which every later line of the same probe has to bear. Children do not know it: a line
without it comes from the code of a model or of a scenario. While a request runs, ``alive`` comes every few seconds.
"""

PROTOCOL_VERSION = 3

# Part of every key in the store: raise it when the same request would measure something else.
PROBE_VERSION = 12

# Requests; the answer to DEVICES is an event of the same name.
SAVE = "save"
LOAD = "load"
REFERENCE = "reference"
RESAVE = "resave"
FILL = "fill"
CANARY = "canary"
DEVICES = "devices"
EXIT = "exit"

# Folder of an artifact, with files that the model names by relative paths; whatever loads the model works in it.
NAMED = "named"

# Set where a probe is confined, and sees no process but those below it: megabytes that they may hold together.
TOGETHER = "CROSSLOAD_TOGETHER_MB"

# Events
READY = "ready"
ALIVE = "alive"
RESULT = "result"
DONE = "done"

# Seconds between two signs of life.
ALIVE_EVERY = 5

"""Which requests may run in one process, one after the other.

A child costs a fork and TensorFlow's start; a load in a child that has run others costs only what Keras needs. Sharing is
allowed where nothing that a request leaves behind (imported modules, registered classes, policies) is anything that its
successors would not do themselves. Everything else gets a child of its own.
"""

from collections.abc import Sequence

from crossload.probe import attempts, protocol
from crossload.scenario_index import Scenario

# Requests of scenarios whose modules only build models from Keras' own classes.
COMMON = "common"
# Loads that see no scenario code at all, and must not: nothing in this process may ever have imported any.
BARE = "bare"


def share_key(scenario: Scenario, form: str, op: str, attempt: str = attempts.PLAIN) -> str | None:
    """Requests with the same key may run in one process; None stands for a process of its own.

    :param op: ``protocol.SAVE`` or ``protocol.LOAD``.
    """
    options = scenario.options
    if options["save_with" if op == protocol.SAVE else "load_with"]:
        return None  # the scenario's own function may do anything
    common = scenario.only_builds and options["precision"] == "float32" and not options["hidden_modules"]
    # `bare` is evidence: not even a scenario that only builds may have been imported where it runs.
    if common and attempt != attempts.BARE:
        return COMMON
    if not attempts.sees_code(attempt):
        return f"{op} {scenario.name} {BARE}" if options["hidden_modules"] else BARE
    return f"{op} {scenario.name} {attempts.gives(attempt, form)}"


def first_group(scenario: Scenario, form: str, names: Sequence[str]) -> tuple[str | None, list[str], list[str]]:
    """The leading attempts that share a process: their key, their names, and the names that are left."""
    key = share_key(scenario, form, protocol.LOAD, names[0])
    count = 1
    while count < len(names) and share_key(scenario, form, protocol.LOAD, names[count]) == key:
        count += 1
    return key, list(names[:count]), list(names[count:])

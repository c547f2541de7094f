"""``python matrix/probe``: reads requests on stdin, one JSON object a line, and answers on stdout.

``--fresh`` runs every request in a fresh interpreter instead of a forked child. ``--child FD`` is such an interpreter, which
answers on that descriptor. ``--show REQUEST`` runs one request and prints what happened for a person to read.
"""

import importlib.util
import json
import os
import sys
import time


def _load_package():
    """Import this folder as the package ``crossload_probe``, so that no name of ours shadows one of the environment's."""
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != folder]
    spec = importlib.util.spec_from_file_location(
        "crossload_probe", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules["crossload_probe"] = package
    spec.loader.exec_module(package)


def _show(request, runner, stream, protocol):
    """Run one request and print its events, errors with their whole message."""
    if request["op"] == protocol.SAVE and not os.path.isdir(request["directory"]):
        os.makedirs(request["directory"])
    for event in runner.run(request):
        if event["event"] == "attempt":
            stream.write("%s: %s\n" % (event["attempt"], event["outcome"]))
            for rung, measured in sorted(event.get("rungs", {}).items()):
                stream.write("  %s: %s\n" % (rung, json.dumps(measured, sort_keys=True)))
        elif event["event"] == "ended":
            if event["signal"]:
                stream.write("the process ended early: %s\n%s\n" % (event["signal"], event["stderr"]))
        elif event["event"] != "begin":
            stream.write("%s %s\n" % (event["event"], event.get("stage", "")))
        if "error" in event:
            stream.write("  %s: %s\n" % (event.get("error_type", ""), event["error"]))
    runner.close()
    stream.flush()
    os._exit(0)


def _speaker(answers, seal):
    """A function that writes one line to the host, with our secret."""

    def say(event):
        answers.write(json.dumps(dict(event, seal=seal())) + "\n")

    return say


def _signs_of_life(say, protocol):
    """A function that tells the host now and then, when it is called often, that we are still there."""
    last = [time.monotonic()]

    def alive():
        now = time.monotonic()
        if now - last[0] >= protocol.ALIVE_EVERY:
            last[0] = now
            say({"event": protocol.ALIVE})

    return alive


def main(arguments):
    # TensorFlow prints to stdout at times: the protocol keeps the real one for itself.
    answers = os.fdopen(os.dup(1), "w", 1)
    os.dup2(2, 1)
    _load_package()
    from crossload_probe import protocol
    from crossload_probe.operations import versions
    from crossload_probe.process import bytecode, children, isolation

    bytecode.keep_for_environment()
    tf = isolation.prepare_parent()
    if arguments[:1] == ["--child"]:
        isolation.serve(sys.stdin, int(arguments[1]))
        os._exit(0)
    fresh = "--fresh" in arguments or not isolation.can_fork()
    if arguments[:1] == ["--show"]:
        _show(json.loads(arguments[1]), children.Children(fresh), answers, protocol)
        return
    ready = {"event": protocol.READY, "protocol": protocol.PROTOCOL_VERSION, "probe": protocol.PROBE_VERSION}
    ready.update(facts=versions.collect(tf), isolation="fresh" if fresh else "fork")
    isolation.guard_answers(answers.fileno())
    say = _speaker(answers, isolation.seal)
    say(ready)
    runner = children.Children(fresh, _signs_of_life(say, protocol))
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == protocol.EXIT:
            break
        events = runner.run(request)
        say({"event": protocol.RESULT, "id": request["id"], "events": events})
    runner.close()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])

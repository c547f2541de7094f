"""``python matrix/probe``: reads requests on stdin, one JSON object a line, and answers on stdout.

``--fresh`` runs every request in a fresh interpreter instead of a forked child. ``--child FD`` is such an interpreter, which
answers on that descriptor.
"""

import importlib.util
import json
import os
import sys


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


def main(arguments):
    # TensorFlow prints to stdout at times: the protocol keeps the real one for itself.
    answers = os.fdopen(os.dup(1), "w", 1)
    os.dup2(2, 1)
    _load_package()
    from crossload_probe import children, facts, isolation, protocol

    tf = isolation.prepare_parent()
    if arguments[:1] == ["--child"]:
        isolation.serve(sys.stdin, int(arguments[1]))
        os._exit(0)
    fresh = "--fresh" in arguments or not isolation.can_fork()
    ready = {"event": protocol.READY, "protocol": protocol.PROTOCOL_VERSION, "probe": protocol.PROBE_VERSION}
    ready.update(facts=facts.collect(tf), isolation="fresh" if fresh else "fork")
    answers.write(json.dumps(ready) + "\n")
    runner = children.Children(fresh)
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == protocol.EXIT:
            break
        events = runner.run(request)
        answers.write(json.dumps({"event": protocol.RESULT, "id": request["id"], "events": events}) + "\n")
    runner.close()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])

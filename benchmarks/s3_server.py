"""A real S3 server on this machine, for what reads models from a bucket."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def bucket_of(folder: Path) -> Iterator[dict[str, str]]:
    """Serve a folder as ``s3://fleet/years``; yields the variables that lead there, which are this process's own meanwhile."""
    import s3fs
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    variables = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    before = dict(os.environ)
    os.environ.update(variables)
    try:
        system: Any = s3fs.S3FileSystem(skip_instance_cache=True)
        system.mkdir("fleet")
        system.put(f"{folder}/", "fleet/years/", recursive=True)
        yield variables
    finally:
        os.environ.clear()
        os.environ.update(before)
        server.stop()

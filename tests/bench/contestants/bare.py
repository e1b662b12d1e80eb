"""The limit: an ASGI application that sends the same bytes, read from a file once, and does nothing else."""

import json
import os
from pathlib import Path
from typing import Any

ANSWERS = "BENCH_ANSWERS"

bodies = {path: body.encode() for path, body in json.loads(Path(os.environ[ANSWERS]).read_text()).items()}


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Answer with the bytes of the path."""
    body = bodies[scope["path"]]
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})

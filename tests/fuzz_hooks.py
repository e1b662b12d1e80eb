"""How Schemathesis sends and reads media types that it does not know: NDJSON, and SQLite files."""

from typing import Any

import schemathesis

FILES = ("application/x-ndjson", "application/vnd.sqlite3")

for media_type in FILES:
    schemathesis.serializer.alias(media_type, "application/octet-stream")


@schemathesis.deserializer("application/vnd.sqlite3")
def _read_file(context: Any, response: Any) -> str:
    return "a file"

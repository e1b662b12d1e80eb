"""How Schemathesis sends NDJSON, a media type that it does not know."""

import schemathesis

schemathesis.serializer.alias("application/x-ndjson", "application/octet-stream")

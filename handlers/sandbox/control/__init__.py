"""The control API of the sandbox: one plain function an operation of `control.yaml`, one module a subject.

The current store is the registry. A function calls `registry` and returns a response; a new operation goes into the
module of its subject.
"""

import json
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from handlers.contract.operations import JSON

DONE = {"status": 200}


def respond(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with a JSON body.

    :param value: the body, as data.
    :param status: the HTTP status.
    :param headers: further header fields, by name.
    """
    return Response(json.dumps(value, ensure_ascii=False), status, headers, JSON)

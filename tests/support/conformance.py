"""Holds every answer of the service against the contract."""

from pathlib import Path

import httpx
import schemathesis

BASE_PATH = "/rest/v1.0"
CONTRACT_FILE = Path(__file__).parents[2] / "openapi.yaml"
CONTRACT = schemathesis.openapi.from_path(CONTRACT_FILE)


def check_answer(response: httpx.Response) -> None:
    """Fail if the answer to an operation is none that the contract describes.

    :param response: the answer, not read yet.
    """
    path = response.request.url.path
    if not path.startswith(BASE_PATH):
        return
    operation = CONTRACT.find_operation_by_path(response.request.method, path.removeprefix(BASE_PATH))
    if operation is None:
        return
    response.read()
    documented = operation.definition.raw["responses"]
    assert str(response.status_code) in documented, f"{operation.label} answered {response.status_code}"
    operation.validate_response(response)

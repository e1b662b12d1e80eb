"""The command `freiton coverage`, which says how much of the contract the tests of a connector have met."""

import json
import sys
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote
from urllib.request import urlopen

import click

SECONDS_TO_ANSWER = 30
TOO_LITTLE = 1


@click.command("coverage")
@click.option("--url", required=True, help="Where the sandbox listens, as in http://127.0.0.1:8080.")
@click.option("--world", help="The ID of a world; by default all worlds count, also those that were deleted.")
@click.option("--fail-under", type=click.FloatRange(0, 100), help="End with 1 if the percentage is lower.")
@click.option("--junit", type=click.Path(dir_okay=False, writable=True, path_type=Path), help="A file for JUnit XML.")
def coverage(url: str, world: str | None, fail_under: float | None, junit: Path | None) -> None:
    """Say how much of the contract the requests to a sandbox have met.

    What counts are the statuses, parameters, fields of bodies and values of enumerations of each operation.

    \b
    Example:
      freiton coverage --url http://127.0.0.1:8080 --fail-under 80
    """
    if not url.startswith(("http://", "https://")):
        raise click.UsageError("--url must be an http or https URL")
    of_world = "" if world is None else f"/worlds/{quote(world, safe='')}"
    base = f"{url.rstrip('/')}/sandbox/v1{of_world}/coverage"
    measured = json.loads(_get(base))
    if junit is not None:
        junit.write_bytes(_get(f"{base}/junit"))
    _print(measured)
    if fail_under is not None and measured["percentage"] < fail_under:
        click.echo(f"freiton: the coverage is below {fail_under:g} %", err=True)
        sys.exit(TOO_LITTLE)


def _get(url: str) -> bytes:
    try:
        with urlopen(url, timeout=SECONDS_TO_ANSWER) as answer:
            body: bytes = answer.read()
            return body
    except HTTPError as error:
        with error:
            raise ValueError(f"{url}: {error.code} {_read_reason(error)}") from error


def _read_reason(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read())["error"])
    except (ValueError, KeyError, TypeError):
        return "is there no sandbox?" if error.code == HTTPStatus.NOT_FOUND else error.reason


def _print(measured: Mapping[str, Any]) -> None:
    rows = [(each["operationId"], each) for each in measured["operations"]]
    width = max(len(name) for name, _ in rows)
    for name, each in [*rows, ("all", measured)]:
        never = _list_never(measured["neverMet"], name)
        line = f"{name:{width}}  {each['met']:4} of {each['documented']:4}  {each['percentage']:6.2f} %  {never}"
        click.echo(line.rstrip())


def _list_never(never: Iterable[Mapping[str, Any]], operation: str) -> str:
    statuses = [str(each["status"]) for each in never if each["operationId"] == operation]
    return f"never met: {', '.join(statuses)}" if statuses else ""

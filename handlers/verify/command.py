"""The command `freiton verify`, which compares the answers of a server with the contract."""

import os
import re
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import click

from handlers.contract import document

if TYPE_CHECKING:
    from handlers.verify.survey import Survey

URL = re.compile(r"(https?://[^/?#@\s]+(?:/[^?#@\s]*)?)/([0-9]+)/?")
TOKEN_PATTERN = re.compile(r"[!-~]+")
GROUPS = {False: "Differs from the documented API", True: "Differs in what Freiton adds to it or infers from it"}
# Exit codes.
DIFFERENCES, GAPS = 1, 3


def check_folder(context: click.Context, parameter: click.Parameter, file: Path | None) -> Path | None:
    """Return a file to be written, or None.

    :param context: the context of the command.
    :param parameter: the option.
    :param file: the file; None if the option is not given.
    :raises click.BadParameter: its folder does not exist or is not writable.
    """
    if file is not None and not (file.parent.is_dir() and os.access(file.parent, os.W_OK)):
        raise click.BadParameter(f"{file.parent} is no folder that can be written to")
    return file


@click.command("verify")
@click.option("--url", required=True, help="The base URL of the API with the ClientsID at its end.")
@click.option("--token", required=True, envvar="FREITON_TOKEN", show_envvar=True, help="The bearer token.")
@click.option("--documented", is_flag=True, help="Leave out what Freiton adds to the documented API or infers from it.")
@click.option(
    "--allow-writes", is_flag=True, help="Also create an event, and clone a campaign, fill the clone and delete it."
)
@click.option(
    "--junit",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    callback=check_folder,
    help="A file for JUnit XML.",
)
@click.option(
    "--max-examples",
    type=click.IntRange(0),
    default=10,
    show_default=True,
    help="The most requests that Schemathesis generates for each operation.",
)
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True, help="The seed of these requests.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    default=30,
    show_default=True,
    help="Seconds to wait for an answer.",
)
@click.option(
    "--rate-limit",
    type=click.FloatRange(0, min_open=True),
    default=10,
    show_default=True,
    help="The most requests a second.",
)
def verify(
    url: str,
    token: str,
    documented: bool,
    allow_writes: bool,
    junit: Path | None,
    max_examples: int,
    seed: int,
    timeout: float,
    rate_limit: float,
) -> None:
    """Compare the answers of a server of this API with the contract, and list the differences.

    Requests are sent one after the other and change nothing, unless --allow-writes is given. The exit code is 0 if
    there is no difference, 1 if there are some, and 3 if there is none but some operations could not be checked
    because the server has no records for them.

    \b
    Example:
      freiton verify --url http://127.0.0.1:8080/rest/v1.0/1 --documented
    """
    place = URL.fullmatch(url)
    if place is None:
        raise click.UsageError("--url must be an http or https URL with a ClientsID at its end, as in …/rest/v1.0/1")
    if not TOKEN_PATTERN.fullmatch(token):
        raise click.UsageError("--token must be printable ASCII characters without spaces")
    if find_spec("schemathesis") is None:
        raise click.UsageError("verify needs Schemathesis: pip install 'freiton[verify]'")
    from handlers.verify.client import Client
    from handlers.verify.survey import Survey

    client = Client(place[1], token, timeout, rate_limit)
    survey = Survey(document.read(), client, int(place[2]), documented=documented, writes=allow_writes)
    _survey(survey, max_examples, seed)
    _print(survey)
    if junit:
        _write_junit(survey, junit)
    sys.exit(DIFFERENCES if survey.differences else GAPS if survey.gaps else 0)


def _survey(survey: "Survey", max_examples: int, seed: int) -> None:
    from handlers.verify import probes, writes

    survey.client.check(survey.clients_id)
    with tempfile.TemporaryDirectory() as folder:
        # Otherwise Hypothesis creates a cache folder in the working directory.
        os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", folder)
        probes.read_existing(survey)
        probes.ask_for_refusals(survey)
        probes.ask_for_additions(survey)
        probes.ask_generated(survey, max_examples, seed)
    if survey.writes:
        writes.write(survey)


def _print(survey: "Survey") -> None:
    for added, title in GROUPS.items():
        found = [each for each in survey.differences.values() if each.added is added]
        order = list(dict.fromkeys(each.operation for each in found))
        differences = sorted(found, key=lambda each: order.index(each.operation))
        if differences:
            click.echo(f"{title}:")
        for difference in differences:
            click.echo(f"  {difference.operation}: {difference.text}\n    {difference.command}")
    for label, gap in survey.gaps.items():
        click.echo(f"{label}: {gap}")
    total = _count(len(survey.differences), "difference")
    gaps = f", {_count(len(survey.gaps), 'operation')} not checked" if survey.gaps else ""
    click.echo(f"{total} in {survey.client.count} requests{gaps}")


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def _write_junit(survey: "Survey", file: Path) -> None:
    differences = list(survey.differences.values())
    labels = dict.fromkeys([*(each.label for each in survey.wanted), *(each.operation for each in differences)])
    suite = ElementTree.Element("testsuite", name="freiton verify")
    for added, title in GROUPS.items():
        for label in labels:
            case = ElementTree.SubElement(suite, "testcase", classname=title, name=label)
            found = [each for each in differences if (each.added, each.operation) == (added, label)]
            for each in found:
                ElementTree.SubElement(case, "failure", message=each.text).text = each.command
            if not found and label in survey.gaps:
                ElementTree.SubElement(case, "skipped", message=survey.gaps[label])
    counts = {"failures": "testcase/failure[1]", "skipped": "testcase/skipped"}
    suite.attrib |= {"tests": str(len(suite))} | {name: str(len(suite.findall(path))) for name, path in counts.items()}
    ElementTree.ElementTree(suite).write(file, "utf-8", xml_declaration=True)

"""The operations on the coverage of the contract."""

from collections.abc import Iterator
from xml.etree import ElementTree

from starlette.responses import Response

from handlers.contract.operations import Operation
from handlers.sandbox.control import respond
from handlers.sandbox.coverage import list_items, measure
from handlers.sandbox.documented import compile_routes
from handlers.sandbox.registry import coverage, worlds
from handlers.sandbox.registry.coverage import Counts

XML = "text/xml"


def get_coverage() -> Response:
    """Return what all worlds have met of the contract (contract: getCoverage).

    Worlds that were deleted count too.
    """
    return respond(measure(coverage.count(), compile_routes().operations))


def get_world_coverage(world: str) -> Response:
    """Return what a world has met of the contract (contract: getWorldCoverage).

    :param world: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    worlds.find(world)
    return respond(measure(coverage.count(world), compile_routes().operations))


def export_coverage() -> Response:
    """Return what all worlds have met of the contract as JUnit XML (contract: exportCoverage)."""
    return _render_junit(coverage.count())


def export_world_coverage(world: str) -> Response:
    """Return what a world has met of the contract as JUnit XML (contract: exportWorldCoverage).

    :param world: ID of the world.
    :raises store.NotFound: there is no such world.
    """
    worlds.find(world)
    return _render_junit(coverage.count(world))


def _render_junit(counts: Counts) -> Response:
    suite = ElementTree.Element("testsuite", name="freiton coverage", failures="0", errors="0")
    suite.extend(case for operation in compile_routes().operations for case in _list_cases(operation, counts))
    skipped = len(suite.findall("testcase/skipped"))
    suite.attrib |= {"tests": str(len(suite)), "skipped": str(skipped)}
    return Response(ElementTree.tostring(suite, "utf-8", xml_declaration=True), media_type=XML)


def _list_cases(operation: Operation, counts: Counts) -> Iterator[ElementTree.Element]:
    for place, value in list_items(operation):
        case = ElementTree.Element("testcase", classname=operation.identity, name=f"{place} {value}".strip())
        if (operation.identity, place, value) not in counts:
            ElementTree.SubElement(case, "skipped", message="never met")
        yield case

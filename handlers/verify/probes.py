"""What `freiton verify` asks: for what is there, for what is not, and what Schemathesis makes up."""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import Case

from handlers.verify.client import read_json, read_records
from handlers.verify.survey import ADDED, Operation, Survey, Values
from handlers.verify.words import Finding

UNKNOWN_ID = 2147483647
WRONG_TOKEN = "freiton-verify"
PAGE_SIZES = (1, 2, 100)
# No generator writes expressions that are valid.
FILTERS = ("", "ID ge 1 and not (ID in (98, 500, 106))")

Records = list[Mapping[str, Any]]


def read_what_is_there(survey: Survey) -> None:
    """Ask for all lists, then along the contract's links for what they have."""
    # What a link narrows down is not asked for as a whole: there may be millions of contacts.
    narrowed = {
        link["operationId"]
        for operation in survey.reads
        for link in operation.links
        if link["parameters"].keys() - {"ClientsID"}
    }
    todo: deque[tuple[Operation, Values, Any]] = deque(
        (operation, {}, None)
        for operation in survey.reads
        if operation.required == {"ClientsID"} and operation.name not in narrowed
    )
    while todo:
        operation, values, body = todo.popleft()
        reason = " for what a list has" if values else ""
        response = survey.ask(operation, values, {200}, reason, body=body)
        if response is not None:
            operation.reached.append(values)
            records = read_records(read_json(response))
            _compare(survey, operation, values, records, response)
            todo.extend(_follow(survey, operation, values, records))


def _compare(survey: Survey, operation: Operation, values: Values, records: Records, response: httpx.Response) -> None:
    """Note a record that is none of those that were asked for."""
    for name in operation.ids:
        others = [record.get(name, record.get("ID")) for record in records]
        if others := [other for other in others if isinstance(other, int) and str(other) != str(values[name])]:
            text = f"has a record of {name} {others[0]}, and was asked for {values[name]}"
            survey.note(operation.label, Finding("other record", text), response.request, added=operation.is_inferred)


def _follow(
    survey: Survey, operation: Operation, values: Values, records: Records
) -> Iterator[tuple[Operation, Values, Any]]:
    """Give the requests that the records of an answer lead to."""
    ends = [records[0], records[-1]] if records else []
    for link in operation.links:
        target = survey.operations[link["operationId"]]
        for record in ends if target.is_safe else ():
            found = {name: _evaluate(value, values, record) for name, value in link["parameters"].items()}
            del found["ClientsID"]
            if found and all(map(_can_be_sent, found.values())):
                yield target, found, None
    # No link leads to the reading POST: its lists are filled with what the list of the same path has.
    for target in survey.reads:
        if ends and target.content and target.path == operation.path:
            fields = target.resolve(target.content["schema"])["properties"]
            known = {name: [record.get(name.removesuffix("List")) for record in ends] for name in fields}
            body = {name: list(filter(_can_be_sent, values)) for name, values in known.items()}
            yield target, _without(target.examples, "ClientsID"), body


def _can_be_sent(value: Any) -> bool:
    """Return whether a value of a record, which may be anything, can be that of a parameter."""
    return isinstance(value, int) or (isinstance(value, str) and value.isprintable() and value != "")


def _evaluate(value: Any, values: Values, record: Mapping[str, Any]) -> Any:
    """Return what a link says of a parameter: a value, or an expression on the request or a record of the answer."""
    if isinstance(value, str) and value.startswith("$request.path."):
        return values.get(value.rpartition(".")[2])
    if isinstance(value, str) and value.startswith("$response.body#/records/0/"):
        return record.get(value.rpartition("/")[2])
    return value


def ask_for_what_is_not(survey: Survey) -> None:
    """Ask as one must not, and for what there is not."""
    survey.ask_for_nothing()
    for operation in survey.reads:
        known = operation.reached[0] if operation.reached else operation.examples
        values = {**known, "ClientsID": survey.clients_id}
        case = operation.make_case(values)
        survey.send(operation, case, {401}, " without a token", token=None)
        survey.send(operation, case, {401}, " with a wrong token", token=WRONG_TOKEN)
        other = operation.make_case({**values, "ClientsID": UNKNOWN_ID})
        survey.send(operation, other, {401}, " for another client account")
        for name in operation.ids:
            survey.ask(operation, {**values, name: UNKNOWN_ID}, {404}, " for an ID that there is not")
            case = operation.make_case({**values, name: "abc"})
            survey.send(operation, case, {400}, " for an ID that is no number", added=True)
        for name in sorted(operation.required - operation.ids - {"ClientsID"}):
            survey.ask(operation, _without(values, name), {400}, f" without {name}")
        case = operation.make_case({**values, "colour": "red"})
        survey.send(operation, case, {400}, " with an unknown parameter", added=True)


def ask_for_what_is_added(survey: Survey) -> None:
    """Ask for pages, and for answers that the client has already."""
    for operation in survey.reads:
        for values in operation.reached[:1]:
            if "If-None-Match" in operation.parameters:
                survey.ask(operation, values, {304}, " for If-None-Match: *", headers={"If-None-Match": "*"})
            if "limitPageSize" in operation.parameters:
                response = survey.ask(operation, {**values, "limitPageSize": 1}, {200}, " for a page")
                records = [] if response is None else read_records(read_json(response))
                if response is not None and len(records) > 1:
                    finding = Finding("page", f"has {len(records)} records on a page of 1")
                    survey.note(operation.label, finding, response.request, added=True)


def ask_what_is_made_up(survey: Survey, most: int, number: int) -> None:
    """Ask each operation what Schemathesis makes up of valid requests.

    :param most: how many requests an operation at most.
    :param number: the seed of its random numbers.
    """
    for operation in survey.reads:
        cases = [case for values in operation.reached for case in _make_strategies(survey, operation, values)]
        if cases and most:
            _run(survey, operation, st.one_of(cases), most, number)


def _make_strategies(survey: Survey, operation: Operation, values: Values) -> list[st.SearchStrategy[Case[Any]]]:
    path = {"ClientsID": survey.clients_id, **{name: values[name] for name in operation.ids}}
    # What is optional and came by a link narrows the answer down, and so do pages.
    query = {name: value for name, value in values.items() if name not in operation.required}
    pages: list[Values] = [{}]
    if "filter" in operation.parameters:
        pages = [{"limitPageSize": size, "filter": text} for size in PAGE_SIZES for text in FILTERS]
    return [operation.ask.as_strategy(path_parameters=path, query={**query, **page}) for page in pages]


def _run(survey: Survey, operation: Operation, cases: st.SearchStrategy[Case[Any]], most: int, number: int) -> None:
    @seed(number)
    @settings(
        max_examples=most,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def send(case: Case[Any]) -> None:
        # Tags and cursors that are made up say nothing.
        case.headers.clear()
        left_out = ADDED if survey.documented else {"cursor"}
        case.query = {name: value for name, value in case.query.items() if name not in left_out}
        survey.send(operation, case)

    send()


def _without(values: Values, name: str) -> Values:
    return {key: value for key, value in values.items() if key != name}

"""A client that has an answer already is told so: each read has a tag, and 304 without a body for whoever knows it."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.support.conformance import BASE_PATH
from tests.support.databases import copy
from tests.support.examples import Case, Request, find_cases
from tests.support.files import ADD_GROUPS, execute
from tests.support.provocations import PROVOCATIONS
from tests.support.raw import SECONDS_TO_ANSWER
from tests.support.service import Service
from tests.support.snapshots import keep_snapshot, restore_snapshot

pytestmark = pytest.mark.uncovered


def is_provoked(case: Case) -> bool:
    """Tell whether a request alone can get the answer, whatever the state of the service."""
    return case.status != 200 and PROVOCATIONS[case.component, case.name].service == "untouched"


READS = [case for case in find_cases() if case.is_get and case.status == 200]
CASES = [case for case in find_cases() if case.status == 200 or is_provoked(case)]
WRITES = [case for case in CASES if not case.is_get and case.status == 200]
ERRORS = [case for case in CASES if case.status != 200]
# By the first of its examples.
OPERATIONS = {case.operation: case.request for case in reversed(READS)}
OTHER = '"00000000000000000000000000000000"'
TAG_CHARACTERS = set("0123456789abcdef")
KEPT, NOT_KEPT = "private, no-cache", "no-store"
DESCRIBES_BODY = ("Content-Length", "Content-Type", "Transfer-Encoding")
# How a client may say that it has the answer (RFC 9110, section 13.1.2: compared weakly).
KNOWN = [
    "{}",
    "W/{}",
    "*",
    f"{OTHER}, {{}}",
    f"{{}},{OTHER}",
    f'{OTHER} ,\t W/{{}} , ""',
    f", ,{OTHER},,{{}},",
    '"a,b", "", "!#~\xff",\t,{}',
]
# Lists without the tag, and what is no list (RFC 9110, section 8.8.3).
UNKNOWN = [
    *(OTHER, f"W/{OTHER}", f"{OTHER}, {OTHER}", '""', '"*"', '"a,*,b"', "", ","),
    *("garbage", "W/", "w/{}", "{}x", "W/W/x", "W/*", "**", "*, *", f"W/{OTHER}, *", "*, {}", "garbage, {}"),
    *("W/ {}", "{}{}", "{} {}", "{};q=1", '"a b", {}', '"a,{},b"', "'{}'"),
]
# What changes the answer to each read of something that can change.
CHANGES = {
    "AcdEvents": "update AcdEvents set Subject = Subject || '!'",
    "AcdGroups": "update AcdGroups set ServiceLevelSeconds = ServiceLevelSeconds + 1",
    "DiallerCampaigns": "update DiallerCampaigns set UserData = coalesce(UserData, '') || '!'",
    "DiallerCampaignsResultCodes": "update DiallerCampaignsResultCodes set ExportKey = coalesce(ExportKey, '') || '!'",
    "DiallerContacts": "update DiallerContacts set City = coalesce(City, '') || '!'",
    "ServiceNumbers": "update ServiceNumbers set Name2 = coalesce(Name2, '') || '!'",
    "CockpitVariables": "update CockpitVariables set CounterDay = CounterDay + 1",
    "RoutingApplications": "update RoutingApplications set TestCLI = coalesce(TestCLI, '') || '1'",
    "NetworkIVRLists": "update NetworkIVRLists set Name = Name || '!'",
    "NetworkIVRListsEntries": "update NetworkIVRListsEntries set Name = Name || '!'",
    "Calls": "update Calls set CallerID = coalesce(CallerID, '') || '1'",
    "Users": "update Users set TelActive = coalesce(TelActive, '') || '1'",
}
CHANGED_BY = {
    "listAcdEvents": "AcdEvents",
    "getAcdEvent": "AcdEvents",
    "listAcdGroups": "AcdGroups",
    "getAcdGroup": "AcdGroups",
    "findAcdGroups": "AcdGroups",
    "listDiallerCampaigns": "DiallerCampaigns",
    "getDiallerCampaign": "DiallerCampaigns",
    "findDiallerCampaigns": "DiallerCampaigns",
    "listDiallerResultCodes": "DiallerCampaignsResultCodes",
    "listDiallerContacts": "DiallerContacts",
    "getDiallerContact": "DiallerContacts",
    "findDiallerContacts": "DiallerContacts",
    "listServiceNumbers": "ServiceNumbers",
    "getServiceNumber": "ServiceNumbers",
    "listCockpitVariables": "CockpitVariables",
    "getCockpitVariable": "CockpitVariables",
    "listRoutingApplications": "RoutingApplications",
    "listNetworkIvrLists": "NetworkIVRLists",
    "listNetworkIvrListEntries": "NetworkIVRListsEntries",
    "listCalls": "Calls",
    "listUsers": "Users",
    "getUser": "Users",
}

each_case = pytest.mark.parametrize("case", READS, ids=str)
each_operation = pytest.mark.parametrize("operation", OPERATIONS)


@pytest.fixture(scope="module")
def other(sound: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A server with the same data as the demo, with two workers."""
    database = copy(sound, tmp_path_factory.mktemp("other") / "freiton.db")
    with Service(database, "--demo", "--workers", "2") as service:
        yield service


@pytest.fixture(scope="module")
def slow_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server without the fast path."""
    with Service(tmp_path_factory.mktemp("slow") / "freiton.db", "--demo", "--no-fast") as service:
        yield service


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server whose data changes."""
    with Service(tmp_path_factory.mktemp("changing") / "freiton.db", "--demo") as service:
        yield service


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server that the examples write to, each after the demo was restored."""
    with Service(tmp_path_factory.mktemp("written") / "freiton.db", "--demo") as service:
        keep_snapshot(service.database, service.database.with_name("backup.db"))
        yield service


def ask(service: Service, request: Request, known: str | None = None) -> httpx.Response:
    """Return the answer to a request of a client that has some answers, or none; held against the contract."""
    headers = request.headers if known is None else {**request.headers, "If-None-Match": known}
    return replace(request, headers=headers).send(service)


def ask_at_once(service: Service, request: Request, *known: str, method: str = "GET") -> httpx.Response:
    """Return the answer to a read without a look at the contract, which takes far longer than the answer.

    :param known: the values of `If-None-Match`, each in a field of its own.
    """
    url = service.url + BASE_PATH + request.template.format(**request.path)
    fields = [*request.headers.items(), *(("If-None-Match", value) for value in known)]
    headers = httpx.Headers([(name.encode(), value.encode("latin-1")) for name, value in fields])
    return httpx.request(method, url, params=request.query, headers=headers, verify=False, timeout=SECONDS_TO_ANSWER)


def read_tag(answer: httpx.Response) -> str:
    """Return the tag of an answer, which has one."""
    (tag,) = answer.headers.get_list("ETag")
    assert tag[0] == tag[-1] == '"'
    assert set(tag[1:-1]) <= TAG_CHARACTERS
    assert len(tag) == 34
    return tag


def assert_not_modified(answer: httpx.Response, tag: str) -> None:
    """Fail unless a client is told that it has the answer, and nothing of a body that is not sent."""
    assert (answer.status_code, answer.content, read_tag(answer)) == (304, b"", tag)
    assert answer.headers["Cache-Control"] == KEPT
    assert [name for name in DESCRIBES_BODY if name in answer.headers] == []


def test_list_operations_gives_every_get() -> None:
    assert len(OPERATIONS) == 24


@each_case
def test_read_twice_gives_same_tag_by_every_worker(own_demo: Service, other: Service, case: Case) -> None:
    answers = [ask(service, case.request) for service in (own_demo, own_demo, *[other] * 4)]
    assert len({read_tag(answer) for answer in answers}) == 1
    assert {answer.headers["Cache-Control"] for answer in answers} == {KEPT}
    assert len({answer.content for answer in answers}) == 1


def test_read_different_answers_gives_each_its_own_tag(own_demo: Service) -> None:
    answers = [ask(own_demo, case.request) for case in READS]
    assert len({read_tag(answer) for answer in answers}) == len({answer.content for answer in answers}) > 14


def test_restart_keeps_tags(sound: Path, tmp_path: Path, own_demo: Service) -> None:
    database = copy(sound, tmp_path / "freiton.db")
    with Service(database, "--demo") as service:
        tags = {name: read_tag(ask(service, request)) for name, request in OPERATIONS.items()}
    with Service(database, "--demo", "--no-fast") as service:
        for name, request in OPERATIONS.items():
            assert_not_modified(ask(service, request, tags[name]), tags[name])
    assert tags == {name: read_tag(ask(own_demo, request)) for name, request in OPERATIONS.items()}


@each_case
def test_send_tag_back_is_not_modified_also_when_repeated(own_demo: Service, case: Case) -> None:
    answer = ask(own_demo, case.request)
    tag = read_tag(answer)
    for _ in range(3):
        repeated = ask(own_demo, case.request, tag)
        assert_not_modified(repeated, tag)
        assert repeated.headers.get("Link") == answer.headers.get("Link")
        assert repeated.headers.get("X-Total-Count") == answer.headers.get("X-Total-Count")
    assert ask(own_demo, case.request).content == answer.content


@each_operation
@pytest.mark.parametrize("path", ["own_demo", "slow_demo"])
def test_send_known_tag_in_any_spelling_is_not_modified(
    path: str, operation: str, request: pytest.FixtureRequest
) -> None:
    service, read = request.getfixturevalue(path), OPERATIONS[operation]
    tag = read_tag(ask_at_once(service, read))
    for known in KNOWN:
        assert_not_modified(ask_at_once(service, read, known.format(tag)), tag)
    assert_not_modified(ask_at_once(service, read, OTHER, tag), tag)


@each_operation
@pytest.mark.parametrize("path", ["own_demo", "slow_demo"])
def test_send_other_tags_gives_whole_answer(path: str, operation: str, request: pytest.FixtureRequest) -> None:
    service, read = request.getfixturevalue(path), OPERATIONS[operation]
    answer = ask_at_once(service, read)
    for known in UNKNOWN:
        again = ask_at_once(service, read, known.format(*[read_tag(answer)] * 2))
        assert (again.status_code, again.content, read_tag(again)) == (200, answer.content, read_tag(answer)), known


@each_operation
def test_send_too_long_if_none_match_is_refused(own_demo: Service, operation: str) -> None:
    request = OPERATIONS[operation]
    tag = read_tag(ask(own_demo, request))
    assert_not_modified(ask(own_demo, request, f"{tag}{',' * (1024 - len(tag))}"), tag)
    refusal = ask(own_demo, request, f"{tag}{',' * (1025 - len(tag))}")
    assert refusal.json() == {"status": 400, "error": "If-None-Match: must have at most 1024 characters"}
    assert refusal.headers["X-Error-Pointer"] == "#/header/If-None-Match"
    assert ("ETag" in refusal.headers, refusal.headers["Cache-Control"]) == (False, NOT_KEPT)


@each_operation
def test_head_gives_tag_and_not_modified(own_demo: Service, operation: str) -> None:
    request = OPERATIONS[operation]
    answer = ask_at_once(own_demo, request)
    head = ask_at_once(own_demo, request, method="HEAD")
    assert (head.status_code, read_tag(head), head.content) == (200, read_tag(answer), b"")
    assert head.headers["Content-Length"] == str(len(answer.content))
    assert_not_modified(ask_at_once(own_demo, request, read_tag(answer), method="HEAD"), read_tag(answer))


@pytest.mark.parametrize("operation", CHANGED_BY)
def test_change_gives_whole_answer_with_another_tag(changing: Service, operation: str) -> None:
    request = OPERATIONS[operation]
    before = ask(changing, request)
    assert_not_modified(ask(changing, request, read_tag(before)), read_tag(before))
    execute(changing.database, [CHANGES[CHANGED_BY[operation]]])
    after = ask(changing, request, read_tag(before))
    assert after.status_code == 200
    assert after.content != before.content
    assert read_tag(after) != read_tag(before)
    assert_not_modified(ask(changing, request, read_tag(after)), read_tag(after))


def test_change_back_gives_the_first_tag_again(changing: Service) -> None:
    request = OPERATIONS["listDiallerCampaigns"]
    first = read_tag(ask(changing, request))
    with changing.client() as api:
        api.post("/dialler/campaigns/clone", json={"source": "Campaign 1000", "destination": "For a while"})
        assert ask(changing, request, first).status_code == 200
        api.delete("/dialler/campaigns/campaign", params={"name": "For a while"})
    assert_not_modified(ask(changing, request, first), first)


@pytest.mark.parametrize("case", ERRORS, ids=str)
def test_error_has_no_tag_and_is_not_to_be_kept(own_demo: Service, case: Case) -> None:
    provoking = deepcopy(case.request)
    PROVOCATIONS[case.component, case.name].change(provoking)
    answer = ask(own_demo, provoking, "*" if case.is_get else None)
    assert answer.status_code == case.status
    assert ("ETag" in answer.headers, answer.headers["Cache-Control"]) == (False, NOT_KEPT)


@pytest.mark.parametrize("case", WRITES, ids=str)
def test_write_has_no_tag(written: Service, case: Case) -> None:
    restore_snapshot(written.database, written.database.with_name("backup.db"))
    answer = ask(written, case.request)
    assert answer.status_code == 200
    assert ("ETag" in answer.headers, answer.headers["Cache-Control"]) == (False, NOT_KEPT)


@pytest.mark.parametrize("path", ["/health/live", "/health/ready", "/openapi.json", "/docs"])
def test_read_beside_api_has_no_tag(own_demo: Service, path: str) -> None:
    answer = httpx.get(own_demo.url + path, headers={"If-None-Match": "*"}, timeout=SECONDS_TO_ANSWER)
    assert (answer.status_code, "ETag" in answer.headers, answer.headers["Cache-Control"]) == (200, False, NOT_KEPT)


def test_list_that_is_sent_while_it_is_read_has_no_tag(fresh_demo: Service) -> None:
    request = replace(OPERATIONS["listAcdGroups"], query={})
    execute(fresh_demo.database, [ADD_GROUPS.format(960, "")])
    assert read_tag(ask(fresh_demo, request))
    execute(fresh_demo.database, [ADD_GROUPS.format(1, "")])
    for method in ("GET", "GET", "HEAD"):
        answer = ask_at_once(fresh_demo, request, "*", method=method)
        assert answer.status_code == 200
        assert ("ETag" in answer.headers, answer.headers["Cache-Control"]) == (False, NOT_KEPT)


def test_change_any_record_of_a_list_changes_the_tag(fresh_demo: Service) -> None:
    with fresh_demo.client() as api:
        before = api.get("/acd/groups")
        tags = {before.headers["ETag"]}
        groups = before.json()["records"]
        for group in groups:
            execute(fresh_demo.database, [f"update AcdGroups set ServiceLevelSeconds = 77 where ID = {group['ID']}"])
            after = api.get("/acd/groups")
            tags.add(after.headers["ETag"])
        assert len(after.content) > 8 * 1024
    assert len(tags) == len(groups) + 1

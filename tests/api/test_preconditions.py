"""A write that is meant for a record as it was read changes no other: If-Match and If-None-Match (RFC 9110, 13)."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from typing import Any, NamedTuple

import httpx
import pytest

from tests.support.examples import ACTIONS, CONTRACT
from tests.support.operations import OPERATIONS
from tests.support.service import Service

CONTACTS, CAMPAIGNS = "/dialler/contacts", "/dialler/campaigns"
IMPORT, CLONE = f"{CONTACTS}/import", f"{CAMPAIGNS}/clone"
MATCH, NONE_MATCH = "If-Match", "If-None-Match"
OTHER = '"00000000000000000000000000000000"'
ERRORS = {MATCH: "is not an ETag that the record has now", NONE_MATCH: "fits the record that is there"}
UNQUOTED = "2d06800538d394c22d06800538d394c2"  # pragma: allowlist secret
NO_LISTS = ["", ",", "garbage", UNQUOTED, "W/*", '*, "a"', "{}{}", '"a" b', "W/ {}"]
NUMBERS = count()

Fields = list[tuple[str, str]]


class Target(NamedTuple):
    """A record, and a write that changes it.

    :param method: the method of the write.
    :param path: its path.
    :param reads: path and parameters of each read that gives an ETag for it.
    :param params: its query parameters.
    :param body: its body.
    """

    method: str
    path: str
    reads: list[tuple[str, dict[str, Any]]]
    params: dict[str, Any] | None = None
    body: dict[str, Any] | None = None

    def write(self, api: httpx.Client, *fields: tuple[str, str]) -> httpx.Response:
        """Send the write, with some header fields."""
        return api.request(self.method, self.path, params=self.params, json=self.body, headers=[*fields])

    def read(self, api: httpx.Client) -> list[httpx.Response]:
        """Return the answers to the reads."""
        return [api.get(path, params=params) for path, params in self.reads]

    def read_tags(self, api: httpx.Client) -> list[str]:
        """Return the entity tags that the record has."""
        return [answer.headers["ETag"] for answer in self.read(api)]


def make_contact(**fields: Any) -> dict[str, Any]:
    """Return a contact to be imported, with user data of its own unless it is given some."""
    return {"DiallerCampaignsID": 538, "Name": "A", "PhoneNumber1": "+49", "UserData": f"P{next(NUMBERS)}", **fields}


def add_contact(api: httpx.Client, **fields: Any) -> tuple[int, str]:
    """Import a contact, and return its ID and user data."""
    (record,) = api.post(IMPORT, json=make_contact(**fields)).json()["records"]
    return record["ID"], record["UserData"]


def add_campaigns(api: httpx.Client) -> tuple[int, str]:
    """Clone two campaigns, and return the ID of the first and its name, which that of the second contains."""
    name = f"Precondition {next(NUMBERS)}."
    for destination in (f"{name}1", name):
        answer = api.post(CLONE, json={"source": "Campaign 1000", "destination": destination})
    return answer.json()["records"][0]["ID"], name


def by_id(method: str, path: str) -> Callable[[httpx.Client], Target]:
    """Return what makes a contact for a write that names it by its ID."""

    def make(api: httpx.Client) -> Target:
        number, _ = add_contact(api)
        return Target(method, f"{CONTACTS}/contact/{number}{path}", [(f"{CONTACTS}/{number}", {})])

    return make


def by_user_data(api: httpx.Client) -> Target:
    """Make a contact for a deletion by user data that another one has too."""
    number, user_data = add_contact(api)
    add_contact(api, UserData=user_data)
    params = {"userData": user_data}
    return Target(
        "DELETE", f"{CONTACTS}/contact", [(f"{CONTACTS}/{number}", {}), (f"{CONTACTS}/contact", params)], params
    )


def by_import(api: httpx.Client) -> Target:
    """Make a contact to be overwritten, with a contact of another campaign that has the same user data."""
    number, user_data = add_contact(api)
    add_contact(api, UserData=user_data, DiallerCampaignsID=535)
    reads = [(f"{CONTACTS}/{number}", {}), (f"{CONTACTS}/contact", {"userData": user_data})]
    return Target("POST", IMPORT, reads, {"overwriteDuplicates": True}, make_contact(UserData=user_data, Name="B"))


def by_campaign_id(api: httpx.Client) -> Target:
    """Make a campaign for a deletion by its ID."""
    number, _ = add_campaigns(api)
    return Target("DELETE", f"{CAMPAIGNS}/campaign/{number}", [(f"{CAMPAIGNS}/{number}", {})])


def by_campaign_name(api: httpx.Client) -> Target:
    """Make a campaign for a deletion by its name."""
    number, name = add_campaigns(api)
    params = {"name": name}
    return Target(
        "DELETE", f"{CAMPAIGNS}/campaign", [(f"{CAMPAIGNS}/{number}", {}), (f"{CAMPAIGNS}/campaign", params)], params
    )


def by_new_value(api: httpx.Client) -> Target:
    """Choose a value that a cockpit variable does not have."""
    path = "/cockpitVariables/cockpitVariable/190"
    return Target("PATCH", f"{path}/setValue", [(path, {})], {"value": 1_000 + next(NUMBERS)})


WRITES = {
    "deleteDiallerContact": by_id("DELETE", ""),
    "deleteDiallerContactByUserData": by_user_data,
    "lockDiallerContact": by_id("POST", "/lock"),
    "unlockDiallerContact": by_id("DELETE", "/lock"),
    "importDiallerContact": by_import,
    "deleteDiallerCampaign": by_campaign_id,
    "deleteDiallerCampaignByName": by_campaign_name,
    "setCockpitVariableValue": by_new_value,
}
# Without a record an import adds one, and of a variable it is said by a result.
WITHOUT_404 = ("importDiallerContact", "setCockpitVariableValue")
CONTRACTED = {
    operation["operationId"]: (method.upper(), operation["responses"])
    for item in CONTRACT["paths"].values()
    for method, operation in item.items()
}
OTHERS = [
    name for name, (method, _) in CONTRACTED.items() if (method != "GET" or name in ACTIONS) and name not in WRITES
]

each_write = pytest.mark.parametrize("make", WRITES.values(), ids=WRITES)


@pytest.fixture(scope="module", params=["fast", "--no-fast"])
def service(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server that the tests write to."""
    options = [request.param] if request.param.startswith("--") else []
    with Service(tmp_path_factory.mktemp("preconditions") / "freiton.db", "--demo", *options) as service:
        yield service


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A demo server of two processes."""
    with Service(tmp_path_factory.mktemp("workers") / "freiton.db", "--demo", "--workers", "2") as service:
        yield service


@pytest.fixture
def api(service: Service) -> Iterator[httpx.Client]:
    """Client 1 of the server."""
    with service.client() as client:
        yield client


def assert_failed(answer: httpx.Response, name: str) -> None:
    """Fail unless a write was refused because of a header field."""
    assert answer.json() == {"status": 412, "error": f"{name}: {ERRORS[name]}"}
    assert (answer.status_code, answer.headers["X-Error-Pointer"]) == (412, f"#/header/{name}")
    assert ("ETag" in answer.headers, answer.headers["Cache-Control"]) == (False, "no-store")


def test_operations_that_take_preconditions_have_412_in_the_contract() -> None:
    assert {name for name, (_, responses) in CONTRACTED.items() if "412" in responses} == WRITES.keys()


@each_write
def test_write_with_stale_tag_changes_nothing(api: httpx.Client, make: Callable[[httpx.Client], Target]) -> None:
    target = make(api)
    before = [answer.content for answer in target.read(api)]
    for stale in (OTHER, f"{OTHER},{OTHER}", '""'):
        assert_failed(target.write(api, (MATCH, stale)), MATCH)
    for tag in target.read_tags(api):
        # A weak tag does not say that the record is the same to the byte.
        assert_failed(target.write(api, (MATCH, f"W/{tag}")), MATCH)
    assert [answer.content for answer in target.read(api)] == before


@each_write
def test_write_with_each_current_tag_is_done(api: httpx.Client, make: Callable[[httpx.Client], Target]) -> None:
    for index in range(len(make(api).reads)):
        target = make(api)
        tag = target.read_tags(api)[index]
        assert target.write(api, (MATCH, tag)).status_code == 200
    for fields in ([(MATCH, "*")], [(MATCH, f'{OTHER} , W/"a",\t{{}}')], [(MATCH, OTHER), (MATCH, "{}")]):
        target = make(api)
        (tag, *_) = target.read_tags(api)
        assert target.write(api, *((name, value.format(tag)) for name, value in fields)).status_code == 200


@each_write
def test_write_if_record_is_not_there_or_not_this_one(
    api: httpx.Client, make: Callable[[httpx.Client], Target]
) -> None:
    target = make(api)
    before = [answer.content for answer in target.read(api)]
    assert_failed(target.write(api, (NONE_MATCH, "*")), NONE_MATCH)
    for tag in target.read_tags(api):
        for known in (tag, f"W/{tag}", f"{OTHER}, {tag}"):
            assert_failed(target.write(api, (NONE_MATCH, known)), NONE_MATCH)
    assert [answer.content for answer in target.read(api)] == before
    assert target.write(api, (NONE_MATCH, f'{OTHER}, W/"a"')).status_code == 200


@each_write
def test_write_with_both_fields_obeys_if_match_first(api: httpx.Client, make: Callable[[httpx.Client], Target]) -> None:
    target = make(api)
    (tag, *_) = target.read_tags(api)
    assert_failed(target.write(api, (MATCH, OTHER), (NONE_MATCH, tag)), MATCH)
    assert_failed(target.write(api, (MATCH, tag), (NONE_MATCH, tag)), NONE_MATCH)
    assert target.write(api, (MATCH, tag), (NONE_MATCH, OTHER)).status_code == 200


@each_write
@pytest.mark.parametrize("name", [MATCH, NONE_MATCH])
def test_write_with_no_list_of_tags_is_refused(
    api: httpx.Client, make: Callable[[httpx.Client], Target], name: str
) -> None:
    target = make(api)
    before = target.read_tags(api)
    for value in NO_LISTS:
        answer = target.write(api, (name, value.format(*before * 2)))
        assert answer.json() == {"status": 400, "error": f"{name}: must be * or entity tags in double quotes"}, value
        assert answer.headers["X-Error-Pointer"] == f"#/header/{name}"
    assert target.read_tags(api) == before


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("field", [MATCH, NONE_MATCH])
def test_write_of_no_single_record_refuses_preconditions(api: httpx.Client, name: str, field: str) -> None:
    ask = OPERATIONS[name]
    before = [api.get(path).headers.get("X-Total-Count") for path in _counted()]
    for value in ("*", OTHER, "garbage"):
        headers = {field: value, "Content-Type": ask.media_type}
        answer = api.request(ask.method, ask.path, params=ask.params, json=ask.json, headers=headers)
        error = f"{field}: is for operations that change one record that is there"
        assert answer.json() == {"status": 400, "error": error}
    assert [api.get(path).headers.get("X-Total-Count") for path in _counted()] == before


def _counted() -> list[str]:
    return [f"{path}?limitPageSize=1" for path in ("/acd/events", CAMPAIGNS, CONTACTS)]


@pytest.mark.parametrize("name", [name for name in WRITES if name not in WITHOUT_404])
@pytest.mark.parametrize("fields", [[(MATCH, "*")], [(MATCH, OTHER)], [(NONE_MATCH, "*")]])
def test_write_to_record_that_is_gone_is_404(api: httpx.Client, name: str, fields: Fields) -> None:
    target = WRITES[name](api)
    remove = target._replace(method="DELETE", path=target.path.removesuffix("/lock"))
    while remove.write(api).status_code == 200:
        pass
    assert target.write(api, *fields).status_code == 404


def test_set_value_of_variable_that_is_not_there_fails_if_one_was_meant(api: httpx.Client) -> None:
    target = by_new_value(api)._replace(path="/cockpitVariables/cockpitVariable/4711/setValue")
    for value in ("*", OTHER):
        assert_failed(target.write(api, (MATCH, value)), MATCH)
        answer = target.write(api, (NONE_MATCH, value))
        assert (answer.status_code, answer.json()["result"]) == (200, 2)


def test_write_to_locked_contact_is_409_whatever_is_asked(api: httpx.Client) -> None:
    for name in (
        "deleteDiallerContact",
        "deleteDiallerContactByUserData",
        "lockDiallerContact",
        "importDiallerContact",
    ):
        target = WRITES[name](api)
        number = target.reads[0][0].rpartition("/")[2]
        assert api.post(f"{CONTACTS}/contact/{number}/lock").status_code == 200
        for field in ((MATCH, OTHER), (MATCH, target.read_tags(api)[0]), (NONE_MATCH, "*")):
            assert target.write(api, field).status_code == 409


def test_import_if_there_is_none_stores_it_once(api: httpx.Client) -> None:
    for params in ({}, {"overwriteDuplicates": True}):
        contact = make_contact()
        first, second = (api.post(IMPORT, params=params, json=contact, headers={NONE_MATCH: "*"}) for _ in range(2))
        assert first.status_code == 200
        assert_failed(second, NONE_MATCH)
        # In another campaign it is another contact, and so is one without user data.
        for other in (make_contact(UserData=contact["UserData"], DiallerCampaignsID=535), make_contact(UserData="")):
            assert api.post(IMPORT, params=params, json=other, headers={NONE_MATCH: "*"}).status_code == 200


def test_import_meant_for_a_contact_that_is_not_there_stores_none(api: httpx.Client) -> None:
    other, user_data = add_contact(api, DiallerCampaignsID=535)
    for contact in (make_contact(), make_contact(UserData=user_data), make_contact(UserData=None)):
        for value in ("*", OTHER, api.get(f"{CONTACTS}/{other}").headers["ETag"]):
            params = {"overwriteDuplicates": True}
            assert_failed(api.post(IMPORT, params=params, json=contact, headers={MATCH: value}), MATCH)
    assert api.get(f"{CONTACTS}/contact", params={"userData": user_data}).json()["count"] == 1


def test_import_names_the_campaign_by_its_name(api: httpx.Client) -> None:
    number, user_data = add_contact(api)
    name = api.get(f"{CAMPAIGNS}/538").json()["records"][0]["Name"]
    contact = {**make_contact(UserData=user_data, Name="B"), "DiallerCampaignsName": name}
    del contact["DiallerCampaignsID"]
    params = {"overwriteDuplicates": True}
    assert_failed(api.post(IMPORT, params=params, json=contact, headers={MATCH: OTHER}), MATCH)
    tag = api.get(f"{CONTACTS}/{number}").headers["ETag"]
    assert api.post(IMPORT, params=params, json=contact, headers={MATCH: tag}).json()["records"][0]["ID"] == number
    nowhere = {**contact, "DiallerCampaignsName": "Nowhere"}
    assert api.post(IMPORT, params=params, json=nowhere, headers={MATCH: tag}).status_code == 404


@pytest.mark.parametrize("name", ["importDiallerContact", "deleteDiallerContact", "lockDiallerContact"])
def test_write_at_once_with_the_same_tag_is_done_once(
    workers: Service, rounds: Callable[[int, int], int], name: str
) -> None:
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(3))
        apis = [stack.enter_context(workers.client()) for _ in range(3)]
        for _ in range(rounds(15, 1_000)):
            target = WRITES[name](apis[0])
            (tag, *_) = target.read_tags(apis[0])
            answers = pool.map(target.write, apis, [(MATCH, tag)] * len(apis))
            done, *refused = sorted(answer.status_code for answer in answers)
            assert done == 200
            # That a contact is gone or locked goes before.
            assert set(refused) <= {404, 409, 412}

"""The page of the sandbox tells what happened to contacts and ACD events, in the order of the clock of their world."""

import json
import re

import httpx
import pytest

from tests.support.connectors import Connector, Reply
from tests.support.contacts import BY_USER_DATA, CONTACTS, CSV, NDJSON, Record, import_file, post_file, to_ndjson
from tests.support.dialler import NOW, find_code, freeze, make_contact, play
from tests.support.outgoing import call, find, read_data, register
from tests.support.pages import visit
from tests.support.sandbox import EVENT, World

CALLER = "getCallerInformation"
HOSTILE = "<script>alert('x')</script>\"&"


def lock(api: httpx.Client, contact: Record) -> None:
    """Lock a contact."""
    assert api.post(f"{CONTACTS}/contact/{contact['ID']}/lock").status_code == 200


def unlock(api: httpx.Client, contact: Record) -> None:
    """Unlock a contact."""
    assert api.delete(f"{CONTACTS}/contact/{contact['ID']}/lock").status_code == 200


def write_file(user_data: str | None, media_type: str) -> bytes:
    """Return a file with a contact."""
    row = {"Name": "Mustermann", "PhoneNumber1": "+4989123456", "UserData": user_data}
    quoted = ";".join('"' + (value or "").replace('"', '""') + '"' for value in row.values())
    return (json.dumps(row) if media_type == NDJSON else f"{';'.join(row)}\n{quoted}").encode() + b"\n"


def make_event(api: httpx.Client, **fields: object) -> Record:
    """Create an event, a callback, and return it."""
    record: Record = api.post("/acd/events/create", json={**EVENT, **fields}).json()["records"][0]
    return record


def walk(world: World, event_id: int, status: int, agent: int | None = None) -> list[int]:
    """Move an event on to a status, and return the way."""
    body = {"status": status, **({} if agent is None else {"agentId": agent})}
    way: list[int] = world.ask("POST", f"/events/{event_id}/walk", json=body).raise_for_status().json()["way"]
    return way


def test_timeline_of_contact_tells_its_life_in_order(world: World) -> None:
    with world.client() as api:
        freeze(world)
        contact = make_contact(api, UserData="CON77")
        code = find_code(api, contact["DiallerCampaignsID"], "WV120")
        world.ask("POST", "/clock/advance", json={"seconds": 60})
        play(world, contact["ID"], "busy", agent="ben")
        world.ask("POST", "/clock/advance", json={"seconds": 90})
        play(world, contact["ID"], "answered", codeId=code, agent="anna")
        world.ask("POST", "/clock/advance", json={"seconds": 1})
        lock(api, contact)
        api.get(BY_USER_DATA, params={"userData": "CON77"})
    page = visit(world, "timeline", contact=contact["ID"])
    assert page.titles == [
        *("Imported", "Import a dialler contact", "Call 410006: busy", "Call 410007: answered"),
        *("Locked since", "Lock a dialler contact", "Find dialler contacts by user data", "Next try"),
    ]
    text = str(page)
    assert f"{NOW} Contact Imported" in text
    busy = (
        "2026-12-01T08:01:00.000 Call Call 410006: busy Number 1: +4989123456 Cause 17 user busy Agent ben"
        " Began (UTC) 2026-12-01T08:00:50.000 Duration 10 s Connected no Result code none"
        " Next try (UTC) 2026-12-01T08:02:00.000"
    )
    assert busy in text
    assert "Cause 16 normal call clearing Agent anna" in text
    assert re.search(
        r"Duration 70 s Connected 60 s Result code [^(]+\(WV120\) Next try \(UTC\) 2026-12-01T10:02:30", text
    )
    assert "2026-12-01T10:02:30.000 Contact Next try" in text


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("noAnswer", "no answer Number 1: +4989123456 Cause 19 no answer from user"),
        ("invalidNumber", "the number is invalid Number 1: +4989123456 Cause 1 unallocated number"),
        ("error", "error Number 1: +4989123456 Cause 41 temporary failure"),
        ("agentAborts", "the agent has aborted Number 1: +4989123456 Cause 0 none"),
        ("machine", "answering machine Number 1: +4989123456 Cause 16 normal call clearing"),
        ("callIn", "the contact has called in Number none Cause 16 normal call clearing"),
    ],
)
def test_timeline_tells_each_outcome_in_words(world: World, outcome: str, words: str) -> None:
    with world.client() as api:
        contact = make_contact(api)
    play(world, contact["ID"], outcome)
    assert f"Call 410006: {words} Agent none" in str(visit(world, "timeline", contact=contact["ID"]))


def test_timeline_of_deleted_contact_tells_what_requests_told(world: World) -> None:
    with world.client() as api:
        contact = make_contact(api, UserData="CON77")
        api.delete(BY_USER_DATA, params={"userData": "CON77"})
    page = visit(world, "timeline", contact=contact["ID"])
    assert "The contact is not in the world now" in str(page)
    assert page.titles == ["Import a dialler contact", "Delete a dialler contact by user data"]
    assert "Play call" not in str(page)


@pytest.mark.parametrize("media_type", [NDJSON, CSV])
@pytest.mark.parametrize("user_data", ["CON77", 'Grün, "77"; x', "ü", None])
def test_timeline_has_the_file_that_the_contact_came_with(world: World, media_type: str, user_data: str | None) -> None:
    with world.client() as api:
        answer = post_file(api, write_file(user_data, media_type), media_type, diallerCampaignsID=538)
        (imported,) = answer.raise_for_status().json()["records"]
        api.get(BY_USER_DATA, params={"userData": user_data or "none"})
    titles = visit(world, "timeline", contact=imported["ID"]).titles
    assert titles.count("Import any number of dialler contacts") == 1
    assert titles.count("Find dialler contacts by user data") == int(user_data is not None)


@pytest.mark.parametrize("media_type", [NDJSON, CSV])
@pytest.mark.parametrize("user_data", ["CON77", 'Grün, "77"; x', "ü"])
def test_timeline_has_the_file_whose_answer_was_lost(world: World, media_type: str, user_data: str) -> None:
    world.ask("POST", "/failures", json={"operationId": "importDiallerContacts", "when": "after", "drop": True})
    with world.client() as api:
        with pytest.raises(httpx.TransportError):
            post_file(api, write_file(user_data, media_type), media_type, diallerCampaignsID=538)
        (stored,) = api.get(BY_USER_DATA, params={"userData": user_data}).json()["records"]
    assert "Import any number of dialler contacts" in visit(world, "timeline", contact=stored["ID"]).titles


def test_timeline_has_the_long_answers_with_the_contact(world: World) -> None:
    with world.client() as api:
        contacts = api.get(CONTACTS, params={"orderBy": "ID"}).json()["records"]
    first, last = (visit(world, "timeline", contact=each["ID"]) for each in (contacts[0], contacts[-1]))
    assert "List all dialler contacts" in first.titles
    # The answer is longer than what the journal keeps of it, which ends within a contact.
    assert "List all dialler contacts" not in last.titles
    (entry,) = world.ask("GET", "/journal").json()["entries"]
    cut = entry["response"]["body"].rpartition('{"ID":')[2].partition(",")[0]
    assert "List all dialler contacts" not in visit(world, "timeline", contact=int(cut)).titles


def test_timeline_has_the_file_whose_answer_is_too_long_for_the_journal(world: World) -> None:
    with world.client() as api:
        rows = "".join(f"N;1;CON{number}A\n" for number in range(3000))
        file = f"Name;PhoneNumber1;UserData\n{rows}".encode()
        *_, last = import_file(api, file, CSV, diallerCampaignsID=538)
    (entry,) = world.ask("GET", "/journal").json()["entries"]
    assert f'"ID":{last["ID"]}' not in entry["response"]["body"]
    assert "Import any number of dialler contacts" in visit(world, "timeline", contact=last["ID"]).titles


def test_timeline_leaves_out_what_is_about_others(world: World) -> None:
    with world.client() as api:
        contact = make_contact(api, UserData="CON7")
        other = make_contact(api, contact["DiallerCampaignsID"], UserData="CON77")
        lock(api, other)
        api.get(BY_USER_DATA, params={"userData": "CON77"})
        api.post(CONTACTS, json={"UserDataList": ["CON77"], "IDList": [other["ID"]]}, params={"languagesID": 1})
        api.get(f"{CONTACTS}/{contact['ID']}0")
        namesake = make_contact(api, UserData="CON7")
        post_file(api, write_file("CON7", NDJSON), diallerCampaignsID=538)
        api.get(f"{CONTACTS}/{namesake['ID']}")
        post_file(api, b'{"Name":"N","PhoneNumber1":"+49891","UserData":"XCON7"}', diallerCampaignsID=538)
    with world.client(1) as api:
        api.get(f"{CONTACTS}/{contact['ID']}")
    assert visit(world, "timeline", contact=contact["ID"]).titles == ["Import a dialler contact", "Imported"]


def test_timeline_leaves_out_the_file_that_has_the_id_as_a_name(world: World) -> None:
    with world.client() as api:
        contact = make_contact(api)
        world.ask("POST", "/failures", json={"operationId": "importDiallerContacts", "when": "after", "status": 503})
        file = to_ndjson([{"Name": str(contact["ID"]), "PhoneNumber1": "+49891"}])
        assert post_file(api, file, diallerCampaignsID=538).status_code == 503
    assert visit(world, "timeline", contact=contact["ID"]).titles == ["Import a dialler contact", "Imported"]


def test_timeline_follows_the_clock_that_is_set(world: World) -> None:
    with world.client() as api:
        contact = make_contact(api)
        lock(api, contact)
        freeze(world, "2020-01-01T00:00:00.000")
        unlock(api, contact)
    page = visit(world, "timeline", contact=contact["ID"])
    assert page.titles[0] == "Unlock a dialler contact"
    assert "2020-01-01T00:00:00.000 Request Unlock a dialler contact" in str(page)


@pytest.mark.parametrize("action", ["reset", "restore"])
def test_timeline_leaves_out_what_was_before_another_database(world: World, action: str) -> None:
    world.ask("POST", "/snapshots/one")
    with world.client() as api:
        lock(api, {"ID": 215380})
        world.ask("POST", "/reset" if action == "reset" else "/snapshots/one/restore")
        before = visit(world, "timeline", contact=215380)
        unlock(api, {"ID": 215380})
    assert before.titles == []
    assert "Requests from before the world was last reset or restored are left out" in str(before)
    assert visit(world, "timeline", contact=215380).titles == ["Unlock a dialler contact"]


def test_timeline_in_pages_has_each_item_once(world: World) -> None:
    with world.client() as api:
        contact = make_contact(api)
    for _ in range(57):
        play(world, contact["ID"], "noAnswer", maxTries=100)
    pages = [visit(world, "timeline", contact=contact["ID"], start=start) for start in (0, 50)]
    titles = [title for page in pages for title in page.titles]
    assert [len(page.titles) for page in pages] == [50, 10]
    assert len(set(titles)) == 60
    assert "1 to 50 of 60" in str(pages[0])
    assert [("Earlier" in str(page), "Later" in str(page)) for page in pages] == [(False, True), (True, False)]
    assert "Nothing after the first 500" in str(visit(world, "timeline", contact=contact["ID"], start=500))


def test_timeline_tells_of_failures_and_broken_rules(world: World) -> None:
    with world.client() as api:
        contact = make_contact(api)
        world.ask("POST", "/failures", json={"operationId": "getDiallerContact", "status": 503})
        api.get(f"{CONTACTS}/{contact['ID']}")
        api.get(f"{CONTACTS}/{contact['ID']}", headers={"Prefer": "code=503"})
        api.get(f"{CONTACTS}/{contact['ID']}?colour=red")
    text = str(visit(world, "timeline", contact=contact["ID"]))
    assert re.search(r"Status 503 Verdict valid Failure \d+ was injected", text)
    assert "Status 503 Verdict valid Failure the request preferred it" in text
    assert "Verdict not valid colour: is not a parameter of this operation #/query/colour" in text


def test_timeline_shows_hostile_texts_as_texts(world: World) -> None:
    with world.client() as api:
        contact = make_contact(api, Name=HOSTILE, UserData=HOSTILE)
        event = make_event(api, Subject=HOSTILE)
    play(world, contact["ID"], "noAnswer", agent=HOSTILE)
    for subject in ({"contact": contact["ID"]}, {"event": event["ID"]}):
        page = visit(world, "timeline", **subject)
        assert HOSTILE in str(page)
        assert page.elements.count("script") == 1
        assert [name for name in page.attributes if name == "style" or name.startswith("on")] == []


def test_timeline_of_event_tells_requests_and_calls(world: World, connector: Connector) -> None:
    register(world, connector)
    connector.answer = lambda _: Reply(201)
    freeze(world)
    with world.client() as api:
        event = make_event(api)
        (made,) = world.ask("GET", "/outgoing/calls").json()["calls"]
        find(world, made["id"])
        world.ask("POST", "/clock/advance", json={"seconds": 1})
        api.get(f"/acd/events/event/{event['ID']}")
    page = visit(world, "timeline", event=event["ID"])
    assert page.titles == [
        *("Created", "Create an ACD event", "createCallback to the connector", "Get one ACD event"),
    ]
    text = str(page)
    assert "Type 3 Callback Status 20 New" in text
    assert "Event then status 20 New" in text
    assert "State answered Status 201 Attempts 1 Verdict not valid" in text
    assert f"outgoing?call={made['id']}&world={world.described['id']}" in page.links
    shown = visit(world, "outgoing", call=made["id"])
    assert f"timeline?world={world.described['id']}&event={event['ID']}" in shown.links
    assert '"CallbackNumber": "493023125155"' in str(shown)
    assert "not valid" in str(visit(world, "outgoing"))


def test_timeline_of_event_has_requests_whose_answers_have_it_not(world: World) -> None:
    with world.client() as api:
        api.get("/acd/events/event/3001", headers={"Prefer": "code=503"})
    text = str(visit(world, "timeline", event=3001))
    assert "Status 503 Verdict valid Failure the request preferred it" in text
    assert "Event then" not in text


def test_timeline_of_event_that_was_changed_before_tells_when(world: World) -> None:
    page = visit(world, "timeline", event=3003)
    assert page.titles == ["Created", "Last changed"]
    assert "2020-08-10T09:30:02.777 Event Last changed" in str(page)


def test_timeline_of_event_tells_each_change_of_the_status(world: World) -> None:
    freeze(world)
    event = {name: EVENT[name] for name in ("AcdEventTypesID", "AcdGroupsID", "Sender", "Subject")}
    entered = world.ask("POST", "/events", json={"clientsId": 1, "event": event}).json()["event"]
    world.ask("POST", "/clock/advance", json={"seconds": 60})
    assert walk(world, entered["ID"], 20, 17) == [1, 10, 20]
    world.ask("POST", "/clock/advance", json={"seconds": 60})
    assert walk(world, entered["ID"], 4) == [4]
    page = visit(world, "timeline", event=entered["ID"])
    assert page.titles == [
        *("Created", "Status 1 Distribute", "Status 10 TransportAgent", "Status 20 New", "Status 4 TransportToGroup"),
    ]
    text = str(page)
    assert "Status 10 TransportAgent Status before 1 Distribute Agent Fischer (17)" in text
    assert "Status 4 TransportToGroup Status before 20 New Agent none" in text
    assert re.search(r"08:01:00\S* Event Status 20 .*T08:02:00\S* Event Status 4 ", text)


def test_changes_of_the_status_are_gone_after_a_reset_and_back_after_a_restore(world: World) -> None:
    walk(world, 3001, 30, 17)
    titles = visit(world, "timeline", event=3001).titles
    assert "Status 30 Seen" in titles
    world.ask("POST", "/snapshots/seen").raise_for_status()
    walk(world, 3001, 99)
    world.ask("POST", "/reset").raise_for_status()
    assert visit(world, "timeline", event=3001).titles == ["Created"]
    world.ask("POST", "/snapshots/seen/restore").raise_for_status()
    assert visit(world, "timeline", event=3001).titles == titles


def test_timeline_of_contact_has_the_calls_that_name_it(world: World, connector: Connector) -> None:
    register(world, connector)
    with world.client() as api:
        contact = make_contact(api, UserData="CON77", PhoneNumber1="+4989777")
    named: list[dict[str, str]] = [
        {"CallerID": "4989777"},
        {"CallerID": "1", "UserData": "CON77"},
        {"CallerID": "49897770"},
    ]
    calls = [call(world, "getCallerInformation", {**read_data("getCallerInformation"), **each})["id"] for each in named]
    page = visit(world, "timeline", contact=contact["ID"])
    assert page.titles.count(f"{CALLER} to the connector") == 2
    odd = call(world, "createCallback", {"AcdEventsID": 10**30, "UserData": ["CON77"]}, check=False)["id"]
    assert "Timeline of" not in str(visit(world, "outgoing", call=odd))
    links = visit(world, "outgoing", call=calls[1]).links
    assert f"timeline?world={world.described['id']}&contact={contact['ID']}" in links
    # The contact of that name is another one then.
    world.ask("POST", "/reset").raise_for_status()
    with world.client() as api:
        make_contact(api, UserData="CON77")
    assert "Timeline of" not in str(visit(world, "outgoing", call=calls[1]))


def test_timeline_has_the_call_that_waits(world: World, connector: Connector) -> None:
    register(world, connector, delay=60)
    call(world, "createCallback", {**read_data("createCallback"), "AcdEventsID": 3001}, wait=0)
    page = visit(world, "timeline", event=3001)
    assert "createCallback to the connector" in page.titles
    assert re.search(r"State \w+ Attempts 0", str(page))
    assert "Verdict" not in str(page)


@pytest.mark.parametrize(
    ("path", "query", "status", "error"),
    [
        ("timeline", {}, 400, "contact: is missing, or event instead of it"),
        ("timeline", {"contact": "x"}, 400, "contact: must be an integer"),
        ("timeline", {"contact": 99}, 404, "Dialler contact not found"),
        ("timeline", {"event": 99}, 404, "ACD event not found"),
        ("timeline", {"event": 3001, "account": 2}, 404, "ACD event not found"),
        ("timeline", {"event": 3001, "account": 99}, 404, "Client account not found"),
        ("timeline", {"event": 3001, "world": "nowhere"}, 404, "World not found"),
        ("outgoing", {"call": 99}, 404, "Outgoing call not found"),
        ("outgoing", {"world": HOSTILE}, 404, "World not found"),
        ("dialler", {"account": 99}, 404, "Client account not found"),
        ("dialler", {"world": "nowhere"}, 404, "World not found"),
    ],
)
def test_page_of_what_does_not_exist_is_refused(
    world: World, path: str, query: dict[str, str | int], status: int, error: str
) -> None:
    assert error in str(visit(world, path, status, **query))

"""Calls that a test plays: the connector sees them and acts on them, and their statistics tell what happened."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.dialler import freeze
from tests.support.sandbox import SandboxService, World

NOW, LATER, LATEST = (f"2026-12-01T08:0{minute}:00.000" for minute in range(3))
INBOUND = {"clientsId": 1, "number": "493023125112", "serviceNumberId": 6, "groupId": 105, "agentId": 17}
QUEUED = {"clientsId": 1, "number": "493023125112", "groupId": 105}
OUTBOUND = {"clientsId": 1, "number": "493023125112", "agentId": 17, "outbound": True}
STARTS = {"inbound": INBOUND, "queued": QUEUED, "outbound": OUTBOUND}
# What can be done with a call, with a body that is always possible.
ACTIONS: dict[str, Any] = {
    "ring": {"agentId": 12},
    "connect": None,
    "hold": None,
    "resume": None,
    "leg2": {"number": "442079460290"},
    "leg2/end": None,
    "end": None,
}
# What a call can do by its state, and whether it has a second leg; the other actions are 409.
ALLOWED = {
    ("waiting", False): {"ring", "end"},
    ("ringing", False): {"ring", "connect", "end"},
    ("connected", False): {"hold", "leg2", "end"},
    ("connected", True): {"hold", "leg2/end", "end"},
    ("held", False): {"resume", "leg2", "end"},
    ("held", True): {"resume", "leg2/end", "end"},
}


@pytest.fixture
def api(world: World) -> Iterator[httpx.Client]:
    """The API of a world whose clock stands still."""
    freeze(world, NOW)
    with world.client() as api:
        yield api


def instant(moment: str) -> str:
    """Return a time in the form of calls."""
    return f"{moment}000Z"


def start(world: World, body: dict[str, Any]) -> str:
    """Start a call, and return its UFN."""
    answer = world.ask("POST", "/calls", json=body)
    assert answer.status_code == 201, answer.text
    call = answer.json()["call"]
    assert answer.headers["Location"] == f"{world.path}/calls/{call['UFN']}"
    return str(call["UFN"])


def act(world: World, ufn: str, action: str, **body: Any) -> dict[str, Any]:
    """Do something with a call, and return the answer."""
    answer = world.ask("POST", f"/calls/{ufn}/{action}", **({"json": body} if body else {}))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def read(api: httpx.Client, ufn: str) -> dict[str, Any] | None:
    """Return a call as the API shows it; None if it is not there."""
    found = [record for record in api.get("/calls").json()["records"] if record["UFN"] == ufn]
    return found[0] if found else None


def test_start_call_shows_it_ringing_in_the_api(world: World, api: httpx.Client) -> None:
    ufn = start(world, INBOUND)
    call = read(api, ufn)
    assert call is not None
    assert ufn == f"20261201080000-{call['ID']}"
    assert (call["CallState"], call["bOutbound"], call["UsersID"]) == ("ringing", 0, 17)
    assert (call["CallerID"], call["ServiceNumbersID"], call["AcdGroupsID"]) == ("493023125112", 6, 105)
    assert (call["dtCallStart"], call["dtAgentStart"], call["dtAcdFirstQueueStart"]) == (
        *(instant(NOW), instant(NOW), None),
    )
    assert world.ask("GET", f"/calls/{ufn}").json() == {"call": call, "statistics": None}


def test_call_that_the_connector_answers_and_hangs_up_leaves_its_statistics(world: World, api: httpx.Client) -> None:
    ufn = start(world, INBOUND)
    freeze(world, LATER)
    assert api.get(f"/calls/{ufn}/answer").status_code == 200
    freeze(world, LATEST)
    assert api.get(f"/calls/{ufn}/hangup").status_code == 200
    assert read(api, ufn) is None
    told = world.ask("GET", f"/calls/{ufn}").json()
    number = told["statistics"]["StatisticsPartA"]["ID"]
    assert told == {
        "call": None,
        "statistics": {
            "StatisticsPartA": {
                **{"ID": number, "ClientsID": 1, "UFN": ufn, "bOutbound": False, "CallerID": "493023125112"},
                **{"ServiceNumbersID": 6, "ServiceNumber": "493023125100", "ServiceName": "Kundenservice"},
                "dtCallStart": instant(NOW),
                **{"dtCallConnect": instant(LATER), "dtCallEnd": instant(LATEST), "bCallerHangup": False},
                "CauseCodesID": 16,
            },
            "AcdStatisticsPartB": [
                {
                    **{"ID": 1, "StatisticsPartAID": number, "AcdGroupsID": 105, "AcdOriginGroupsID": None},
                    "AcdGroupsName": "Support Deutschland",
                    **{"dtGroupStart": instant(NOW), "dtQueueStart": None, "dtAgentConnect": instant(LATER)},
                    **{"dtGroupEnd": instant(LATEST), "AcdGroupEndReasonsID": 103},
                }
            ],
            "StatisticsPartB": [
                {
                    **{"ID": 1, "StatisticsPartAID": number, "AcdStatisticsPartBID": 1, "UsersID": 17},
                    **{"UsersUID": "Fischer", "Number": None, "dtLegStart": instant(NOW)},
                    **{"dtLegConnect": instant(LATER), "dtLegEnd": instant(LATEST), "CONNRES": 1},
                    "CauseCodesID": 16,
                }
            ],
        },
    }
    assert world.ask("GET", "/calls", params={"clientsId": 1}).json() == {"calls": [told["statistics"]]}


def test_call_that_rings_at_several_agents_has_a_leg_for_each(world: World, api: httpx.Client) -> None:
    ufn = start(world, QUEUED)
    call = read(api, ufn)
    assert call is not None
    assert (call["UsersID"], call["dtAcdFirstQueueStart"]) == (None, instant(NOW))
    for agent, result in ((12, 2), (13, 2), (14, 3), (17, 6)):
        act(world, ufn, "ring", agentId=agent, result=result)
    act(world, ufn, "connect")
    act(world, ufn, "leg2", number="442079460290")
    act(world, ufn, "leg2/end", result=3)
    act(world, ufn, "leg2", number="442079460291")
    legs = act(world, ufn, "end")["statistics"]["StatisticsPartB"]
    assert [(leg["UsersID"], leg["Number"], leg["CONNRES"], leg["CauseCodesID"]) for leg in legs] == [
        *((12, None, 2, 19), (13, None, 3, 17), (14, None, 6, 21), (None, "442079460290", 3, 17)),
        *((17, None, 1, 16), (None, "442079460291", 1, 16)),
    ]
    assert [leg["dtLegConnect"] is not None for leg in legs] == [False, False, False, False, True, True]


def test_leg_begins_when_the_call_rings_at_its_agent(world: World, api: httpx.Client) -> None:
    ufn = start(world, QUEUED)
    freeze(world, LATER)
    act(world, ufn, "ring", agentId=12)
    freeze(world, LATEST)
    act(world, ufn, "ring", agentId=17)
    legs = act(world, ufn, "end")["statistics"]["StatisticsPartB"]
    assert [(leg["dtLegStart"], leg["dtLegEnd"]) for leg in legs] == [
        *((instant(LATER), instant(LATEST)), (instant(LATEST), instant(LATEST))),
    ]


@pytest.mark.parametrize(
    ("started", "connected", "end", "expected"),
    [
        # Result and cause of the leg, whether the caller hung up, why the call left its group.
        ("inbound", True, {}, (1, 16, True, 5)),
        ("inbound", True, {"result": 1, "callerHangsUp": False, "cause": 31}, (1, 31, False, 103)),
        ("inbound", False, {}, (2, 19, False, 102)),
        ("inbound", False, {"result": 4}, (4, 16, True, 4)),
        ("inbound", False, {"result": 6}, (6, 21, False, 102)),
        ("outbound", True, {}, (1, 16, True, None)),
        ("outbound", False, {"result": 3}, (3, 17, False, None)),
        ("outbound", False, {"result": 4}, (4, 16, False, None)),
        ("outbound", False, {"result": 5}, (5, 31, False, None)),
        ("outbound", False, {"result": 5, "cause": 28}, (5, 28, False, None)),
        ("outbound", False, {"result": 7}, (7, 41, False, None)),
        ("queued", False, {}, (None, 16, True, 4)),
    ],
)
def test_end_call_tells_who_hung_up_and_why(
    world: World, api: httpx.Client, started: str, connected: bool, end: dict[str, Any], expected: tuple[Any, ...]
) -> None:
    ufn = start(world, {**STARTS[started], "groupId": 105})
    if connected:
        act(world, ufn, "connect")
    statistics = act(world, ufn, "end", **end)["statistics"]
    part, (group,), legs = (statistics[name] for name in ("StatisticsPartA", "AcdStatisticsPartB", "StatisticsPartB"))
    assert [leg["CONNRES"] for leg in legs] == ([] if expected[0] is None else [expected[0]])
    assert (part["CauseCodesID"], part["bCallerHangup"], group["AcdGroupEndReasonsID"]) == expected[1:]
    assert (part["dtCallConnect"] is not None, part["bOutbound"]) == (connected, started == "outbound")


@pytest.mark.parametrize("result", range(8))
@pytest.mark.parametrize(
    ("started", "connected"),
    [("inbound", True), ("inbound", False), ("outbound", True), ("outbound", False), ("queued", False)],
)
def test_end_call_with_a_result_that_is_not_possible_is_409_and_names_those(
    world: World, api: httpx.Client, started: str, connected: bool, result: int
) -> None:
    ufn = start(world, STARTS[started])
    if connected:
        act(world, ufn, "connect")
    possible = [1] if connected else [0] if started == "queued" else [2, 3, 4, 5, 6, 7]
    answer = world.ask("POST", f"/calls/{ufn}/end", json={"result": result})
    if result in possible:
        assert answer.status_code == 200
    else:
        assert answer.status_code == 409
        assert answer.json()["error"].endswith(f"possible: {', '.join(map(str, possible))}")
        assert read(api, ufn) is not None


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"agentId": 999}, 404, "User not found"),
        ({"groupId": 999}, 404, "ACD group not found"),
        ({"serviceNumberId": 999}, 404, "Service number not found"),
        ({"clientsId": 3}, 404, "Client account not found; there are 1, 2"),
        ({"clientsId": 2}, 404, "User not found"),
        ({"number": ""}, 400, "number: must not be empty"),
        ({"colour": 1}, 400, "colour: is not a field of this request"),
    ],
)
def test_start_call_with_what_is_not_there_starts_none(
    world: World, api: httpx.Client, change: dict[str, Any], status: int, error: str
) -> None:
    before = api.get("/calls").content
    answer = world.ask("POST", "/calls", json={**INBOUND, **change})
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert api.get("/calls").content == before


@pytest.mark.parametrize("body", [{**OUTBOUND, "agentId": None}, {"clientsId": 1, "number": "1"}])
def test_start_call_that_nobody_can_take_is_400(world: World, body: dict[str, Any]) -> None:
    given = {name: value for name, value in body.items() if value is not None}
    answer = world.ask("POST", "/calls", json=given)
    assert (answer.status_code, answer.headers["X-Error-Pointer"]) == (400, "#/body/agentId")


def test_start_second_leg_of_a_call_that_has_one_is_409_and_keeps_it(world: World, api: httpx.Client) -> None:
    ufn = start(world, INBOUND)
    act(world, ufn, "connect")
    act(world, ufn, "leg2", number="442079460290")
    before = read(api, ufn)
    answer = world.ask("POST", f"/calls/{ufn}/leg2", json={"number": "442079460291"})
    assert (answer.status_code, answer.json()["error"]) == (409, "Call has a second leg already")
    assert read(api, ufn) == before


def test_call_that_there_is_not_is_404(world: World) -> None:
    answers = [world.ask("GET", "/calls/20261201080000-1"), world.ask("POST", "/calls/20261201080000-1/end")]
    assert [(answer.status_code, answer.json()["error"]) for answer in answers] == [(404, "Call not found")] * 2


@pytest.mark.parametrize("action", ACTIONS)
def test_act_on_a_call_that_has_ended_is_409_as_in_the_api(world: World, api: httpx.Client, action: str) -> None:
    ufn = start(world, INBOUND)
    act(world, ufn, "end")
    refused = {"status": 409, "error": "Call has ended"}
    assert world.ask("POST", f"/calls/{ufn}/{action}", json=ACTIONS[action]).json() == refused
    assert api.get(f"/calls/{ufn}/hangup").json() == refused


def test_times_of_a_call_do_not_go_back_with_the_clock(world: World, api: httpx.Client) -> None:
    freeze(world, LATER)
    ufn = start(world, INBOUND)
    freeze(world, NOW)
    act(world, ufn, "connect")
    part = act(world, ufn, "end")["statistics"]["StatisticsPartA"]
    assert (part["dtCallStart"], part["dtCallConnect"], part["dtCallEnd"]) == (instant(LATER),) * 3


@settings(max_examples=30, deadline=None)
@given(
    started=st.sampled_from(sorted(STARTS)),
    actions=st.lists(st.sampled_from([name for name in ACTIONS if name != "end"]), max_size=12),
)
def test_call_does_what_its_state_allows_and_nothing_else(
    sandbox: SandboxService, started: str, actions: list[str]
) -> None:
    with World(sandbox) as world, world.client() as api:
        ufn = start(world, STARTS[started])
        legs = 0
        for action in [*actions, "end"]:
            before = read(api, ufn)
            assert before is not None
            state = "waiting" if before["UsersID"] is None else before["CallState"]
            answer = world.ask("POST", f"/calls/{ufn}/{action}", json=ACTIONS[action])
            if action in ALLOWED[state, before["Leg2Number"] is not None]:
                assert answer.status_code == 200
                legs += action == "leg2" or (action == "ring")
            else:
                assert answer.status_code == 409
                assert read(api, ufn) == before
        ended = world.ask("GET", f"/calls/{ufn}").json()["statistics"]
        assert len(ended["StatisticsPartB"]) == legs + (started != "queued")
        number = ended["StatisticsPartA"]["ID"]
        assert {leg["StatisticsPartAID"] for leg in ended["StatisticsPartB"]} <= {number}
        for leg in ended["StatisticsPartB"]:
            assert leg["dtLegStart"] <= (leg["dtLegConnect"] or leg["dtLegStart"]) <= leg["dtLegEnd"]
            assert leg["dtLegEnd"] <= ended["StatisticsPartA"]["dtCallEnd"]
        assert world.ask("POST", f"/calls/{ufn}/end").status_code == 409


def test_list_ended_calls_gives_those_after_one_in_order(world: World, api: httpx.Client) -> None:
    ufns = [start(world, INBOUND) for _ in range(3)]
    for ufn in reversed(ufns):
        act(world, ufn, "end")
    ended = world.ask("GET", "/calls", params={"clientsId": 1}).json()["calls"]
    assert [each["StatisticsPartA"]["UFN"] for each in ended] == ufns
    after = ended[0]["StatisticsPartA"]["ID"]
    part = world.ask("GET", "/calls", params={"clientsId": 1, "after": after, "limit": 1}).json()["calls"]
    assert part == ended[1:2]
    assert world.ask("GET", "/calls", params={"clientsId": 2}).json() == {"calls": []}


def test_restored_snapshot_gives_the_same_calls_and_statistics(world: World, api: httpx.Client) -> None:
    going_on = start(world, INBOUND)
    act(world, start(world, INBOUND), "end")
    world.ask("POST", "/snapshots/before")

    def play() -> list[Any]:
        act(world, going_on, "connect")
        ended = act(world, going_on, "end")
        other = start(world, QUEUED)
        return [ended, other, api.get("/calls").content, world.ask("GET", "/calls?clientsId=1").content]

    first = play()
    assert world.ask("POST", "/snapshots/before/restore").status_code == 200
    assert play() == first


def test_restart_keeps_calls_and_statistics(tmp_path: Path) -> None:
    options = ("--sandbox-dir", str(tmp_path / "kept"))
    with SandboxService(tmp_path / "first", *options) as first:
        world = World(first)
        going_on, ended = start(world, INBOUND), start(world, INBOUND)
        act(world, ended, "end")
        before = [world.ask("GET", f"/calls/{ufn}").json() for ufn in (going_on, ended)]
    with SandboxService(tmp_path / "second", *options) as second:
        world.move_to(second)
        assert [world.ask("GET", f"/calls/{ufn}").json() for ufn in (going_on, ended)] == before
        act(world, going_on, "connect")
        assert start(world, INBOUND) not in (going_on, ended)
        world.control.close()

"""A world that is brought back to a snapshot gives the same answers to the same requests, to the byte."""

import httpx
import pytest

from tests.support.campaigns import clone
from tests.support.contacts import contact, store_contact
from tests.support.sandbox import EVENT, SandboxService, World

CAMPAIGNS = "/dialler/campaigns"
SQLITE = {"Content-Type": "application/octet-stream"}


def work(api: httpx.Client) -> list[bytes]:
    """Return the answers to some requests that write and read."""
    campaign = clone(api, "Mine")
    stored = store_contact(api, contact(campaign, Name="Mustermann"))
    path = f"/dialler/contacts/contact/{stored['ID']}"
    answers = [
        api.post(f"{path}/lock"),
        api.get(f"/dialler/contacts/{stored['ID']}"),
        api.post("/acd/events/create", json=EVENT),
        api.get("/acd/events"),
        api.delete(f"{path}/lock"),
        api.delete(path),
        api.get(CAMPAIGNS),
    ]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    return [answer.content for answer in answers]


def test_restored_world_gives_the_same_answers_to_the_byte(world: World) -> None:
    with world.client() as api:
        clone(api, "Before")
        assert world.ask("POST", "/clock/freeze").status_code == 200
        assert world.ask("POST", "/snapshots/one").json()["name"] == "one"
        first = work(api)
        for _ in range(3):
            assert world.ask("POST", "/clock/advance", json={"seconds": 60}).status_code == 200
            assert world.ask("POST", "/snapshots/one/restore").json() == world.described
            assert work(api) == first


def test_snapshots_are_listed_replaced_and_deleted(world: World) -> None:
    with world.client() as api:
        for name in ("b", "a", "b"):
            clone(api, f"Clone {len(api.get(CAMPAIGNS).json()['records'])}")
            assert world.ask("POST", f"/snapshots/{name}").status_code == 200
        listed = world.ask("GET", "/snapshots").json()["snapshots"]
        assert [snapshot["name"] for snapshot in listed] == ["a", "b"]
        counts = []
        for name in ("a", "b"):
            assert world.ask("POST", f"/snapshots/{name}/restore").status_code == 200
            counts.append(api.get(CAMPAIGNS).json()["count"])
        assert counts == [7, 8]
        assert world.ask("DELETE", "/snapshots/a").json() == {"status": 200}
        missing = [world.ask("DELETE", "/snapshots/a"), world.ask("POST", "/snapshots/a/restore")]
        assert {(answer.status_code, answer.json()["error"]) for answer in missing} == {(404, "Snapshot not found")}
        assert world.ask("POST", "/reset").status_code == 200
        assert len(world.ask("GET", "/snapshots").json()["snapshots"]) == 1


def test_downloaded_snapshot_can_be_uploaded_to_another_world(sandbox: SandboxService, world: World) -> None:
    with world.client() as api, World(sandbox, "empty") as other, other.client() as target:
        clone(api, "Carried over")
        taken = world.ask("POST", "/snapshots/one").json()
        file = world.ask("GET", "/snapshots/one/file", headers={"Accept": SQLITE["Content-Type"]})
        assert (file.headers["Content-Type"], len(file.content)) == (SQLITE["Content-Type"], taken["size"])
        assert other.ask("PUT", "/snapshots/two/file", content=file.content, headers=SQLITE).json()["name"] == "two"
        restored = other.ask("POST", "/snapshots/two/restore").json()
        assert [account["clientsId"] for account in restored["accounts"]] == [1, 2]
        assert target.get(CAMPAIGNS).content == api.get(CAMPAIGNS).content


def test_upload_of_what_is_no_sound_database_is_refused_and_keeps_nothing(world: World) -> None:
    assert world.ask("POST", "/snapshots/one").status_code == 200
    sound = world.ask("GET", "/snapshots/one/file").content
    for content in (b"", b"garbage " * 4096, sound[: len(sound) // 2], sound[:4096] + b"\xff" * (len(sound) - 4096)):
        answer = world.ask("PUT", "/snapshots/two/file", content=content, headers=SQLITE)
        assert answer.status_code == 400, answer.text
        assert answer.headers["X-Error-Pointer"] == "#/body"
    assert [snapshot["name"] for snapshot in world.ask("GET", "/snapshots").json()["snapshots"]] == ["one"]


@pytest.mark.parametrize("name", ["", "-a", "a" * 65, "%2e%2e%2fa", "a%00"])
def test_snapshot_of_bad_name_is_refused(world: World, name: str) -> None:
    assert world.ask("POST", f"/snapshots/{name}").status_code in (400, 404)
    assert world.ask("GET", "/snapshots").json() == {"snapshots": []}

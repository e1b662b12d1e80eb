"""Clones of a campaign, made over HTTP."""

import httpx

SOURCE = "Campaign 1000"


def ask_to_clone(api: httpx.Client, source: str, destination: str, **more: str | None) -> httpx.Response:
    """Return the answer to a request to clone a campaign.

    :param source: the name of the campaign.
    :param destination: the name of the clone.
    :param more: further fields of the body.
    """
    return api.post("/dialler/campaigns/clone", json={"source": source, "destination": destination, **more})


def clone(api: httpx.Client, name: str) -> int:
    """Clone a campaign of the demo and return the ID of the clone."""
    answer = ask_to_clone(api, SOURCE, name)
    assert answer.status_code == 200, answer.text
    (record,) = answer.json()["records"]
    return int(record["ID"])

"""Lists: the pages, filters and orders that the reserved words of the envelope now ask for."""

import httpx


def test_list_without_parameters_gives_documented_defaults(api: httpx.Client) -> None:
    answer = api.get("/acd/groups").json()
    assert {key: answer[key] for key in answer if key != "records"} == {
        "filter": "",
        "limitStart": 0,
        "limitPageSize": -1,
        "count": 40,
        "orderBy": "Name",
        "ascending": True,
        "status": 200,
    }

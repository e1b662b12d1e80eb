"""FastAPI on psycopg: handlers in threads, and a pool of connections."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from psycopg import RawCursor
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool

from tests.bench.contestants.storage import BASE, DATABASE
from tests.bench.postgresql import models
from tests.bench.postgresql import statements as sql

POOL = 8
pool: Any = ConnectionPool(
    os.environ[DATABASE],
    min_size=POOL,
    max_size=POOL,
    kwargs={"autocommit": True, "row_factory": dict_row, "cursor_factory": RawCursor},
    open=True,
)
bearer = HTTPBearer()


def authorise(ClientsID: int, credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> int:
    """Return the client account that the request is for.

    :raises HTTPException: 401; the token is not that account's.
    """
    with pool.connection() as connection:
        row = connection.execute(sql.FIND_TOKEN, [sql.hash_token(credentials.credentials)]).fetchone()
    if row is None or row["ClientsID"] != ClientsID:
        raise HTTPException(401, "Bearer token or ClientsID is not valid")
    return ClientsID


Client = Annotated[int, Depends(authorise)]
app = FastAPI()


@app.get(f"{BASE}/acd/groups/group/{{group_id}}", response_model=models.GroupFound)
def get_group(client: Client, group_id: int) -> Any:
    """Answer with a group."""
    with pool.connection() as connection:
        return sql.found(_require(connection.execute(sql.FIND_GROUP, [client, group_id]).fetchone()))


@app.get(f"{BASE}/dialler/campaigns/{{campaign_id}}", response_model=models.CampaignFound)
def get_campaign(client: Client, campaign_id: int) -> Any:
    """Answer with a campaign."""
    with pool.connection() as connection:
        return sql.found(_require(connection.execute(sql.FIND_CAMPAIGN, [client, campaign_id]).fetchone()))


@app.get(f"{BASE}/dialler/contacts", response_model=models.ContactPage)
def list_contacts(
    client: Client,
    response: Response,
    start: Annotated[int, Query(alias="limitStart", ge=0)] = 0,
    size: Annotated[int, Query(alias="limitPageSize", ge=0)] = 100,
) -> Any:
    """Answer with a page of contacts."""
    with pool.connection() as connection:
        total = _require(connection.execute(sql.COUNT_CONTACTS, [client]).fetchone())
        rows = connection.execute(sql.LIST_CONTACTS, [client, size, start]).fetchall()
    response.headers["X-Total-Count"] = str(total["nContacts"])
    return sql.page(rows, start, size)


@app.post(f"{BASE}/acd/events/create", response_model=models.EventFound)
def create_event(client: Client, body: models.EventCreation) -> Any:
    """Add an event."""
    given = body.model_dump()
    with _writing() as connection:
        _require(connection.execute(sql.FIND_GROUP, [client, body.AcdGroupsID]).fetchone())
        newest = _require(connection.execute(sql.FIND_NEWEST, [client]).fetchone())
        moment = max(sql.now(), newest["Moment"] or "")
        values = [client, moment, *(given[column] for column in sql.CREATED)]
        return sql.found(_require(connection.execute(sql.ADD_EVENT, values).fetchone()))


@app.post(f"{BASE}/dialler/campaigns/clone", response_model=models.CampaignFound)
def clone_campaign(client: Client, body: models.Clone) -> Any:
    """Copy a campaign."""
    with _writing() as connection:
        original = _require(connection.execute(sql.FIND_NAMED, [client, body.source]).fetchone())["ID"]
        if connection.execute(sql.FIND_NAMED, [client, body.destination]).fetchone():
            raise HTTPException(409, "Dialler campaign already exists")
        values = [body.destination, body.destination.casefold(), body.userData, original]
        copy = _require(connection.execute(sql.COPY_CAMPAIGN, values).fetchone())["ID"]
        for statement in sql.COPY_PARTS:
            connection.execute(statement, [original, copy])
        return sql.found(_require(connection.execute(sql.FIND_CAMPAIGN, [client, copy]).fetchone()))


@contextmanager
def _writing() -> Iterator[Any]:
    with pool.connection() as connection, connection.transaction():
        connection.execute(sql.LOCK_WRITERS)
        yield connection


def _require(row: Any) -> Any:
    if row is None:
        raise HTTPException(404, "not found")
    return row

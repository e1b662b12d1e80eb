"""FastAPI on asyncpg: handlers on the event loop, and a pool of connections."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import asyncpg
from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from tests.bench.contestants.storage import BASE, DATABASE
from tests.bench.postgresql import models
from tests.bench.postgresql import statements as sql

POOL = 8
bearer = HTTPBearer()


@asynccontextmanager
async def open_pool(application: FastAPI) -> AsyncIterator[None]:
    """Keep a pool of connections while the application runs."""
    async with asyncpg.create_pool(os.environ[DATABASE], min_size=POOL, max_size=POOL) as pool:
        application.state.pool = pool
        yield


def find_pool(request: Request) -> Any:
    """Return the pool of connections."""
    return request.app.state.pool


Pool = Annotated[Any, Depends(find_pool)]


async def authorise(
    ClientsID: int, pool: Pool, credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]
) -> int:
    """Return the client account that the request is for.

    :raises HTTPException: 401; the token is not that account's.
    """
    if await pool.fetchval(sql.FIND_TOKEN, sql.hash_token(credentials.credentials)) != ClientsID:
        raise HTTPException(401, "Bearer token or ClientsID is not valid")
    return ClientsID


Client = Annotated[int, Depends(authorise)]
app = FastAPI(lifespan=open_pool)


@app.get(f"{BASE}/acd/groups/group/{{group_id}}", response_model=models.GroupFound)
async def get_group(client: Client, pool: Pool, group_id: int) -> Any:
    """Answer with a group."""
    return sql.found(_require(await pool.fetchrow(sql.FIND_GROUP, client, group_id)))


@app.get(f"{BASE}/dialler/campaigns/{{campaign_id}}", response_model=models.CampaignFound)
async def get_campaign(client: Client, pool: Pool, campaign_id: int) -> Any:
    """Answer with a campaign."""
    return sql.found(_require(await pool.fetchrow(sql.FIND_CAMPAIGN, client, campaign_id)))


@app.get(f"{BASE}/dialler/contacts", response_model=models.ContactPage)
async def list_contacts(
    client: Client,
    pool: Pool,
    response: Response,
    start: Annotated[int, Query(alias="limitStart", ge=0)] = 0,
    size: Annotated[int, Query(alias="limitPageSize", ge=0)] = 100,
) -> Any:
    """Answer with a page of contacts."""
    async with pool.acquire() as connection:
        total = await connection.fetchval(sql.COUNT_CONTACTS, client)
        rows = await connection.fetch(sql.LIST_CONTACTS, client, size, start)
    response.headers["X-Total-Count"] = str(total)
    return sql.page([dict(row) for row in rows], start, size)


@app.post(f"{BASE}/acd/events/create", response_model=models.EventFound)
async def create_event(client: Client, pool: Pool, body: models.EventCreation) -> Any:
    """Add an event."""
    given = body.model_dump()
    async with _writing(pool) as connection:
        _require(await connection.fetchrow(sql.FIND_GROUP, client, body.AcdGroupsID))
        moment = max(sql.now(), await connection.fetchval(sql.FIND_NEWEST, client) or "")
        values = [client, moment, *(given[column] for column in sql.CREATED)]
        return sql.found(_require(await connection.fetchrow(sql.ADD_EVENT, *values)))


@app.post(f"{BASE}/dialler/campaigns/clone", response_model=models.CampaignFound)
async def clone_campaign(client: Client, pool: Pool, body: models.Clone) -> Any:
    """Copy a campaign."""
    async with _writing(pool) as connection:
        original = _require(await connection.fetchrow(sql.FIND_NAMED, client, body.source))["ID"]
        if await connection.fetchrow(sql.FIND_NAMED, client, body.destination):
            raise HTTPException(409, "Dialler campaign already exists")
        values = [body.destination, body.destination.casefold(), body.userData, original]
        copy = await connection.fetchval(sql.COPY_CAMPAIGN, *values)
        for statement in sql.COPY_PARTS:
            await connection.execute(statement, original, copy)
        return sql.found(_require(await connection.fetchrow(sql.FIND_CAMPAIGN, client, copy)))


@asynccontextmanager
async def _writing(pool: Any) -> AsyncIterator[Any]:
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(sql.LOCK_WRITERS)
        yield connection


def _require(row: Any) -> Any:
    if row is None:
        raise HTTPException(404, "not found")
    return dict(row)

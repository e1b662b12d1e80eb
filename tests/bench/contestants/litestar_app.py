"""Litestar with msgspec structs."""

from typing import Any

import msgspec
from litestar import Litestar, Router, get
from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException, NotFoundException
from litestar.handlers import BaseRouteHandler

from tests.bench.contestants import fields, storage


class EventType(msgspec.Struct):
    """A type of ACD events."""

    ShortText: str
    ID: int


# Built, it takes a request as long as fields that are written out.
Further: Any = msgspec.defstruct("Further", fields.TYPES.items())


class Campaign(Further):
    """A campaign of the dialler."""

    ContactPreviewTime: int | None
    nMaxParallelLines: int | None
    bCloseContactsOnIncomingCallsMatchCallerID: bool | None
    dtTo: str | None
    LanguagesID: int | None
    bCallerIDActive: bool | None
    Name: str
    ID: int
    UserData: str | None
    ClientsID: int
    AbortOnNoTelNumberResultCodesID: int | None
    IncomingCallResultCodesID: int | None


class Page(msgspec.Struct):
    """What is said of a list."""

    filter: str
    limitStart: int
    limitPageSize: int
    count: int
    orderBy: str
    ascending: bool
    status: int


class EventTypeList(Page):
    """A list of event types."""

    records: list[EventType]


class CampaignList(Page):
    """A list of campaigns."""

    records: list[Campaign]


class CampaignFound(msgspec.Struct):
    """The campaigns that were found."""

    records: list[Campaign]
    count: int
    status: int


tokens = storage.list_tokens()


async def authorise(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let the request pass.

    :raises NotAuthorizedException: the token is not that of the client account.
    """
    token = connection.headers.get("Authorization", "").removeprefix("Bearer ")
    if not storage.is_valid(tokens, token, connection.path_params["ClientsID"]):
        raise NotAuthorizedException("Bearer token or ClientsID is not valid")


@get("/acd/events/types")
async def list_event_types(ClientsID: int) -> EventTypeList:
    """Answer with the event types."""
    records = [EventType(**row) for row in storage.list_event_types()]
    return EventTypeList(**storage.list_envelope(records, "ID"))


@get("/dialler/campaigns")
async def list_campaigns(ClientsID: int) -> CampaignList:
    """Answer with the client's campaigns."""
    records = [Campaign(**row) for row in storage.list_campaigns(ClientsID)]
    return CampaignList(**storage.list_envelope(records, "Name"))


@get("/dialler/campaigns/{campaign_id:int}")
async def get_campaign(ClientsID: int, campaign_id: int) -> CampaignFound:
    """Answer with one campaign."""
    try:
        return CampaignFound([Campaign(**storage.get_campaign(ClientsID, campaign_id))], 1, 200)
    except storage.NotFound as error:
        raise NotFoundException("Dialler campaign not found") from error


app = Litestar(
    [
        Router(
            storage.BASE.replace("{ClientsID}", "{ClientsID:int}"),
            route_handlers=[list_event_types, list_campaigns, get_campaign],
            guards=[authorise],
        )
    ]
)

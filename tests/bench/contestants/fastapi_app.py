"""FastAPI: `app` with response models, `plain` without."""

from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Query, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, create_model

from tests.bench.contestants import fields, storage
from tests.bench.contestants.storage import BASE

CampaignField = Literal[
    "ContactPreviewTime",
    "nMaxParallelLines",
    "bCloseContactsOnIncomingCallsMatchCallerID",
    "dtTo",
    "LanguagesID",
    "bCallerIDActive",
    "Name",
    "ID",
    "UserData",
    "ClientsID",
    "AbortOnNoTelNumberResultCodesID",
    "IncomingCallResultCodesID",
]


class EventType(BaseModel):
    """A type of ACD events."""

    ShortText: str
    ID: int


# Built, it takes a request as long as fields that are written out.
Further: Any = create_model("Further", **fields.TYPES)


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


class Page(BaseModel):
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


class CampaignFound(BaseModel):
    """The campaigns that were found."""

    records: list[Campaign]
    count: int
    status: int


class Done(BaseModel):
    """It is done."""

    status: int


class Clone(BaseModel):
    """Which campaign to copy, and to what name."""

    source: str
    destination: str
    userData: str | None = None


class CampaignPage(BaseModel):
    """Which campaigns are wanted."""

    filter: str = Query("", max_length=2000)
    limitStart: int = Query(0, ge=0)
    limitPageSize: int = Query(-1, ge=-1)
    orderBy: CampaignField = "Name"
    ascending: bool = True


bearer = HTTPBearer()
tokens = storage.list_tokens()


async def authorise(ClientsID: int, credentials: Annotated[HTTPAuthorizationCredentials, Depends(bearer)]) -> int:
    """Return the client account that the request is for.

    :raises HTTPException: 401; the token is not that account's.
    """
    if not storage.is_valid(tokens, credentials.credentials, ClientsID):
        raise HTTPException(401, "Bearer token or ClientsID is not valid")
    return ClientsID


Client = Annotated[int, Depends(authorise)]


async def list_event_types(client: Client) -> Any:
    """Answer with the event types."""
    return storage.list_envelope(storage.list_event_types(), "ID")


async def list_campaigns(client: Client, page: Annotated[CampaignPage, Query()], response: Response) -> Any:
    """Answer with a page of the client's campaigns."""
    where = (page.filter, page.orderBy, page.ascending, page.limitStart, page.limitPageSize)
    try:
        records = storage.list_campaigns(client, *where)
    except ValueError as error:
        raise HTTPException(400, "filter is not valid") from error
    if page.limitPageSize >= 0:
        response.headers["X-Total-Count"] = str(storage.count_campaigns(client, page.filter))
    return storage.list_envelope(
        records,
        page.orderBy,
        filter=page.filter,
        limitStart=page.limitStart,
        limitPageSize=page.limitPageSize,
        ascending=page.ascending,
    )


async def get_campaign(client: Client, campaign_id: int) -> Any:
    """Answer with one campaign."""
    try:
        return storage.found_envelope([storage.get_campaign(client, campaign_id)])
    except storage.NotFound as error:
        raise HTTPException(404, "Dialler campaign not found") from error


# These wait for the disk, so they run in threads.
def clone_campaign(client: Client, body: Clone) -> Any:
    """Copy a campaign and answer with the copy."""
    try:
        return storage.found_envelope([storage.clone(client, body.source, body.destination, body.userData)])
    except storage.NotFound as error:
        raise HTTPException(404, "Dialler campaign not found") from error
    except storage.NotUnique as error:
        raise HTTPException(409, "Dialler campaign already exists") from error


def delete_campaign(client: Client, campaign_id: int) -> Any:
    """Delete a campaign."""
    try:
        storage.delete(client, campaign_id)
    except storage.NotFound as error:
        raise HTTPException(404, "Dialler campaign not found") from error
    return {"status": 200}


def create_app(*, has_models: bool) -> FastAPI:
    """Return the application.

    :param has_models: whether answers are validated and filtered by models.
    """
    application = FastAPI()
    for method, path, endpoint, model in (
        ("GET", "/acd/events/types", list_event_types, EventTypeList),
        ("GET", "/dialler/campaigns", list_campaigns, CampaignList),
        ("GET", "/dialler/campaigns/{campaign_id}", get_campaign, CampaignFound),
        ("POST", "/dialler/campaigns/clone", clone_campaign, CampaignFound),
        ("DELETE", "/dialler/campaigns/campaign/{campaign_id}", delete_campaign, Done),
    ):
        application.add_api_route(BASE + path, endpoint, methods=[method], response_model=model if has_models else None)
    return application


app = create_app(has_models=True)
plain = create_app(has_models=False)

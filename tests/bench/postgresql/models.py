"""What the contestants take and answer, as models of pydantic."""

from typing import Any

from pydantic import BaseModel, create_model

from tests.bench.contestants.storage import DOCUMENTED
from tests.bench.postgresql import statements

REQUIRED = {"ID", "ClientsID", "Name"}
CAMPAIGN_TEXTS = ("dtTo", "Name", "UserData")
EVENT_TEXTS = ("Sender", "Receiver", "Subject", "Body", "CrmURL", "UserData", "dtCreated", "dtLastModified")


def _make(name: str, types: dict[str, Any]) -> Any:
    fields: dict[str, Any] = {
        field: (type_ if field in REQUIRED else type_ | None, ...) for field, type_ in types.items()
    }
    return create_model(name, **fields)


def _choose(field: str, texts: tuple[str, ...]) -> type:
    return str if field in texts else bool if field.startswith("b") else int


Group: Any = _make("Group", {field: _choose(field, ("Name",)) for field in statements.GROUP})
Campaign: Any = _make("Campaign", {field: _choose(field, CAMPAIGN_TEXTS) for field in DOCUMENTED})
Event: Any = _make("Event", {field: _choose(field, EVENT_TEXTS) for field in statements.EVENT})
Contact: Any = _make("Contact", dict(statements.CONTACT))


class Found(BaseModel):
    """The records that were found."""

    count: int
    status: int


class GroupFound(Found):
    """A group."""

    records: list[Group]


class CampaignFound(Found):
    """A campaign."""

    records: list[Campaign]


class EventFound(Found):
    """An event."""

    records: list[Event]


class ContactPage(Found):
    """A page of contacts."""

    filter: str
    limitStart: int
    limitPageSize: int
    orderBy: str
    ascending: bool
    records: list[Contact]


class EventCreation(BaseModel):
    """A new event."""

    AcdEventTypesID: int
    AcdGroupsID: int
    Sender: str
    Subject: str
    UsersID: int | None = None
    Receiver: str | None = None
    Body: str | None = None
    CrmURL: str | None = None
    UserData: str | None = None


class Clone(BaseModel):
    """Which campaign to copy, and to what name."""

    source: str
    destination: str
    userData: str | None = None

"""A CRM's nightly run: it prepares the campaign of a night, uploads its contacts, and fetches what came of others.

`python nightly.py CUSTOMERS.csv` reads the variables FREITON_API_URL, FREITON_TOKEN and FREITON_CLIENT_ID. `client` is
generated from the contract by openapi-python-client.
"""

import csv
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple, TypeVar

import httpx
from answers import NightlyError, find_cursor, read, read_time
from client import AuthenticatedClient
from client.api.dialler_campaigns import clone_dialler_campaign, delete_dialler_campaign, find_dialler_campaigns
from client.api.dialler_contacts import (
    import_dialler_contact,
    list_dialler_contacts,
    lock_dialler_contact,
    unlock_dialler_contact,
)
from client.models import DiallerCampaign, DiallerCampaignClone, DiallerContact, DiallerContactImport
from client.types import UNSET, Response, Unset

TEMPLATE = "Campaign 1000"
PREFIX = "Night of "
PAGE_SIZE = 10
TRIES = 4
RETRIED = (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
KEPT = timedelta(days=7)
LOCKED = timedelta(days=1)

Body = TypeVar("Body")


class Customer(NamedTuple):
    """A customer who is called.

    :param number: the customer number, which becomes the contact's user data.
    :param name: the name.
    :param phone: the telephone number.
    """

    number: str
    name: str
    phone: str


class Nightly:
    """The nightly run on a client account.

    :param url: the base URL of the API, without the client account.
    :param token: the bearer token.
    :param account: ID of the client account.
    :param pause: the seconds before the first retry; each further pause is twice as long.
    :param timeout: the seconds that an answer may take.
    """

    def __init__(self, url: str, token: str, account: int, pause: float = 1, timeout: float = 30) -> None:
        self.client = AuthenticatedClient(url, token, timeout=httpx.Timeout(timeout))
        self.account = account
        self.pause = pause

    def __enter__(self) -> "Nightly":
        return self

    def __exit__(self, *exception: object) -> None:
        self.client.get_httpx_client().close()

    def run(self, now: datetime, customers: Iterable[Customer]) -> int:
        """Do all of it, and return the ID of the campaign of the night.

        :param now: the time, in UTC.
        :param customers: who is called.
        """
        campaign = self.prepare(now)
        for customer in customers:
            self.upload(campaign, customer)
        self.unlock_forgotten(campaign, now)
        self.clean_up(now)
        return campaign

    def prepare(self, now: datetime, suffix: str = "") -> int:
        """Make the campaign of a night from the template, unless it exists, and return its ID.

        :param now: the time, in UTC.
        :param suffix: what its name ends with.
        """
        name = f"{PREFIX}{now:%Y-%m-%d}{suffix}"
        body = DiallerCampaignClone(TEMPLATE, name)
        cloned = self.send(partial(clone_dialler_campaign.sync_detailed, self.account, client=self.client, body=body))
        if cloned.status_code == HTTPStatus.CONFLICT:
            # An earlier run has made it, or an earlier try, whose answer was lost.
            return next(campaign.id for campaign in self.find_nights() if campaign.name == name)
        return int(read(cloned).records[0].id)

    def upload(self, campaign: int, customer: Customer) -> int:
        """Store a customer as a contact of a campaign, once however often it is called, and return the contact's ID.

        :param campaign: ID of the campaign.
        :param customer: the customer.
        """
        body = DiallerContactImport(customer.name, campaign, user_data=customer.number, phone_number_1=customer.phone)
        send = partial(import_dialler_contact.sync_detailed, self.account, client=self.client, body=body)
        return int(read(self.send(partial(send, overwrite_duplicates=True))).records[0].id)

    def fetch(self, campaign: int) -> Iterator[DiallerContact]:
        """Yield all contacts of a campaign, which come in pages.

        :param campaign: ID of the campaign.
        """
        send = partial(list_dialler_contacts.sync_detailed, self.account, client=self.client, limit_page_size=PAGE_SIZE)
        cursor: str | Unset | None = UNSET
        while cursor is not None:
            page = self.send(partial(send, dialler_campaigns_id=campaign, cursor=cursor))
            yield from read(page).records
            cursor = find_cursor(page.headers)

    def hold(self, contact: int) -> bool:
        """Keep a contact from being called, and return whether nobody else did so before.

        :param contact: ID of the contact.
        """
        locked = self.send(partial(lock_dialler_contact.sync_detailed, self.account, contact, client=self.client))
        return locked.status_code != HTTPStatus.CONFLICT and bool(read(locked))

    def unlock_forgotten(self, campaign: int, now: datetime) -> list[int]:
        """Unlock the contacts of a campaign that were locked long ago, and return their IDs.

        :param campaign: ID of the campaign.
        :param now: the time, in UTC.
        """
        locked = [contact for contact in self.fetch(campaign) if contact.dt_locked]
        forgotten = [contact.id for contact in locked if read_time(contact.dt_locked) < now - LOCKED]
        for contact in forgotten:
            self.send(partial(unlock_dialler_contact.sync_detailed, self.account, contact, client=self.client))
        return forgotten

    def clean_up(self, now: datetime) -> list[str]:
        """Delete the campaigns of nights long past, and return their names.

        :param now: the time, in UTC.
        """
        oldest = f"{PREFIX}{now - KEPT:%Y-%m-%d}"
        old = [campaign for campaign in self.find_nights() if campaign.name < oldest]
        for campaign in old:
            # 404: an earlier try has deleted it, and its answer was lost.
            self.send(partial(delete_dialler_campaign.sync_detailed, self.account, campaign.id, client=self.client))
        return [campaign.name for campaign in old]

    def find_nights(self) -> list[DiallerCampaign]:
        """Return the campaigns of all nights."""
        send = partial(find_dialler_campaigns.sync_detailed, self.account, client=self.client, name=PREFIX)
        return list(read(self.send(send)).records)

    def send(self, request: Callable[[], Response[Body]]) -> Response[Body]:
        """Send a request until it is answered, and return the answer.

        :param request: sends it once.
        """
        for attempt in range(TRIES):
            time.sleep(self.pause * (2**attempt - 1))
            try:
                response = request()
            except httpx.TransportError:
                continue
            if response.status_code not in RETRIED:
                return response
        raise NightlyError("the contact centre does not answer")


if __name__ == "__main__":
    with Path(sys.argv[1]).open(encoding="utf-8", newline="") as rows:
        called = [Customer(*row) for row in csv.reader(rows)]
    target = (os.environ["FREITON_API_URL"], os.environ["FREITON_TOKEN"], int(os.environ["FREITON_CLIENT_ID"]))
    with Nightly(*target) as nightly:
        print(nightly.run(datetime.now(UTC), called))

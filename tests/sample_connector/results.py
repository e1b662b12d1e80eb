"""The second half of the connector: the customers of the CRM go to a campaign, and what came of them comes back."""

import csv
import io
from collections.abc import Iterator
from datetime import tzinfo
from functools import partial
from typing import Any

from answers import NightlyError, read, read_time
from client.api.dialler_contacts import get_dialler_contacts, import_dialler_contacts
from client.models import DiallerContactBatch, DiallerContactExtended, LanguagesID
from client.types import File, Response
from crm import Crm, Result
from nightly import Nightly

# The most user data of one request.
BATCH = 1000
NUMBERS = range(1, 7)
# What the CRM calls the results of the contact centre, by their export keys: texts differ between languages.
RESULTS = {"ABG": "won", "Aufleger": "refused", "TERMIN": "appointment", "WV120": "later"}
OTHER = "not reached"


class Results:
    """Exchanges customers and results with the contact centre.

    :param nightly: sends its requests.
    :param crm: the CRM.
    :param zone: the time zone of the CRM.
    """

    def __init__(self, nightly: Nightly, crm: Crm, zone: tzinfo) -> None:
        self.nightly = nightly
        self.crm = crm
        self.zone = zone

    def push(self, campaign: int) -> None:
        """Store all customers as contacts of a campaign, once however often it is called.

        :param campaign: ID of the campaign.
        """
        text = io.StringIO(newline="")
        rows = csv.writer(text, delimiter=";")
        rows.writerow(["UserData", "Name", "PhoneNumber1"])
        rows.writerows(self.crm.list_customers())

        def send() -> Response[Any]:
            # Each try needs the file from its beginning.
            return import_dialler_contacts.sync_detailed(
                self.nightly.account,
                client=self.nightly.client,
                body=File(payload=io.BytesIO(text.getvalue().encode())),
                overwrite_duplicates=True,
                dialler_campaigns_id=campaign,
            )

        refused = [each.error for each in read(self.nightly.send(send)).records if each.error]
        if refused:
            raise NightlyError(f"the contact centre refuses customers: {refused[0]}")

    def pull(self) -> None:
        """Store what came of all customers."""
        for contact in self.fetch():
            code, moment = contact.dialler_campaigns_result_codes, contact.dt_next_try
            result = RESULTS.get(code.export_key or "", OTHER) if code else None
            next_try = read_time(moment).astimezone(self.zone) if moment else None
            record = contact.to_dict()
            tries = sum(record[f"nTriesPhoneNumber{number}"] for number in NUMBERS)
            self.crm.save_result(contact.user_data or "", Result(result, next_try, tries))

    def fetch(self) -> Iterator[DiallerContactExtended]:
        """Yield the contacts of all customers, with their results and their calls."""
        numbers = [customer.number for customer in self.crm.list_customers()]
        for begin in range(0, len(numbers), BATCH):
            send = partial(
                get_dialler_contacts.sync_detailed,
                self.nightly.account,
                client=self.nightly.client,
                body=DiallerContactBatch(user_data_list=numbers[begin : begin + BATCH]),
                languages_id=LanguagesID.ENGLISH,
            )
            yield from read(self.nightly.send(send)).records

"""What `freiton verify --allow-writes` changes: an event, and a campaign of its own that it deletes again."""

import json
from typing import Any
from uuid import uuid4

import httpx

from handlers.verify.client import read_json, read_records
from handlers.verify.survey import Survey, Values
from handlers.verify.words import Finding, show

UNKNOWN_ID = 2147483647
# A number that is reserved for fiction: an active dialler may call it.
PERSON = {"Name": "freiton verify", "PhoneNumber1": "+493023125000"}

Record = dict[str, Any]


class Writes:
    """Asks for what changes something, and touches no record that was there before.

    :param survey: the survey that the answers belong to.
    :param source: the name of the campaign to clone.
    """

    def __init__(self, survey: Survey, source: str) -> None:
        self.survey = survey
        self.source = source
        # No other campaign or contact has it, so that not even a server that takes it for a part of a name errs.
        self.name = f"freiton-verify-{uuid4().hex}"

    def ask(
        self,
        name: str,
        values: Values,
        body: Any = None,
        *,
        status: int = httpx.codes.OK,
        reason: str = "",
        added: bool = False,
        expected: Values | None = None,
    ) -> Record:
        """Return the first record of the answer to a request, empty if there is none.

        :param name: the operation.
        :param status: what the status of the answer has to be.
        :param reason: why, in words.
        :param added: whether the answer is none of the documented API.
        :param expected: what fields of the record have to be.
        """
        operation = self.survey.operations[name]
        case = operation.make_case({"ClientsID": self.survey.clients_id, **values}, body)
        response = self.survey.send(operation, case, {status}, reason, added=added)
        if response is None:
            return {}
        operation.reached.append(values)
        record = dict(next(iter(read_records(read_json(response))), {}))
        for field, value in (expected or {}).items():
            if record.get(field, value) != value:
                text = f"records[0].{field} is {show(record[field])}, and {show(value)} was asked for"
                self.survey.note(operation.label, Finding(f"other {field}", text), response.request, added=added)
        return record

    def go_through_campaigns(self) -> None:
        """Clone a campaign, fill the clone with contacts and delete it."""
        body = {"source": self.source, "destination": self.name, "userData": "freiton verify"}
        own = {"Name": self.name, "UserData": "freiton verify"}
        if self.ask("cloneDiallerCampaign", {}, body, expected=own).get("Name") != self.name:
            return
        self.ask("cloneDiallerCampaign", {}, body, status=409, reason=" for a destination that exists")
        nowhere = {**body, "source": f"{self.name}-0", "destination": f"{self.name}-1"}
        self.ask("cloneDiallerCampaign", {}, nowhere, status=404, reason=" for an unknown source")
        self.ask("cloneDiallerCampaign", {}, {"source": self.source}, status=400, reason=" without destination")
        self.go_through_contacts()
        self.delete_twice("deleteDiallerCampaignByName", {"name": self.name})
        # A server that gave the ID of another campaign must not lose it.
        place = {"DiallerCampaignsID": _read_id(self.ask("cloneDiallerCampaign", {}, body))}
        if self.ask("getDiallerCampaign", place).get("Name") == self.name:
            self.delete_twice("deleteDiallerCampaign", place)

    def go_through_contacts(self) -> None:
        """Import contacts to the clone, lock, unlock and delete them."""
        contact = {"DiallerCampaignsName": self.name, "UserData": self.name, **PERSON}
        self.ask("importDiallerContact", {}, contact, expected={"UserData": self.name, **PERSON})
        nameless = {**contact, "Name": ""}
        self.ask("importDiallerContact", {}, nameless, status=400, reason=" without Name")
        elsewhere = {**contact, "DiallerCampaignsName": f"{self.name}-0"}
        self.ask("importDiallerContact", {}, elsewhere, status=404, reason=" for an unknown campaign")
        self.ask("importDiallerContacts", {}, json.dumps({**contact, "UserData": None}))
        self.delete_twice("deleteDiallerContactByUserData", {"userData": self.name})
        place = {"DiallerContactsID": _read_id(self.ask("importDiallerContact", {}, contact))}
        if self.ask("getDiallerContact", place).get("UserData") == self.name:
            if self.ask("lockDiallerContact", place):
                reason = " for a contact that is locked"
                self.ask("deleteDiallerContact", place, status=409, reason=reason, added=True)
                self.ask("unlockDiallerContact", place)
            self.delete_twice("deleteDiallerContact", place)

    def delete_twice(self, name: str, values: Values) -> None:
        """Delete what is there, and then what is not there any more."""
        self.ask(name, values)
        self.ask(name, values, status=404, reason=" for a deleted record")

    def create_event(self, groups_id: int) -> None:
        """Create an event, which stays."""
        body = {"AcdEventTypesID": 5, "AcdGroupsID": groups_id, "Sender": "freiton", "Subject": "freiton verify"}
        self.ask("createAcdEvent", {}, body, expected=body, added=True)
        self.ask("createAcdEvent", {}, {**body, "Subject": ""}, status=400, reason=" without Subject")
        nobody = {**body, "AcdGroupsID": UNKNOWN_ID}
        self.ask("createAcdEvent", {}, nobody, status=404, reason=" for an unknown group")


def write(survey: Survey) -> None:
    """Ask for what changes something, with the first campaign and group that were read before."""
    for values in survey.operations["findDiallerCampaigns"].reached[:1]:
        Writes(survey, values["name"]).go_through_campaigns()
    for values in survey.operations["getAcdGroup"].reached[:1]:
        Writes(survey, "").create_event(values["AcdGroupsID"])


def _read_id(record: Record) -> int:
    number = record.get("ID")
    return number if isinstance(number, int) else UNKNOWN_ID

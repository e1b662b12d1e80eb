"""The writing requests of `freiton verify --allow-writes`: an event, and a campaign that is deleted again."""

import json
from typing import Any
from uuid import uuid4

import httpx

from handlers.verify.client import read_json, read_records
from handlers.verify.survey import UNKNOWN_ID, Survey, Values
from handlers.verify.words import Finding, show

# A phone number reserved for fiction, because an active dialler may call it.
PERSON = {"Name": "freiton verify", "PhoneNumber1": "+493023125000"}


class Writes:
    """Sends writing requests, none of which changes a record that was there before.

    :param survey: the survey that the answers belong to.
    :param source: the name of the campaign to clone.
    """

    def __init__(self, survey: Survey, source: str) -> None:
        self.survey = survey
        self.source = source
        # Unique, so that even a server that matches parts of names changes no other record.
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
    ) -> dict[str, Any]:
        """Return the first record of the answer to a request; empty if there is none.

        :param name: the operationId.
        :param values: parameter name to value.
        :param body: the body as data; None for the contract's example, if the operation has a body.
        :param status: the status that is right.
        :param reason: why, in words that follow the status.
        :param added: whether the answer is not one of the documented API.
        :param expected: field to the value that the record must have.
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

    def write_campaigns(self) -> None:
        """Clone a campaign, fill the clone with contacts and delete it."""
        body = {"source": self.source, "destination": self.name, "userData": "freiton verify"}
        own = {"Name": self.name, "UserData": "freiton verify"}
        if self.ask("cloneDiallerCampaign", {}, body, expected=own).get("Name") != self.name:
            return
        self.ask("cloneDiallerCampaign", {}, body, status=409, reason=" for a destination that exists")
        nowhere = {**body, "source": f"{self.name}-0", "destination": f"{self.name}-1"}
        self.ask("cloneDiallerCampaign", {}, nowhere, status=404, reason=" for an unknown source")
        self.ask("cloneDiallerCampaign", {}, {"source": self.source}, status=400, reason=" without destination")
        self.write_contacts()
        self.delete_twice("deleteDiallerCampaignByName", {"name": self.name})
        # If the server answers with the ID of another campaign, that one must not be deleted.
        place = {"DiallerCampaignsID": _read_id(self.ask("cloneDiallerCampaign", {}, body))}
        if self.ask("getDiallerCampaign", place).get("Name") == self.name:
            self.delete_twice("deleteDiallerCampaign", place)

    def write_contacts(self) -> None:
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
        """Delete a record, and expect 404 the second time.

        :param name: the operationId.
        :param values: parameter name to value.
        """
        self.ask(name, values)
        self.ask(name, values, status=404, reason=" for a deleted record")

    def create_event(self, groups_id: int) -> None:
        """Create an event, which is not deleted.

        :param groups_id: ID of its group.
        """
        body = {"AcdEventTypesID": 5, "AcdGroupsID": groups_id, "Sender": "freiton", "Subject": "freiton verify"}
        self.ask("createAcdEvent", {}, body, expected=body, added=True)
        self.ask("createAcdEvent", {}, {**body, "Subject": ""}, status=400, reason=" without Subject")
        nobody = {**body, "AcdGroupsID": UNKNOWN_ID}
        self.ask("createAcdEvent", {}, nobody, status=404, reason=" for an unknown group")

    def name_nothing(self) -> None:
        """Set a variable, run an application and act on a call that are not there: what others are for is not known."""
        self.ask("setCockpitVariableValue", {"CockpitVariablesID": UNKNOWN_ID, "value": 1})
        place = {"routingApplicationsID": UNKNOWN_ID}
        self.ask("runRoutingApplication", place, status=404, reason=" for an unknown ID")
        for action in ("answerCall", "holdCall", "hangUpSecondLeg", "hangUpCall"):
            self.ask(action, {"UFN": f"freiton-{UNKNOWN_ID}"}, status=404, reason=" for an unknown UFN")


def write(survey: Survey) -> None:
    """Send the writing requests, with the first campaign and the first group that the reading ones found.

    :param survey: the survey that the answers belong to.
    """
    Writes(survey, "").name_nothing()
    for values in survey.operations["findDiallerCampaigns"].reached[:1]:
        Writes(survey, values["name"]).write_campaigns()
    for values in survey.operations["getAcdGroup"].reached[:1]:
        Writes(survey, "").create_event(values["AcdGroupsID"])


def _read_id(record: dict[str, Any]) -> int:
    number = record.get("ID")
    return number if isinstance(number, int) else UNKNOWN_ID

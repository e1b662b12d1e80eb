"""Records as the vendor's answers hold them, and servers that they are loaded to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.command import carry_out
from tests.support.service import Service

Record = dict[str, Any]

GROUP: Record = {
    "QueueMusicID4Sec": -1,
    "SupervisorAggregationSkill5ID": None,
    "DistributionAlgorithmID": 1,
    "ServiceLevelSeconds": 30,
    "ID": 106,
    "Name": "Abrechnung Firmenkunden",
    "ClientsID": 1,
    "QueueOffhookAnnouncementID": None,
    "bPositionAnnouncement3": False,
    "TarifAnnouncementWavesID": 2**53 - 1,
    "bCallRedirectionAfterNumberAnnouncement": None,
}
EVENT: Record = {
    "ID": 3001,
    "ClientsID": 1,
    "AcdEventTypesID": 7,
    "AcdEventStatusID": 98,
    "AcdGroupsID": 106,
    "UsersID": None,
    "Sender": "besucher-7f3a",
    "Receiver": None,
    "Subject": "Chat",
    "Body": "Guten Tag\n}",
    "CrmURL": "crm",
    "UserData": "123456",
    "ChatConnectorsID": 1,
    "SkillsValue1": -1,
    "SkillsValue2": None,
    "SkillsValue3": 2**53 - 1,
    "dtCreated": "2020-08-09T02:33:50.347",
    "dtLastModified": "2020-08-09T02:33:50.348",
}
USER: Record = {
    "bTelCallsForwarding": True,
    "bUseWebMail": None,
    "dtPBXTelephoneStatus": "2026-11-23T16:42:07.118",
    "ID": 17,
    "ClientsID": 1,
    "UID": "Größer }",
    "FirstName": "",
    "Name": None,
    "NickName": "\U0001f600",
    "bActive": False,
    "TelActive": "493023125138",
    "ResellersID": 1,
    "TelStatusID": 2,
    "AgentStatusAfterLogoutRejectedID": 2**53 - 1,
}
SERVICE_NUMBER: Record = {
    "ContractNumber": "V-2020-118",
    "dtTo": "2026-12-31T23:59:59.000-11:30",
    "EndNumber": "",
    "dtReset": "2022-06-17T15:19:12.484+02:00",
    "ResellerTrafficManagementPoliciesID": None,
    "ID": 5,
    "Name": "493023125100",
    "Name2": "Bürgertelefon",
    "ApplySeconds4": -1,
    "ApplySeconds3": None,
    "bCockpitConferenceFlag": True,
    "ClientsID": 1,
    "ResellersID": 1,
}
COCKPIT_VARIABLE: Record = {
    "Description": "Test Cockpit Variable",
    "CounterAbsolute": -(2**53) + 1,
    "Name": "Test Cockpit Variable",
    "Counter10Minutes": 1,
    "Counter30Minutes": 2,
    "CounterDay": 3,
    "MinValue": None,
    "ID": 192,
    "MinBGColor": "#DC143C",
    "dtLastModified": "2022-01-04T13:31:37.477546Z",
    "MaxValue": 0,
    "MaxBGColor": None,
    "bWritable": None,
    "bVisible": False,
    "ClientsID": 1,
}
CALL: Record = {
    "bOutbound": 1,
    "CurrentAgentCountLoggedInToAcd": 0,
    "AcdCallMonitoring_bCallRequest": True,
    "AcdSecondaryDistributionAlgorithmID": 1,
    "LanguagesID": 2,
    "dtCallStart": "2022-07-08T11:33:18.900977Z",
    "CallingPartyNumberType": 1,
    "dtAcdFirstQueueStart": None,
    "ResellersID": 1,
    "dtAcdCallRecordingAnnouncementStart": "2022-07-08T11:33:20.000000Z",
    "UFN": "a.B_9-x",
    "ID": 410001,
    "ClientsID": 1,
    "CallState": "held",
    "CallerID": "Größer <anonymous>",
    "ServiceNumbersID": 6,
    "AcdGroupsID": None,
    "UsersID": 17,
    "dtAgentStart": None,
    "dtCallConnect": None,
    "Leg2Number": "4711",
    "dtLeg2Start": "2022-07-08T11:34:20.000000Z",
}
ROUTING_APPLICATION: Record = {
    "TestCLI": "49111",
    "RoutingApplicationTypesID": None,
    "RoutingApplicationFilesActiveID": 2705,
    "RoutingApplicationFilesTestID": 2705,
    "dtCallLogStart": "2026-11-24T09:30:00.000",
    "ClientsID": 1,
    "ID": 2793,
    "WorkFlowApplicationTypesID": 1,
    "bOverflowLicense": False,
    "Name": "Test Routing Application }",
}
NETWORK_IVR_LIST: Record = {"ClientsID": 1, "ID": 9, "Name": "Campaign List }}"}
NETWORK_IVR_LIST_ENTRY: Record = {"ID": 500, "ClientsID": 1, "NetworkIVRListsID": 9, "Name": "Ö}"}
CAMPAIGN: Record = {
    "ContactPreviewTime": 5,
    "nMaxParallelLines": None,
    "bCloseContactsOnIncomingCallsMatchCallerID": True,
    "dtTo": "2022-12-31T23:59:59.999",
    "LanguagesID": 2,
    "bCallerIDActive": False,
    "Name": "Campaign 1000",
    "ID": 500,
    "UserData": "",
    "ClientsID": 1,
    "AbortOnNoTelNumberResultCodesID": 2695,
    "IncomingCallResultCodesID": 2698,
}
CODE: Record = {
    "bDone": True,
    "DiallerResultCodesTypesContent": "Eigener Abschluss",
    "bDelay": False,
    "DiallerCampaignsID": 535,
    "DiallerResultCodesTypesShortText": "DiallerResultCodesTypes.1",
    "bAllowDelete": True,
    "ExportKey": "ABG",
    "Content": "Abgeschlossen",
    "ShortText": "DiallerCampaignsResultCodes.2695",
    "bAborted": False,
    "ID": 2695,
    "bAgentBound": None,
    "TimeOffset": None,
    "bAppointment": False,
    "DiallerResultCodesTypesID": 1,
}
# Each field has a value of its own, none of them what an import would give it.
CONTACT: Record = {
    "ID": 9001,
    "ClientsID": 1,
    "DiallerCampaignsID": 535,
    "UserData": "CRM-9001",
    "Client": "Musterfirma",
    "Service": "",
    "ReferenceNumber": "R-1",
    "Name": "Mustermann",
    "FirstName": "Erika",
    "Salutation": "Frau",
    "Title": "Dr.",
    "Company": "Müller & Söhne",
    "Address": "Heidestraße 17",
    "PostalCode": "51147",
    "City": "Köln",
    "Country": "Deutschland",
    "Region": None,
    "AccountOwner": "E. Mustermann",
    "AccountBank": "Sparkasse",
    "AccountNationalBankCode": "37050198",
    "AccountBIC": "COLSDE33",
    "AccountNumber": "532013000",
    "AccountIBAN": "DE89370400440532013000",
    "Amount": 12.5,
    **{f"PhoneNumber{number}": f"+49221123450{number}" for number in range(1, 7)},
    "FaxNumber": "+492211234599",
    "Email": "erika@example.com",
    "Website": "https://example.com",
    "Comment": 'said "yes"\nand more',
    "ExternalSystemLink": "https://crm.example.com/9001",
    "Model": "M1",
    "Tag": "T1",
    "RandomSortOrder": -(2**53 - 1),
    "ReservedUsersUID": "agent1",
    "FollowUpUsersUID": "agent2",
    "dtImported": "2020-08-09T02:33:50.347",
    "dtNextTry": "2030-08-09T02:33:50.348",
    "dtLocked": "2020-08-09T02:33:50.349",
    "DiallerCampaignsResultCodesID": None,
    "LastAcdAgentEndReasonsID": 7,
    "bLastResultMailbox": True,
    **{f"bPhoneNumber{number}Invalid": number % 2 == 0 for number in range(1, 7)},
    **{f"nTriesPhoneNumber{number}": number for number in range(1, 7)},
    **{f"nPhoneNumber{number}LastCause": 10 + number for number in range(1, 7)},
    **{f"PhoneNumber{number}LastAcdAgentEndReasonsID": 20 + number for number in range(1, 7)},
}


@contextmanager
def serve(database: Path, *clients: int) -> Iterator[Service]:
    """Run a server on a new database with these client accounts."""
    for number in clients:
        carry_out("client", "add", f"Client {number}", "--id", str(number), "--database", database)
    with Service(database) as service:
        yield service


def open_client(service: Service) -> httpx.Client:
    """Return an HTTP client of client account 1, with a token of its own."""
    return service.client(1, carry_out("token", "add", "--client", "1", "--database", service.database).strip())


def load_records(service: Service, document: Any, *options: str) -> str:
    """Load a JSON document to the database of a running server, for client account 1 unless the options say other."""
    file = service.database.with_name("records.json")
    file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return carry_out("load", file, "--client", "1", *options, "--database", service.database)


LISTS = (
    *("/acd/groups", "/acd/events", "/dialler/contacts", "/users", "/serviceNumbers", "/cockpitVariables"),
    *("/routingApplications", "/networkIVRLists", "/calls"),
)


def get_records(api: httpx.Client, path: str) -> list[Record]:
    """Return the records of an answer."""
    records: list[Record] = api.get(path).json()["records"]
    return records


def get_codes(api: httpx.Client, campaign: int, language: int) -> list[Record]:
    """Return the result codes of a campaign in a language."""
    return get_records(api, f"/dialler/campaigns/campaign/{campaign}/resultCodes?languagesID={language}")


def get_everything(api: httpx.Client) -> str:
    """Return the records of all lists, and result codes in both languages, as one text."""
    campaigns = get_records(api, "/dialler/campaigns")
    codes = [get_codes(api, campaign["ID"], language) for campaign in campaigns for language in (1, 2)]
    lists = [get_records(api, path) for path in LISTS]
    return json.dumps([*lists, campaigns, codes])

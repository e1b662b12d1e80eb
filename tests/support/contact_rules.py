"""What the model does with contacts."""

from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, MultipleResults, initialize, multiple, rule

from tests.support.event_rules import ACCOUNTS, NO_ID, EventRules
from tests.support.model import CONTACTS, Account, Record, compare, contain, found, refused

MISSING, LOCKED, NO_CAMPAIGN = "Dialler contact not found", "Dialler contact is locked", "Dialler campaign not found"
BY_USER_DATA = f"{CONTACTS}/contact"
USER_DATA = st.sampled_from(("CON6174", "CON6189", "CON6211", "con6174", "U\u0308", "Ü", "%", "1"))
FIELDS = st.fixed_dictionaries(
    {"Name": st.sampled_from(("Muster", "muster", "Ölmann", "%")), "PhoneNumber1": st.just("+491")},
    optional={
        "UserData": USER_DATA | st.sampled_from((None, "")),
        "Company": st.sampled_from((None, "", "A\n")),
        "Amount": st.sampled_from((None, 0.0, -0.5, 1.0)),
        "dtNextTry": st.sampled_from((None, "2026-12-24T18:30:00.000")),
        "ResultCodesExportKey": st.sampled_from((None, "ABG", "abg")),
        "ResetContact": st.sampled_from((None, True, False)),
    },
)
# The newest ones tell whether a write did more or less than it should.
NEWEST = {"orderBy": "ID", "ascending": False, "limitPageSize": 5}
PAGES = st.fixed_dictionaries(
    {"orderBy": st.sampled_from(("Name", "ID")), "ascending": st.booleans(), "limitPageSize": st.integers(0, 8)},
    optional={
        "filter": st.sampled_from(("muster", "Ö", "%", "")).map(partial(contain, CONTACTS)),
        "limitStart": st.integers(0, 160),
    },
)


class ContactRules(EventRules):
    """Makes requests about contacts and compares each answer with what the model says."""

    ids, contacts = Bundle("ids"), Bundle("contacts")

    @initialize(target=contacts)
    def begin_contacts(self) -> MultipleResults[int]:
        self.given = max(max(account.contacts) for account in self.accounts.values())
        return multiple(215380, 215395, 215396, 215412, 215417, NO_ID)

    @rule(client=ACCOUNTS, query=PAGES, campaign_id=st.none() | ids)
    def list_contacts(self, client: int, query: dict[str, Any], campaign_id: int | None) -> None:
        account, more = self.accounts[client], {} if campaign_id is None else {"diallerCampaignsID": campaign_id}
        known = campaign_id is None or campaign_id in account.campaigns
        expected = account.listed(CONTACTS, query | more) if known else refused(404, NO_CAMPAIGN)
        self.expect(client, "GET", CONTACTS, expected, params=query | more)

    @rule(client=ACCOUNTS, contact_id=contacts)
    def get_contact(self, client: int, contact_id: int) -> None:
        contact = self.accounts[client].contacts.get(contact_id)
        expected = found([contact]) if contact else refused(404, MISSING)
        self.expect(client, "GET", f"{CONTACTS}/{contact_id}", expected)

    @rule(client=ACCOUNTS, user_data=USER_DATA)
    def find_contacts(self, client: int, user_data: str) -> None:
        expected = found(self.accounts[client].with_user_data(user_data))
        self.expect(client, "GET", BY_USER_DATA, expected, params={"userData": user_data})

    @rule(target=contacts, client=ACCOUNTS, campaign_id=ids, fields=FIELDS, overwrite=st.booleans())
    def import_contact(
        self, client: int, campaign_id: int, fields: Record, overwrite: bool
    ) -> int | MultipleResults[int]:
        account = self.accounts[client]
        fields = fields | {"DiallerCampaignsID": campaign_id}
        answer = self.api[client].post(f"{CONTACTS}/import", json=fields, params={"overwriteDuplicates": overwrite})
        error, old, code = self._resolve(account, fields, overwrite)
        if error:
            compare(answer, error)
            return multiple()
        stored = answer.json()["records"][0]
        contact = _import(stored, fields | {"ClientsID": client}, old, code)
        compare(answer, found([contact]))
        assert stored["ID"] == old["ID"] if old else stored["ID"] > self.given, "an ID was given before"
        self.given = max(self.given, stored["ID"])
        account.contacts[stored["ID"]] = contact
        self.compare_contacts()
        return int(stored["ID"])

    @rule(client=ACCOUNTS, victim=contacts | USER_DATA)
    def delete_contact(self, client: int, victim: int | str) -> None:
        account = self.accounts[client]
        if isinstance(victim, str):
            path, query, contact = BY_USER_DATA, {"userData": victim}, next(iter(account.with_user_data(victim)), None)
        else:
            path, query, contact = f"{BY_USER_DATA}/{victim}", {}, account.contacts.get(victim)
        expected = _refuse(contact) or {"status": 200}
        self.expect(client, "DELETE", path, expected, params=query)
        if contact and expected["status"] == 200:
            del account.contacts[contact["ID"]]
            self.compare_contacts()

    @rule(client=ACCOUNTS, contact_id=contacts)
    def lock_contact(self, client: int, contact_id: int) -> None:
        contacts = self.accounts[client].contacts
        answer = self.api[client].post(f"{BY_USER_DATA}/{contact_id}/lock")
        error = _refuse(contacts.get(contact_id))
        if error is None:
            contacts[contact_id] = {**contacts[contact_id], "dtLocked": answer.json()["records"][0]["dtLocked"]}
            assert contacts[contact_id]["dtLocked"] > "2026"
        compare(answer, error or found([contacts[contact_id]]))

    @rule(client=ACCOUNTS, contact_id=contacts)
    def unlock_contact(self, client: int, contact_id: int) -> None:
        contacts = self.accounts[client].contacts
        known = contact_id in contacts
        expected = {"status": 200} if known else refused(404, MISSING)
        self.expect(client, "DELETE", f"{BY_USER_DATA}/{contact_id}/lock", expected)
        if known:
            contacts[contact_id] = {**contacts[contact_id], "dtLocked": None}

    def compare_contacts(self) -> None:
        """Fail unless both clients have the contacts that the model says."""
        for client, account in self.accounts.items():
            self.expect(client, "GET", CONTACTS, account.listed(CONTACTS, NEWEST), params=NEWEST)

    def _resolve(
        self, account: Account, fields: Record, overwrite: bool
    ) -> tuple[Record | None, Record | None, int | None]:
        """Return how an import is refused, or the contact that it overwrites and the ID of its result code."""
        campaign = account.campaigns.get(fields["DiallerCampaignsID"])
        if campaign is None:
            return refused(404, NO_CAMPAIGN), None, None
        key = fields.get("ResultCodesExportKey")
        codes = [code["ID"] for code in campaign.codes[0] if code["ExportKey"] == key]
        if key and not codes:
            return refused(404, "Dialler result code not found"), None, None
        duplicates = account.with_user_data(fields["UserData"]) if overwrite and fields.get("UserData") else []
        old = next((each for each in duplicates if each["DiallerCampaignsID"] == fields["DiallerCampaignsID"]), None)
        return _refuse(old) if old else None, old, codes[0] if key else None


def _refuse(contact: Record | None) -> Record | None:
    if contact is None:
        return refused(404, MISSING)
    return refused(409, LOCKED) if contact["dtLocked"] else None


def _import(stored: Record, fields: Record, old: Record | None, code: int | None) -> Record:
    """Return what a contact must be after an import, given its ID, its moment, and its fields in their order."""
    empty = {name: 0 if name.startswith("nTries") else None for name in stored}
    own = ("ID", "dtImported")
    given = {name: fields[name] for name in empty if fields.get(name) not in (None, "")}
    result: Record = {"dtNextTry": None, "DiallerCampaignsResultCodesID": None}
    if old and not fields.get("ResetContact"):
        result = {name: old[name] for name in result}
    if code:
        result["DiallerCampaignsResultCodesID"] = code
    return {**empty, **result, **given, **{name: stored[name] for name in own}}

"""The fields that campaigns have beyond the documented ones: real systems show more columns than their documentation.

Freiton keeps them together, as fields that it does not know; the others have a column for each.
"""

from collections.abc import Mapping, Sequence
from typing import Any

# The type, and the values that campaigns have in turn.
FURTHER: Mapping[str, tuple[type, Sequence[Any]]] = {
    "Description": (str, ("Outbound, first line", "Follow-up of open offers", "Yearly survey, standard script", None)),
    "nPriority": (int, (5, 1, 9, 3, 7)),
    "dtFrom": (str, ("2026-09-01T08:00:00.000", "2026-10-15T07:30:00.000", None)),
    "bActive": (bool, (True, True, False)),
    "nMaxTries": (int, (6, 10, 4)),
    "nRetryMinutes": (int, (120, 45, 240, 1440)),
    "CallerID": (str, ("+49891234500", "+43720880412", "+442079460111", None, "+49301234567")),
    "bRecording": (bool, (False, True, None)),
    "dtCreated": (str, ("2025-11-24T10:17:42.127", "2026-01-08T14:02:09.550", "2026-03-31T09:45:00.003")),
    "nRingSeconds": (int, (25, 30, 45)),
    "TimeZone": (str, ("Europe/Berlin", "Europe/Vienna", "Europe/London")),
    "AcdGroupsID": (int, (201, 202, None, 203)),
    "nWrapUpSeconds": (int, (30, 60, 0, 15)),
    "bAutoStart": (bool, (False, True)),
    "CountryPrefix": (str, ("+49", "+43", "+44")),
    "nLines": (int, (8, 30, 2)),
    "nContacts": (int, (12480, 907, 53, 4411, 0)),
    "nContactsDone": (int, (8312, 640, 53, 1987, 0)),
    "UsersUID": (str, ("a.berger", "m.huber", "s.taylor", None)),
    "bDetectMailboxes": (bool, (True, False, False, None)),
    "DialModesID": (int, (2, 1, 3)),
    "SkillsID": (int, (None, 14, 27)),
    "Script": (str, ("survey-17", "offers-204", None)),
    "WavesID": (int, (None, 1031, 1178, None)),
    "nMaxAbandonedPerMille": (int, (12, 30, 0, None)),
    "Reference": (str, ("SAP-00471108", "CRM-2026-381", None, "PRJ-77120")),
    "bHolidays": (bool, (False, None, True)),
    "dtLastCall": (str, (None, "2026-11-23T18:04:37.266", "2026-11-20T09:12:44.810")),
}
TYPES: Mapping[str, Any] = {name: type_ | None for name, (type_, _) in FURTHER.items()}
COLUMNS = {name: "text" if type_ is str else "integer" for name, (type_, _) in FURTHER.items()}
BOOLEANS = tuple(name for name, (type_, _) in FURTHER.items() if type_ is bool)


def make_further(number: int) -> dict[str, Any]:
    """Return the further fields of the campaign of a number."""
    return {name: values[number % len(values)] for name, (_, values) in FURTHER.items()}

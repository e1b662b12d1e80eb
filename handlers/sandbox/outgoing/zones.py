"""Time zones: the API has times in UTC, and calls to connectors have local ones."""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

DEFAULT = "UTC"


def find_zone(name: str) -> tzinfo:
    """Return a time zone.

    :param name: its name in the IANA database, such as `Europe/Berlin`.
    :raises ValueError: there is no such zone on this machine.
    """
    if name == DEFAULT:
        # Also without the database.
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError) as error:
        raise ValueError(f"there is no time zone {name}") from error


def render_local(moment: str, zone: tzinfo) -> str:
    """Return a time as connectors are told it: local, without a time zone, to the second.

    :param moment: the time in UTC, in the form of records.
    :param zone: the time zone.
    """
    utc = datetime.fromisoformat(moment).replace(tzinfo=UTC, microsecond=0)
    try:
        local = utc.astimezone(zone)
    except OverflowError:
        # Before the year 1, or after the year 9999.
        local = utc
    return local.replace(tzinfo=None).isoformat()

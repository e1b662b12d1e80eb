"""Purges: contacts of deleted campaigns and ended imports are deleted, or moved, in small steps in the background.

For imports see `data.uploads`.
"""

import logging
import threading
from collections.abc import Callable

from data import staging, store, uploads

# Contacts a step, and the pause after it: other writers have most of the time, and wait for one step at most.
PURGE_STEP = 100
PAUSE_SECONDS = 0.02
# How often to look for work that another process has left.
LOOK_SECONDS = 60
PURGE_RETRY_SECONDS = 1

logger = logging.getLogger("freiton")


class Purge:
    """A background thread that deletes what deletions and imports have left, until the store is closed.

    :param of: the store.
    :param is_left: returns whether nobody needs the store any more, so that the thread ends if it cannot be used.
    """

    def __init__(self, of: store.Store, is_left: Callable[[], bool] = lambda: False) -> None:
        self.store = of
        self.is_left = is_left
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, name="purge", daemon=True)
        of.work.set()
        self.thread.start()
        of.at_close(self.close)

    def close(self) -> None:
        """End the thread after its current step; the rest is purged after the next start."""
        self.ended.set()
        self.store.work.set()
        self.thread.join()

    def _run(self) -> None:
        with self.store.use():
            while not self.ended.is_set():
                self.store.work.wait(LOOK_SECONDS)
                self.store.work.clear()
                try:
                    self._purge()
                except (store.Unavailable, store.EngineError) as error:
                    if self.is_left():
                        break
                    logger.warning("the contacts of deleted campaigns cannot be deleted now: %s", type(error).__name__)
                    self.ended.wait(PURGE_RETRY_SECONDS)
                    self.store.work.set()
        self.store.close_connection()

    def _purge(self) -> None:
        self.store.defer_write_back(deferred=True)
        while not self.ended.is_set() and (_purge_step() or _take_step()):
            self.ended.wait(PAUSE_SECONDS)


def add(clients_id: int, campaign_id: int) -> None:
    """Schedule the purge of a campaign's contacts, in the transaction that deletes it; readers see none of them then.

    :param clients_id: ID of the client account.
    :param campaign_id: ID of the campaign.
    """
    if store.execute(
        "delete from DiallerContactsCounts where ClientsID = :client and DiallerCampaignsID = :id",
        client=clients_id,
        id=campaign_id,
    ):
        store.execute("insert into DiallerContactsPurges (DiallerCampaignsID) values (:id)", id=campaign_id)
        store.current().after_commit(wake)


def finish(campaign_id: int) -> None:
    """Delete all that is left of a deleted campaign, in the transaction that uses its ID again.

    :param campaign_id: ID of the campaign.
    """
    if store.execute("delete from DiallerContactsPurges where DiallerCampaignsID = :campaign", campaign=campaign_id):
        store.execute("delete from DiallerContacts where DiallerCampaignsID = :campaign", campaign=campaign_id)
        staging.drop_campaign(campaign_id)


def end_all() -> None:
    """Do all that is left in the background, in a database that nothing serves.

    :raises store.Refused: an import has not ended.
    """
    while _purge_step() or _take_step():
        pass
    if store.query("select 1 from DiallerContactsUploads limit 1"):
        raise store.Refused("an import has not ended: stop what serves the database, and wait half a minute")


def wake() -> None:
    """Wake the background thread, because there is something to move or delete."""
    store.current().work.set()


def _take_step() -> bool:
    if not uploads.has_ended():
        return False
    with store.atomic():
        uploads.take_step()
    store.current().write_back()
    return True


def _purge_step() -> bool:
    campaign = store.one("select DiallerCampaignsID as ID from DiallerContactsPurges limit 1")
    if campaign is None:
        return False
    with store.atomic():
        purged = store.execute(
            # The join: `finish` may have ended this purge meanwhile.
            "delete from DiallerContacts where ID in (select Contacts.ID from DiallerContactsPurges as Purges"
            " join DiallerContacts as Contacts on Contacts.DiallerCampaignsID = Purges.DiallerCampaignsID"
            " where Purges.DiallerCampaignsID = :id order by Contacts.ID limit :step)",
            id=campaign["ID"],
            step=PURGE_STEP,
        )
        if purged < PURGE_STEP:
            store.execute(
                "delete from DiallerContactsPurges where DiallerCampaignsID = :campaign", campaign=campaign["ID"]
            )
    store.current().write_back()
    return True

"""Contacts that are taken away, or moved, a few at a time, so that nobody waits for it.

They are those of campaigns that are deleted, and those of imports that have ended; see `data.uploads`.
"""

import logging
import threading

from data import staging, store, uploads

# Both together leave most of the time to other writers, and each of them waits for one step at most.
STEP = 100
PAUSE_SECONDS = 0.02
# Another process may have left something to do.
LOOK_SECONDS = 60
RETRY_SECONDS = 1

logger = logging.getLogger("freiton")


class Purge:
    """Takes away, in a thread of its own, what there is now and what is left by deletions, until the store is closed.

    :param of: the store.
    """

    def __init__(self, of: store.Store) -> None:
        self.store = of
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._run, name="purge", daemon=True)
        of.work.set()
        self.thread.start()
        of.at_close(self.close)

    def close(self) -> None:
        """End it behind the step that it is at; what is left then is taken away after the next start."""
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
                except (store.Unavailable, store.sqlite3.DatabaseError) as error:
                    logger.warning(
                        "the contacts of deleted campaigns cannot be taken away now: %s", type(error).__name__
                    )
                    self.ended.wait(RETRY_SECONDS)
                    self.store.work.set()
        self.store.connections.close()

    def _purge(self) -> None:
        while not self.ended.is_set() and (_purge_step() or _take_step()):
            self.ended.wait(PAUSE_SECONDS)


def add(clients_id: int, campaign_id: int) -> None:
    """Have the contacts of a campaign taken away, in the transaction that deletes it; readers see none then."""
    if store.execute(
        "delete from DiallerContactsCounts where ClientsID = :client and DiallerCampaignsID = :id",
        client=clients_id,
        id=campaign_id,
    ):
        store.execute("insert into DiallerContactsPurges (DiallerCampaignsID) values (:id)", id=campaign_id)
        store.current().after_commit(wake)


def finish(campaign_id: int) -> None:
    """Take away all that is left of a campaign that was deleted, in the transaction that brings its ID back."""
    if store.execute("delete from DiallerContactsPurges where DiallerCampaignsID = :campaign", campaign=campaign_id):
        store.execute("delete from DiallerContacts where DiallerCampaignsID = :campaign", campaign=campaign_id)
        staging.drop_campaign(campaign_id)


def wake() -> None:
    """Have moved, or taken away, what is left to be."""
    store.current().work.set()


def _take_step() -> bool:
    if not uploads.has_ended():
        return False
    store.execute("pragma wal_autocheckpoint = 0")
    with store.atomic():
        uploads.take_step()
    store.query("pragma wal_checkpoint(passive)")
    return True


def _purge_step() -> bool:
    campaign = store.one("select DiallerCampaignsID as ID from DiallerContactsPurges limit 1")
    if campaign is None:
        return False
    store.execute("pragma wal_autocheckpoint = 0")
    with store.atomic():
        purged = store.execute(
            # It may have been finished meanwhile.
            "delete from DiallerContacts where ID in (select Contacts.ID from DiallerContactsPurges as Purges"
            " join DiallerContacts as Contacts on Contacts.DiallerCampaignsID = Purges.DiallerCampaignsID"
            " where Purges.DiallerCampaignsID = :id order by Contacts.ID limit :step)",
            id=campaign["ID"],
            step=STEP,
        )
        if purged < STEP:
            store.execute(
                "delete from DiallerContactsPurges where DiallerCampaignsID = :campaign", campaign=campaign["ID"]
            )
    # With the commit, it would make others wait longer than the step itself.
    store.query("pragma wal_checkpoint(passive)")
    return True

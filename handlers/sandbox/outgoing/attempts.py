"""An attempt to deliver a call: the request, the entry of the journal, and what becomes of the call."""

from collections.abc import Collection, Mapping
from typing import Any

from data import store
from handlers.contract.problems import Problem
from handlers.sandbox.outgoing import credentials
from handlers.sandbox.outgoing.addresses import Forbidden, read_url
from handlers.sandbox.outgoing.connections import Connections
from handlers.sandbox.outgoing.contract import find_operation
from handlers.sandbox.outgoing.credentials import Credentials
from handlers.sandbox.outgoing.exchange import Broken, Outbound, Passed, Stale, Terms, send
from handlers.sandbox.outgoing.messages import compose
from handlers.sandbox.outgoing.recording import Recording, show
from handlers.sandbox.registry import journal, limits, queue
from handlers.sandbox.registry.queue import LeasedCall

UNAUTHORIZED = 401
# The first status of errors that are worth another attempt.
SERVER_ERRORS = 500


async def deliver(
    registry: store.Store, leased: LeasedCall, allowed: Collection[str], connections: Connections
) -> None:
    """Send a call, and note what becomes of it.

    :param registry: the registry.
    :param leased: the call.
    :param allowed: the hosts beside this machine that it may go to.
    :param connections: the connections that are kept open between calls.
    """
    attempt = _Attempt(registry, leased, allowed, connections)
    try:
        await attempt.run()
    except Forbidden as error:
        attempt.fail(f"the URL {error}")
    except (Broken, Problem) as error:
        attempt.fail(str(error))


class _Attempt:
    def __init__(
        self, registry: store.Store, leased: LeasedCall, allowed: Collection[str], connections: Connections
    ) -> None:
        self.registry = registry
        self.leased = leased
        rule = leased.target.rule
        disconnect = None if leased.attempts else rule["disconnect"]
        kept = None if disconnect else connections
        self.terms = Terms(allowed, rule["timeout"], kept, rule["checkCertificate"], disconnect)
        # No token is fetched in vain.
        self.plain = self.terms._replace(connections=None, disconnect=None)
        self.requests = 0
        with registry.use():
            self.limits = limits.read()

    async def run(self) -> None:
        """Send the request, again with new credentials if the kept ones are refused, and note the answer."""
        known = await self._find_credentials(anew=False)
        passed = await self._send(known)
        if passed.status == UNAUTHORIZED and known.is_kept:
            self._note_entry()
            known = await self._find_credentials(anew=True)
            passed = await self._send(known)
        answer = {"status": passed.status, **_cut(show(passed.body, (), known.secrets, self.limits.largest_kept))}
        self._note(answer, None, is_failure=(passed.status or 0) >= SERVER_ERRORS)

    def fail(self, reason: str) -> None:
        """Note that there is no answer.

        :param reason: why.
        """
        self._note(None, reason, is_failure=True)

    entry: journal.Entry | None = None

    async def _find_credentials(self, *, anew: bool) -> Credentials:
        return await credentials.find(self.registry, self.leased.world, self.leased.target, self.plain, anew=anew)

    async def _send(self, known: Credentials) -> Passed:
        """Send the request, again while servers have closed connections that were kept (RFC 9112, section 9.3.1)."""
        while True:
            try:
                return await self._send_once(known)
            except Stale:
                self._note_entry()

    async def _send_once(self, known: Credentials) -> Passed:
        leased = self.leased
        operation, passed = find_operation(leased.operation_id), Passed()
        asked, place = compose(operation, leased.data), read_url(leased.target.rule["url"])
        target = place.path + operation.template + ("?" + asked.query.decode() if asked.query else "")
        headers = [*asked.headers, *([(b"Authorization", known.value.encode())] if known.value else ())]
        self.requests += 1
        number = f"call-{leased.id}-{leased.attempts + 1}.{self.requests}"
        recording = Recording(operation, asked, place, number)
        try:
            await send(Outbound(operation.method, place, target, headers, asked.body or b""), self.terms, passed)
            return passed
        finally:
            if passed.sent is not None:
                self.entry = recording.describe(leased.id, passed, known.secrets, self.limits.largest_kept)

    def _note(self, answer: Mapping[str, Any] | None, reason: str | None, *, is_failure: bool) -> None:
        with self.registry.use(), store.atomic():
            self._note_entry()
            queue.finish(self.leased, answer, reason, is_failure=is_failure)

    def _note_entry(self) -> None:
        entry, self.entry = self.entry, None
        if entry is not None:
            with self.registry.use():
                journal.add(self.leased.world, entry, (), self.limits.journal_length)


def _cut(shown: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in shown.items() if name in ("body", "encoding")}

"""A client that writes all the time and remembers what it was told."""

import threading
import time
from types import TracebackType

from tests.support.campaigns import SOURCE, ask_to_clone
from tests.support.service import Service

SECONDS_TO_WAIT = 60


class Writer:
    """Clones a campaign again and again while the block runs that it is the context of.

    :param service: the server.
    """

    def __init__(self, service: Service) -> None:
        self.service = service
        self.acknowledged: list[str] = []
        self.refused: list[int] = []
        self.thread = threading.Thread(target=self._write)
        self.over = threading.Event()

    def __enter__(self) -> "Writer":
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self.thread.join()

    def await_more(self, answers: list[str] | list[int]) -> None:
        """Wait until five more requests have been answered.

        :param answers: `acknowledged` or `refused`.
        """
        enough, deadline = len(answers) + 5, time.monotonic() + SECONDS_TO_WAIT
        while len(answers) < enough:
            assert time.monotonic() < deadline, f"acknowledged {self.acknowledged[-1:]}, refused {self.refused[-1:]}"
            time.sleep(0.01)

    def _write(self) -> None:
        number = 0
        with self.service.client() as api:
            while not self.over.is_set():
                number += 1
                name = f"Clone {number}"
                answer = ask_to_clone(api, SOURCE, name)
                if answer.status_code == 200:
                    self.acknowledged.append(name)
                else:
                    self.refused.append(answer.status_code)

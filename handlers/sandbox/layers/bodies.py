"""Bodies of requests and answers, looked at while they pass."""

import base64
import codecs
from collections.abc import Iterable, Mapping
from typing import Any

from handlers.contract.bodies import LARGEST_BODY

# Header fields that the journal leaves out, because they let others in.
SECRET = {b"authorization", b"cookie", b"proxy-authorization", b"set-cookie"}


class Body:
    """A body that passes in chunks: its beginning is kept, and its size counted.

    :param is_complete: whether it is known from the beginning that there is none.
    """

    def __init__(self, *, is_complete: bool = False) -> None:
        self.kept = bytearray()
        self.size = self.chunks = 0
        self.is_complete = is_complete

    def add(self, chunk: bytes, *, is_last: bool) -> None:
        """Take note of a chunk.

        :param chunk: the chunk.
        :param is_last: whether the body ends with it.
        """
        self.kept += chunk[: LARGEST_BODY - len(self.kept)]
        self.size += len(chunk)
        self.chunks += 1
        self.is_complete = is_last

    @property
    def whole(self) -> bytes | None:
        """Return the body; None if it has not arrived completely, or is larger than the largest JSON body."""
        return bytes(self.kept) if self.is_complete and self.size == len(self.kept) else None

    def describe(self, headers: Iterable[tuple[bytes, bytes]], most: int) -> Mapping[str, Any]:
        """Return the header fields, the body and its size as the journal shows them.

        :param headers: the header fields of the message, as pairs of name and value, names in lower case.
        :param most: how many bytes of the body are shown.
        """
        fields: dict[str, str] = {}
        for name, value in headers:
            if name not in SECRET:
                text, before = value.decode("latin-1"), fields.get(name.decode("latin-1"))
                fields[name.decode("latin-1")] = text if before is None else f"{before}, {text}"
        return {"headers": fields, **_render(bytes(self.kept[:most]), is_cut=self.size > most), "size": self.size}


def _render(body: bytes, *, is_cut: bool) -> Mapping[str, str]:
    try:
        # The last character of a body that is cut may be incomplete.
        return {"body": codecs.getincrementaldecoder("utf-8")().decode(body, final=not is_cut)}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode(), "encoding": "base64"}

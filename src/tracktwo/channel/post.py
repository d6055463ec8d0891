"""A relay, as a member uses it (docs/spec/relay.md). Knows envelopes and capabilities, no names.

Each mailbox has a connection of its own, and through a SOCKS proxy a user name of its own, which
makes Tor take another circuit: a relay cannot tell by the connection which mailboxes are one
person's.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import urlsplit

import httpx

from tracktwo.errors import BadInput, Unreachable
from tracktwo.legible import legible
from tracktwo.reasons import reason
from tracktwo.said import said

TTL_HOURS = 60 * 24
"""How long a relay keeps a mailbox and what is in it after it was made, or made again.

It is made again once less than half of this is left, so that whoever goes may stay away for the
other half.
"""
BLOB_HOURS = 30 * 24
"""How long a relay keeps a blob, which is made once."""

_HALF = TTL_HOURS * 3600 // 2  # seconds
_CONNECT, _ANSWER = 20.0, 40.0  # seconds
_HEAD = 8 + 16 + 4
_PAGE = 64
_LAST = (1 << 63) - 1  # the largest place a file can keep
_PART = 1 << 16
_LONGEST = 32 << 20  # bytes of an answer: more than a page of the largest envelopes
_ANOTHER_LANGUAGE = "The relay speaks another language. Nothing is lost."
_NO_ADDRESS = "The address of a member's relay is none. Nothing is lost."


@dataclass(frozen=True, slots=True)
class Delivery:
    """An envelope in a mailbox, at its place."""

    seq: int
    data: bytes


class _Answer(NamedTuple):
    headers: httpx.Headers
    content: bytes


class Full(Unreachable):
    """The mailbox takes no more until its owner has read it."""


class Unknown(Unreachable):
    """There is no such mailbox, or not for this capability."""


class Taken(Unreachable):
    """Somebody else has this place at the relay."""


class Post:
    """Connections to relays. Raises Unreachable from every method when a relay does not answer."""

    def __init__(
        self,
        proxy: str | None = None,
        token: str | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`proxy`: socks5h://host:port, or an http:// one. Raises BadInput if it is none.

        `token`: what our own relay's operator wants to hear before it makes a mailbox or a blob; it
        is told to no other member's relay.
        """
        self._proxy = proxy
        self._word = {} if token is None else {"Operator-Token": token}
        self._clients: dict[tuple[str, bytes], httpx.Client] = {}
        self._made: dict[bytes, float] = {}
        self._now = now
        if proxy is not None:
            _require_proxy(proxy)

    def __repr__(self) -> str:
        return "Post(<secret>)"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        for client in self._clients.values():
            client.close()

    def _client(self, relay: str, capability: bytes) -> httpx.Client:
        key = (relay, hashlib.sha256(capability).digest())
        if key not in self._clients:
            try:
                self._clients[key] = httpx.Client(
                    base_url=relay,
                    headers={"Authorization": f"Bearer {_text(capability)}"},
                    timeout=httpx.Timeout(_ANSWER, connect=_CONNECT),
                    proxy=_own_circuit(self._proxy),
                    verify=_certificates(relay),
                    trust_env=False,
                )
            except (ValueError, httpx.InvalidURL):
                raise Unreachable(_NO_ADDRESS) from None
        return self._clients[key]

    def _ask(
        self,
        method: str,
        relay: str,
        capability: bytes,
        path: str,
        *,
        fine: tuple[int, ...] = (200, 201),
        **more: Any,  # noqa: ANN401 - what httpx takes
    ) -> _Answer:
        client = self._client(relay, capability)
        with self._translated(), client.stream(method, path, **more) as answer:
            if answer.status_code not in fine:
                raise _refusal(answer.status_code)
            body = bytearray()
            for data in answer.iter_raw(_PART):
                body += data
                if len(body) > _LONGEST:
                    raise Unreachable(_ANOTHER_LANGUAGE)
            return _Answer(answer.headers, bytes(body))

    @staticmethod
    @contextmanager
    def _translated() -> Iterator[None]:
        try:
            yield
        except (UnicodeError, httpx.InvalidURL):  # what a member says is its relay may be anything
            raise Unreachable(_NO_ADDRESS) from None
        except httpx.HTTPError as error:
            raise Unreachable(
                said(
                    "The relay does not answer ({why}). Nothing is lost; try again.",
                    why=reason(error),
                )
            ) from None

    # Mailboxes

    def make_mailbox(self, relay: str, receive: bytes, send: bytes) -> None:
        """Make a mailbox, or make it last longer. Raises Taken if it is another sender's."""
        mailbox, now = _made_of(relay, receive), self._now()
        if now - self._made.get(mailbox, -_HALF) < _HALF:
            return
        terms = {
            "recv_hash": hashlib.sha256(receive).hexdigest(),
            "send_hash": hashlib.sha256(send).hexdigest(),
            "ttl_hours": TTL_HOURS,
        }
        self._ask("POST", relay, receive, "/v1/mailboxes", json=terms, headers=self._word)
        self._made[mailbox] = now

    def put(self, relay: str, send: bytes, mid: bytes, envelope: bytes) -> None:
        """Post an envelope; when this returns the relay has it on disk.

        Raises Full or Unknown if this mailbox cannot take it.
        """
        path = f"/v1/s/{_id(b'send id', send)}/{mid.hex()}"
        self._ask("PUT", relay, send, path, content=envelope)

    def get(self, relay: str, receive: bytes, after: int, wait: int = 0) -> list[Delivery]:
        """What came after a place, waiting up to `wait` seconds for the first."""
        path = f"/v1/r/{_id(b'recv id', receive)}"
        asked = {"after": after, "max": _PAGE, "wait": wait}
        try:
            return list(_frames(self._ask("GET", relay, receive, path, params=asked).content))
        except Unknown:
            self._made.pop(_made_of(relay, receive), None)  # a relay that lost all makes it anew
            raise

    def forget(self, relay: str, receive: bytes, upto: int) -> None:
        """Let the relay drop all up to a place: it is on our disk."""
        path = f"/v1/r/{_id(b'recv id', receive)}/ack"
        self._ask("POST", relay, receive, path, json={"upto": upto}, fine=(200, 204))

    def close_mailbox(self, relay: str, receive: bytes) -> None:
        """Remove a mailbox and all that is in it."""
        path = f"/v1/r/{_id(b'recv id', receive)}"
        self._ask("DELETE", relay, receive, path, fine=(200, 204, 404))

    # Blobs

    def make_blob(self, relay: str, read: bytes, write: bytes, total: int) -> None:
        """Make room for a blob of `total` bytes."""
        terms = {
            "read_hash": hashlib.sha256(read).hexdigest(),
            "write_hash": hashlib.sha256(write).hexdigest(),
            "total": total,
            "ttl_hours": BLOB_HOURS,
        }
        self._ask("POST", relay, write, "/v1/blobs", json=terms, headers=self._word)

    def blob_offset(self, relay: str, ident: bytes, capability: bytes) -> int:
        """How many bytes of a blob the relay has."""
        answer = self._ask("HEAD", relay, capability, f"/v1/b/{ident.hex()}")
        return _offset(answer)

    def append(self, relay: str, ident: bytes, write: bytes, offset: int, piece: bytes) -> int:
        """Add a piece at an offset; the offset the relay then has, durably."""
        answer = self._ask(
            *("PATCH", relay, write, f"/v1/b/{ident.hex()}"),
            headers={"Upload-Offset": str(offset)},
            content=piece,
            fine=(200, 201, 204, 409),
        )
        return _offset(answer)

    def read_blob(self, relay: str, ident: bytes, read: bytes, start: int) -> Iterator[bytes]:
        """The bytes from `start` on, those that are there and those that come while we listen."""
        client = self._client(relay, read)
        with (
            self._translated(),
            client.stream(
                "GET",
                f"/v1/b/{ident.hex()}",
                params={"follow": 1},
                headers={"Range": f"bytes={start}-"},
            ) as answer,
        ):
            if answer.status_code == 416:  # none of it is there, and all that is to come was read
                return
            if answer.status_code not in (200, 206):
                raise _refusal(answer.status_code)
            yield from answer.iter_bytes()

    def delete_blob(self, relay: str, ident: bytes, write: bytes) -> None:
        """Remove a blob."""
        self._ask("DELETE", relay, write, f"/v1/b/{ident.hex()}", fine=(200, 204, 404))


def _offset(answer: _Answer) -> int:
    """Where the relay says the blob is."""
    text = answer.headers.get("Upload-Offset", "")
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Unreachable(_ANOTHER_LANGUAGE)
    return int(text)


def _made_of(relay: str, receive: bytes) -> bytes:
    """What stands for a mailbox at a relay."""
    return hashlib.sha256(relay.encode() + receive).digest()


def _frames(data: bytes) -> Iterator[Delivery]:
    """Place (8 bytes), name (16), length (4, all big-endian), envelope; one after the other.

    The name is the sender's choice and means nothing here: an envelope is known by its bytes.
    """
    start = 0
    while start < len(data):
        seq = int.from_bytes(data[start : start + 8])
        length = int.from_bytes(data[start + 24 : start + 28])
        start += _HEAD
        if start + length > len(data) or seq > _LAST:
            raise Unreachable(_ANOTHER_LANGUAGE)
        yield Delivery(seq, data[start : start + length])
        start += length


def _refusal(status: int) -> Unreachable:
    if status == 404:
        return Unknown("The relay knows no such mailbox. Nothing is lost.")
    if status == 403:
        return Unreachable(
            "The relay makes mailboxes only for who knows its operator's token: put it into the"
            " variable TRACKTWO_RELAY_TOKEN."
        )
    if status == 409:
        return Taken("Somebody else has this place at the relay. Nothing is lost.")
    if status == 507:
        return Full("The relay can keep no more for this member now. Nothing is lost.")
    return Unreachable(
        said("The relay refused this ({why}). Nothing is lost; try again later.", why=str(status))
    )


def _id(what: bytes, capability: bytes) -> str:
    return hashlib.sha256(what + hashlib.sha256(capability).digest()).hexdigest()[:32]


@cache
def _certificates(relay: str) -> ssl.SSLContext:
    """Whom to believe; nobody where nothing is encrypted by TLS, which spares loading them."""
    if relay.lower().startswith("https:"):
        return httpx.create_ssl_context()
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _text(capability: bytes) -> str:
    return base64.urlsafe_b64encode(capability).decode().rstrip("=")


def _require_proxy(proxy: str) -> None:
    """Raise BadInput if there can be no proxy at this address."""
    try:
        httpx.Client(proxy=proxy, trust_env=False).close()
        parts = urlsplit(proxy)  # httpx takes what is half an address
        is_address = bool(parts.hostname and parts.port != 0 and httpx.URL(proxy).host)
    except (ValueError, httpx.InvalidURL):
        is_address = False
    if not is_address:
        advice = "It is like socks5h://127.0.0.1:9050."
        raise BadInput("This is no address of a proxy.", where=legible(proxy), advice=advice)


def _own_circuit(proxy: str | None) -> str | None:
    """The proxy with a user name nobody else has."""
    if proxy is None or "@" in proxy or not proxy.startswith("socks"):
        return proxy
    scheme, _, rest = proxy.partition("://")
    return f"{scheme}://{secrets.token_hex(8)}:{secrets.token_hex(8)}@{rest}"

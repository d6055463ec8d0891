"""What a relay needs of its storage, and the one judgement on a post that all storages share.

Every call is authorised by the row it concerns, in the transaction that serves it. A mailbox or a
blob that is unknown, expired, or held by another capability is None, False or NOT_FOUND alike.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

from tracktwo.errors import BadInput
from tracktwo.relay.bells import Bells
from tracktwo.relay.frames import Frame
from tracktwo.relay.limits import TOMBSTONE, Limits


class Unavailable(Exception):
    """The storage does not answer now; nothing is half written, and asking again is safe."""


class Full(Exception):
    """The disk takes no more; nothing was written."""


@dataclass(frozen=True, slots=True)
class Post:
    """A message to be stored: for whom, by which right, under which name."""

    sid: bytes
    auth: bytes = field(repr=False)
    mid: bytes
    body: bytes = field(repr=False)

    @property
    def digest(self) -> bytes:
        """SHA-256 of the body: what the tombstone keeps of it."""
        return hashlib.sha256(self.body).digest()


@dataclass(frozen=True, slots=True)
class NewMailbox:
    """A mailbox to be made, by the hashes of its two capabilities."""

    rid: bytes
    sid: bytes
    recv_auth: bytes = field(repr=False)
    send_auth: bytes = field(repr=False)
    ttl_hours: int


@dataclass(frozen=True, slots=True)
class NewBlob:
    """A blob to be made, by the hashes of its two capabilities; `total` in bytes."""

    id: bytes
    read_auth: bytes = field(repr=False)
    write_auth: bytes = field(repr=False)
    total: int
    ttl_hours: int


@dataclass(frozen=True, slots=True)
class Made:
    """What came of making: CREATED, OK if it was there, CONFLICT, or INSUFFICIENT_STORAGE."""

    status: HTTPStatus
    expires_hour: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a blob is: `offset` of `total` bytes are there, and durable."""

    offset: int
    total: int


@dataclass(frozen=True, slots=True)
class Appended:
    """What came of a piece: NO_CONTENT, CONFLICT with the true offset, NOT_FOUND, ..."""

    status: HTTPStatus
    offset: int = 0


VERSION = 1
"""Of the tables. One that is known is kept with them; a later program upgrades from it."""


def require_version(found: int, where: str) -> None:
    """Raise BadInput for tables of a later program."""
    if found > VERSION:
        raise BadInput(
            f"This store was made by a later program (version {found}, this one reads {VERSION}).",
            where=where,
            advice="Install that program, or name another store.",
        )


class Blobs(Protocol):
    """Blobs, as Store."""

    def make(self, new: NewBlob) -> Awaitable[Made]:
        """Make an empty blob, or find it made."""

    def append(self, blob: bytes, auth: bytes, offset: int, piece: bytes) -> Awaitable[Appended]:
        """Add a piece at the offset the blob has; readers that follow it are woken."""

    def progress(self, blob: bytes, auth: bytes) -> Awaitable[Progress | None]:
        """How far a blob is, for its reader or its writer."""

    def read(self, blob: bytes, auth: bytes, offset: int, most: int) -> Awaitable[bytes | None]:
        """At most so many bytes from an offset, for the reader; empty if there are none yet."""

    def delete(self, blob: bytes, auth: bytes) -> Awaitable[bool]:
        """Forget a blob, for its reader or its writer."""


class Store(Protocol):
    """Mailboxes and blobs, durable before anything is acknowledged.

    Every method may raise Unavailable, and those that write, Full.
    """

    bells: Bells

    @property
    def blobs(self) -> Blobs:
        """The large things."""

    def put(self, post: Post) -> asyncio.Future[HTTPStatus]:
        """Store a message once. CREATED, OK, CONFLICT, NOT_FOUND, INSUFFICIENT_STORAGE or
        TOO_MANY_REQUESTS; on CREATED the reader's bell has been rung.
        """

    def make_mailbox(self, new: NewMailbox) -> Awaitable[Made]:
        """Make a mailbox, or find it made and make it last longer; never shorter."""

    def takes(self, sid: bytes, auth: bytes) -> Awaitable[bool]:
        """Whether a post by this right would find its mailbox."""

    def fetch(
        self, rid: bytes, auth: bytes, after: int, most: int
    ) -> Awaitable[list[Frame] | None]:
        """The next messages after a seq, in order; at most `most`, and about FETCH_BYTES."""

    def ack(
        self, rid: bytes, auth: bytes, upto: int, *, patient: bool = False
    ) -> asyncio.Future[HTTPStatus]:
        """NO_CONTENT once the bodies up to a seq are gone, or NOT_FOUND.

        What they were called stays known until the mailbox ends. Whoever is patient lets it wait
        a little, to go to the disk with other things.
        """

    def delete_mailbox(self, rid: bytes, auth: bytes) -> Awaitable[bool]:
        """Forget a mailbox and all that is in it."""

    def sweep(self) -> Awaitable[None]:
        """Remove what has expired."""

    def close(self) -> Awaitable[None]:
        """Let go of everything."""


def cost(body: int) -> int:
    """The bytes a message of so many counts for."""
    return body + TOMBSTONE


def judge(
    post: Post, known: bytes | None, *, held: int, messages: int, room: int, limits: Limits
) -> HTTPStatus:
    """Whether a post to a mailbox that takes it is stored.

    `known` is the digest kept under its mid; `held` and `messages` are what the mailbox holds now,
    `room` the bytes that may still be written at all.
    """
    if known is not None:
        return HTTPStatus.OK if known == post.digest else HTTPStatus.CONFLICT
    charge = cost(len(post.body))
    full = messages >= limits.mailbox_messages or held + charge > limits.mailbox_bytes
    return HTTPStatus.INSUFFICIENT_STORAGE if full or charge > room else HTTPStatus.CREATED


def this_hour(now: float) -> int:
    """Hours since 1970: the only clock that is ever stored."""
    return int(now // 3600)


def expiry(now: float, ttl_hours: int) -> int:
    """The hour at whose beginning something ends; never earlier than was asked for."""
    return this_hour(now) + ttl_hours + 1

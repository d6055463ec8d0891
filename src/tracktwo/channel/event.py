"""One entry of the log, and the chain that binds it to its author's others.

Canonical CBOR of ten items:

    [1, channel, author, epoch, seq, prev, heads, kind, body, hour]

channel and author are 16 bytes. `epoch` is 0, and the second of restoring after a backup was
restored: a restored machine begins a chain of its own, rather than saying a second time what it may
have said otherwise. `seq` counts from 1 in an epoch; `prev` is the id of the author's event before
(32 bytes; empty for the very first). `heads` lists [author, epoch, seq, id] of the last events of
others that the author had seen and had not told yet, sorted by author. `hour`: hours since 1970,
no finer. The id is BLAKE2b-256 of the bytes. No event is ever signed, so none proves anything to an
outsider (research: channel.md 4).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tracktwo.encoding import decode, encode
from tracktwo.errors import Malformed
from tracktwo.said import said

LIMIT = 200_000
"""Bytes of an event: what fits the largest envelope, with room to spare."""

ID = 16
"""Bytes that name a channel or a member."""

_VERSION = 1
_HASH = 32
_MOST_HEADS = 256


@dataclass(frozen=True, slots=True, order=True)
class Head:
    """The last event of an author that somebody has seen."""

    author: bytes
    epoch: int
    seq: int
    id: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """See the module."""

    channel: bytes
    author: bytes
    epoch: int
    seq: int
    prev: bytes
    heads: tuple[Head, ...]
    kind: str
    body: Any
    """A plain tree; each kind has its own."""
    hour: int

    def encode(self) -> bytes:
        """The bytes. Raises Malformed if they are more than an envelope carries."""
        heads = plain_heads(self.heads)
        fixed = [_VERSION, self.channel, self.author, self.epoch, self.seq, self.prev]
        data = encode([*fixed, heads, self.kind, self.body, self.hour])
        if len(data) > LIMIT:
            raise Malformed(
                said(
                    "This is too long to say at once: {size} of {most} bytes.",
                    size=len(data),
                    most=LIMIT,
                )
            )
        return data


def id_of(data: bytes) -> bytes:
    """The id of an event of these bytes."""
    return hashlib.blake2b(data, digest_size=_HASH, person=b"tracktwo event").digest()


def read(data: bytes) -> Event:
    """The event of these bytes. Raises Malformed."""
    items = decode(data, limit=LIMIT)
    if not isinstance(items, list) or len(items) != 10 or items[0] != _VERSION:
        raise Malformed("This is no event.")
    _, channel, author, epoch, seq, prev, heads, kind, body, hour = items
    if not (
        all(is_bytes(name, ID) for name in (channel, author))
        and all(is_count(number) for number in (epoch, seq, hour))
        and seq > 0
        and (is_bytes(prev, _HASH) or prev == b"")
        and isinstance(kind, str)
        and 0 < len(kind) <= 32
    ):
        raise Malformed("This is no event.")
    return Event(channel, author, epoch, seq, prev, read_heads(heads), kind, body, hour)


def read_heads(items: object) -> tuple[Head, ...]:
    """Heads from their plain form, sorted and one an author. Raises Malformed."""
    if not isinstance(items, list) or len(items) > _MOST_HEADS:
        raise Malformed("These are no heads.")
    heads = []
    for item in items:
        if not isinstance(item, list) or len(item) != 4:
            raise Malformed("These are no heads.")
        author, epoch, seq, ident = item
        if not (
            is_bytes(author, ID) and is_count(epoch) and is_count(seq) and is_bytes(ident, _HASH)
        ):
            raise Malformed("These are no heads.")
        heads.append(Head(author, epoch, seq, ident))
    authors = [head.author for head in heads]
    if authors != sorted(set(authors)):
        raise Malformed("Heads are not in order.")
    return tuple(heads)


def plain_heads(heads: Iterable[Head]) -> list[object]:
    """Heads as they are encoded."""
    return [[head.author, head.epoch, head.seq, head.id] for head in heads]


def is_bytes(value: object, length: int) -> bool:
    """Whether this is a byte string of that length."""
    return isinstance(value, bytes) and len(value) == length


def is_count(value: object) -> bool:
    """Whether this is a whole number that the store can hold, and not below 0."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 1 << 62

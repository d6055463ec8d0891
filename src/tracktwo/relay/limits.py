"""What a relay takes, and how much: constants of the interface, and what its operator sets."""

from __future__ import annotations

from dataclasses import dataclass

BUCKETS = (4096, 16384, 65536, 262144)  # bytes; a message is exactly one of these, never between
PIECE = 1 << 20  # bytes of a blob in one request, at most
CREDIT = 32  # messages under way on one WebSocket, each way
WAIT = 25  # seconds a long poll or a following reader is held with nothing to say, at most
FETCH = 256  # messages in one answer, at most
FETCH_BYTES = 1 << 20  # after which an answer takes no further message
TOMBSTONE = 128  # bytes a mailbox, a blob or a message counts beside what it holds
BACKLOG = 64 << 20  # bytes waiting for the disk, above which posts are put off

_MIB, _GIB = 1 << 20, 1 << 30


@dataclass(frozen=True, slots=True)
class Limits:
    """What one relay holds at most. Bytes, but for counts and hours."""

    mailbox_bytes: int = 64 * _MIB
    mailbox_messages: int = 10_000
    total_bytes: int = 20 * _GIB
    blob_bytes: int = 8 * _GIB
    ttl_hours: int = 60 * 24
    keep_free: int = 256 * _MIB

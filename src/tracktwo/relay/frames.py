"""The bytes of messages on their way to a reader, of a post on a WebSocket, and of its answer.

frame    seq 8, big-endian | mid 16 | length 4, big-endian | that many bytes
post     mid 16 | bytes of a bucket
answer   mid 16 | status 2, big-endian, as in HTTP
ack      upto 8, big-endian
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from tracktwo.errors import Malformed

_FRAME = struct.Struct(">Q16sI")
_ANSWER = struct.Struct(">16sH")
_ACK = struct.Struct(">Q")
MID = 16  # bytes


@dataclass(frozen=True, slots=True)
class Frame:
    """One message in its place: `seq` counts from 1 within a mailbox, without gaps."""

    seq: int
    mid: bytes
    body: bytes

    def __repr__(self) -> str:
        return f"Frame(seq={self.seq}, {len(self.body)} bytes)"


def pack_frames(frames: Iterable[Frame]) -> bytes:
    """Frames one behind the other: the body of an answer, or one WebSocket message."""
    parts: list[bytes] = []
    for frame in frames:
        parts += (_FRAME.pack(frame.seq, frame.mid, len(frame.body)), frame.body)
    return b"".join(parts)


def pack_answer(mid: bytes, status: int) -> bytes:
    """What became of one post."""
    return _ANSWER.pack(mid, status)


def unpack_post(message: bytes) -> tuple[bytes, bytes]:
    """The mid and the body of a post. Raises Malformed if there is no whole mid."""
    if len(message) < MID:
        raise Malformed("A post has no message id.")
    return message[:MID], message[MID:]


def unpack_ack(message: bytes) -> int:
    """Up to which seq the reader has all. Raises Malformed for anything but eight bytes."""
    if len(message) != _ACK.size:
        raise Malformed("An acknowledgement is eight bytes.")
    return int(_ACK.unpack(message)[0])

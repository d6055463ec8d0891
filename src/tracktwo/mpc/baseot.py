"""Base oblivious transfers: Masny-Rindal 2019, "Endemic Oblivious Transfer", figure 8 (from DH).

128 transfers of random 16-byte keys in one message each way, neither depending on the other. The
receiver's message for one transfer is two points (r0, r1) with r_b = x G - H(r_{1-b}) for its bit
b; the sender's is one point a G. The keys are hashes of a (r_j + H(r_{1-j})), of which the receiver
can know one. Every transfer has an `a` of its own, as in the paper.

    receiver's message   | r0 32 | r1 32 |  for each transfer
    sender's message     | a G 32 |         for each transfer
"""

from __future__ import annotations

import numpy as np

from tracktwo.errors import PeerFault
from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.cipher import Stream, derive
from tracktwo.mpc.group import (
    POINT_BYTES,
    checked,
    hash_to_point,
    minus,
    plus,
    scalar,
    times,
    times_base,
)

TRANSFERS = 128
RECEIVER_BYTES = 2 * POINT_BYTES * TRANSFERS
SENDER_BYTES = POINT_BYTES * TRANSFERS


class BaseReceiver:
    """Chooses one of two keys in each transfer, by the bits `choices`, shape (128,)."""

    def __init__(self, seed: bytes, context: bytes, choices: Bits) -> None:
        stream = Stream(derive("base receiver", seed))
        self._context = context
        self._choices = choices
        self._scalars = [scalar(stream.read(64)) for _ in range(TRANSFERS)]
        others = [times_base(scalar(stream.read(64))) for _ in range(TRANSFERS)]
        self.message = b"".join(self._pair(i, others[i]) for i in range(TRANSFERS))

    def __repr__(self) -> str:
        return "BaseReceiver(<secret>)"

    def keys(self, reply: bytes) -> list[bytes]:
        """The chosen 16-byte keys. Raises PeerFault for a reply that is not 128 points."""
        points = [checked(point) for point in _points(reply, SENDER_BYTES)]
        pairs = _points(self.message, RECEIVER_BYTES)
        return [
            _key(self._context, i, times(self._scalars[i], points[i]), pairs[2 * i : 2 * i + 2])
            for i in range(TRANSFERS)
        ]

    def _pair(self, index: int, other: bytes) -> bytes:
        chosen = int(self._choices[index])
        masks = [_mask(self._context, index, place, other) for place in (0, 1)]
        own = [minus(times_base(self._scalars[index]), mask) for mask in masks]
        # Both orders are computed and one is kept by arithmetic, so that time does not tell it.
        orders = np.frombuffer(own[0] + other + other + own[1], np.uint8).reshape(2, -1)
        keep = np.uint8(-chosen & 0xFF)
        return bytes((orders[0] & ~keep) | (orders[1] & keep))


class BaseSender:
    """Holds both keys of each transfer."""

    def __init__(self, seed: bytes) -> None:
        stream = Stream(derive("base sender", seed))
        self._scalars = [scalar(stream.read(64)) for _ in range(TRANSFERS)]
        self.message = b"".join(times_base(factor) for factor in self._scalars)

    def __repr__(self) -> str:
        return "BaseSender(<secret>)"

    def keys(self, context: bytes, reply: bytes) -> list[tuple[bytes, bytes]]:
        """Both 16-byte keys of each transfer. Raises PeerFault for bytes that are not points."""
        points = [checked(point) for point in _points(reply, RECEIVER_BYTES)]
        return [self._both(context, i, points[2 * i : 2 * i + 2]) for i in range(TRANSFERS)]

    def _both(self, context: bytes, index: int, pair: list[bytes]) -> tuple[bytes, bytes]:
        zero, one = (
            times(
                self._scalars[index],
                plus(pair[place], _mask(context, index, place, pair[1 - place])),
            )
            for place in (0, 1)
        )
        return _key(context, index, zero, pair), _key(context, index, one, pair)


def _mask(context: bytes, index: int, place: int, other: bytes) -> bytes:
    return hash_to_point("base mask", context, index, place, other)


def _key(context: bytes, index: int, shared: bytes, pair: list[bytes]) -> bytes:
    return derive("base key", context, index, shared, *pair)[:16]


def _points(message: bytes, length: int) -> list[bytes]:
    if len(message) != length:
        raise PeerFault("The other side's opening has the wrong length.")
    return [message[at : at + POINT_BYTES] for at in range(0, length, POINT_BYTES)]

"""Base oblivious transfers: Masny-Rindal 2019, "Endemic Oblivious Transfer", figure 8 (from DH).

128 transfers of random 16-byte keys in one message each way, neither depending on the other. The
receiver's message for one transfer is two points (r0, r1) with r_b = x G - H(r_{1-b}) for its bit
b; the sender's is a point a_j G for each branch j. The keys are hashes of a_j (r_j + H(r_{1-j})),
of which the receiver can know one. The hash H is bound to `masks`, known before the other side has
spoken; the keys to `keys`, which depends on both sides' openings.

    receiver's message   | r0 32 | r1 32 |      for each transfer
    sender's message     | a0 G 32 | a1 G 32 |  for each transfer
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
SENDER_BYTES = 2 * POINT_BYTES * TRANSFERS


class BaseReceiver:
    """Chooses one of two keys in each transfer, by the bits `choices`, shape (128,)."""

    def __init__(self, seed: bytes, masks: bytes, choices: Bits) -> None:
        stream = Stream(derive("base receiver", seed))
        self._masks = masks
        self._choices = choices
        self._scalars = [scalar(stream.read(64)) for _ in range(TRANSFERS)]
        others = [times_base(scalar(stream.read(64))) for _ in range(TRANSFERS)]
        self.message = b"".join(self._pair(i, others[i]) for i in range(TRANSFERS))

    def __repr__(self) -> str:
        return "BaseReceiver(<secret>)"

    def keys(self, keys: bytes, reply: bytes) -> list[bytes]:
        """The chosen 16-byte keys. Raises PeerFault for a reply that is not 256 points."""
        theirs = _checked_pairs(reply)
        ours = _pairs(self.message)
        chosen = []
        for i in range(TRANSFERS):
            point = _pick(int(self._choices[i]), *theirs[i])
            shared = times(self._scalars[i], point)
            chosen.append(_key(keys, i, point, shared, ours[i]))
        return chosen

    def _pair(self, index: int, other: bytes) -> bytes:
        masks = [_mask(self._masks, index, place, other) for place in (0, 1)]
        own = [minus(times_base(self._scalars[index]), mask) for mask in masks]
        return _pick(int(self._choices[index]), own[0] + other, other + own[1])


class BaseSender:
    """Holds both keys of each transfer."""

    def __init__(self, seed: bytes) -> None:
        stream = Stream(derive("base sender", seed))
        self._scalars = [scalar(stream.read(64)) for _ in range(2 * TRANSFERS)]
        self.message = b"".join(times_base(factor) for factor in self._scalars)

    def __repr__(self) -> str:
        return "BaseSender(<secret>)"

    def keys(self, masks: bytes, keys: bytes, reply: bytes) -> list[tuple[bytes, bytes]]:
        """Both 16-byte keys of each transfer. Raises PeerFault for bytes that are not points."""
        theirs, ours = _checked_pairs(reply), _pairs(self.message)
        both = []
        for i, pair in enumerate(theirs):
            held = []
            for place in (0, 1):
                blinded = plus(pair[place], _mask(masks, i, place, pair[1 - place]))
                shared = times(self._scalars[2 * i + place], blinded)
                held.append(_key(keys, i, ours[i][place], shared, pair))
            both.append((held[0], held[1]))
        return both


def _mask(masks: bytes, index: int, place: int, other: bytes) -> bytes:
    return hash_to_point("base mask", masks, index, place, other)


def _key(keys: bytes, index: int, sender: bytes, shared: bytes, pair: tuple[bytes, bytes]) -> bytes:
    return derive("base key", keys, index, sender, shared, *pair)[:16]


def _pick(bit: int, zero: bytes, one: bytes) -> bytes:
    """One of two strings of one length, by arithmetic, so that time does not tell which."""
    both = np.frombuffer(zero + one, np.uint8).reshape(2, -1)
    mask = np.uint8(-bit & 0xFF)
    return bytes((both[0] & ~mask) | (both[1] & mask))


def _checked_pairs(message: bytes) -> list[tuple[bytes, bytes]]:
    """All points are checked, whichever will be used: a failure must not tell which."""
    return [(checked(zero), checked(one)) for zero, one in _pairs(message)]


def _pairs(message: bytes) -> list[tuple[bytes, bytes]]:
    size = 2 * POINT_BYTES
    if len(message) != size * TRANSFERS:
        raise PeerFault("The other side's opening has the wrong length.")
    places = range(0, len(message), size)
    return [
        (message[at : at + POINT_BYTES], message[at + POINT_BYTES : at + size]) for at in places
    ]

"""What travels: every envelope looks like every other of its size, and shows nothing.

    envelope   = 01 | HPKE(padded)                          exactly 4, 16, 64 or 256 KiB
    padded     = length of frame, 4 bytes big-endian | frame | zeros
    frame      = canonical CBOR [1, from, counter, type, olm, mac]

HPKE (RFC 9180 base mode) with MLKEM768_X25519, HKDF-SHA256 and ChaCha20-Poly1305, info
"tracktwo envelope 1": it hides what Olm leaves in clear, and keeps a harvester with a quantum
computer out. It does not say who sealed it. `mac` does, beside Olm's own 8 bytes: HMAC-SHA256 under
a key only the two have (X25519 of their `mac` keys), so either could have made it and it proves
nothing to a third. `counter` counts what a member sent to this one, and is there to put envelopes
in order before Olm opens them. `type` is Olm's, 0 for a pre-key message and 1 after; or 2 for the
first word of somebody invited (invite.py), whose `from` is the invitation and whose `olm` is
[curve, pre-key message].
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from tracktwo.channel.event import ID, is_bytes
from tracktwo.channel.keys import box, unbox
from tracktwo.encoding import decode, encode
from tracktwo.errors import Malformed

BUCKETS = (4096, 16384, 65536, 262144)
"""Bytes of an envelope."""
FIRST_WORD = 2
"""Type of a frame from somebody invited."""

_INFO = b"tracktwo envelope 1"
_KIND = b"\x01"
_OVERHEAD = len(_KIND) + 1120 + 16 + 4
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """See the module."""

    sender: bytes
    counter: int
    type: int
    olm: bytes
    mac: bytes = b""

    def signed_with(self, key: bytes, channel: bytes, recipient: bytes) -> Frame:
        """This frame with its HMAC."""
        return replace(self, mac=self._mac(key, channel, recipient))

    def is_from(self, key: bytes, channel: bytes, recipient: bytes) -> bool:
        """Whether whoever made it has the key."""
        return hmac.compare_digest(self.mac, self._mac(key, channel, recipient))

    def _mac(self, key: bytes, channel: bytes, recipient: bytes) -> bytes:
        said = [channel, self.sender, recipient, self.counter, self.type, self.olm]
        return hmac.digest(key, encode(said), "sha256")


def seal(frame: Frame, hpke: bytes) -> bytes:
    """The envelope for who has this HPKE key (1216 bytes, checked when its card came).

    Raises Malformed if it is too long for the largest.
    """
    plain = encode([_VERSION, frame.sender, frame.counter, frame.type, frame.olm, frame.mac])
    bucket = next((size for size in BUCKETS if len(plain) + _OVERHEAD <= size), None)
    if bucket is None:
        raise Malformed("This is too long to say at once.")
    padded = len(plain).to_bytes(4) + plain + bytes(bucket - _OVERHEAD - len(plain))
    return _KIND + box(padded, hpke, _INFO)


def open_envelope(envelope: bytes, hpke: list[bytes]) -> Frame | None:
    """What is in it, with one of these private keys (96 bytes each); None if none opens it.

    Raises Malformed if it opens and is no frame.
    """
    if len(envelope) not in BUCKETS or envelope[:1] != _KIND:
        raise Malformed("This is no envelope.")
    padded = unbox(envelope[1:], hpke, _INFO)
    return None if padded is None else _read(padded)


def mid_of(envelope: bytes) -> bytes:
    """The 16 bytes an envelope is posted under: the same bytes are the same post."""
    return hashlib.blake2b(envelope, digest_size=16, person=b"tracktwo post").digest()


def pair_key(own: bytes, theirs: bytes, channel: bytes) -> bytes:
    """The 32 bytes two members' HMAC goes by. Raises ValueError for a point of small order."""
    shared = X25519PrivateKey.from_private_bytes(own).exchange(
        X25519PublicKey.from_public_bytes(theirs)
    )
    return HKDF(SHA256(), 32, salt=channel, info=b"tracktwo pair 1").derive(shared)


def _read(padded: bytes) -> Frame:
    length = int.from_bytes(padded[:4])
    if length > len(padded) - 4 or any(padded[4 + length :]):
        raise Malformed("An envelope is padded wrongly.")
    items = decode(padded[4 : 4 + length], limit=BUCKETS[-1])
    if not isinstance(items, list) or len(items) != 6 or items[0] != _VERSION:
        raise Malformed("An envelope holds no frame.")
    frame = Frame(*items[1:])
    if not (
        is_bytes(frame.sender, ID)
        and type(frame.counter) is type(frame.type) is int
        and frame.counter in range(1 << 62)
        and frame.type in (0, 1, FIRST_WORD)
        and isinstance(frame.olm, bytes)
        and is_bytes(frame.mac, 32)
    ):
        raise Malformed("An envelope holds no frame.")
    return frame

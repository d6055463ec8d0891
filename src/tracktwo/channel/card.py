"""What a member shows the others of one channel: public keys, an inbox, a pseudonym.

Canonical CBOR of eleven items:

    [1, curve, mac, text, hpke, fallback, relay, send, pseudonym, side, role]

    curve      32 bytes   Olm identity key (Curve25519)
    mac        32 bytes   X25519 key of the pairwise HMAC (envelope.py)
    text       32 bytes   Ed25519 key for agreed texts, never for talk
    hpke     1216 bytes   ML-KEM-768 (1184) and X25519 (32) keys of the outer box, renewed
    fallback   32 bytes   Olm pre-key that anybody of the channel may begin a session with, renewed
    relay      text       address of the relay that has the inbox; empty: by courier alone
    send       32 bytes   capability to post into the inbox

No key is used in two channels, so no two channels show that a person is in both.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from nacl.bindings import crypto_core_ed25519_is_valid_point

from tracktwo.channel.event import ID, is_bytes
from tracktwo.encoding import decode, encode
from tracktwo.errors import Malformed

LIMIT = 4096
"""Bytes of a card."""
ROLES = ("convener", "delegate", "observer")
"""What a member may be: brings the sides together; speaks for one; listens."""
NAME_LENGTH = 64
"""Characters of a pseudonym or a side's name."""

_VERSION = 1
_HPKE, _MLKEM = 1216, 1184
_RELAY_LENGTH = 256


@dataclass(frozen=True, slots=True)
class Card:
    """See the module."""

    curve: bytes
    mac: bytes
    text: bytes
    hpke: bytes
    fallback: bytes
    relay: str
    send: bytes
    pseudonym: str
    side: str
    """Empty for a convener or an observer, who speak for none."""
    role: str

    def encode(self) -> bytes:
        """The bytes."""
        keys = [self.curve, self.mac, self.text, self.hpke, self.fallback]
        return encode([_VERSION, *keys, self.relay, self.send, *self.words()])

    def words(self) -> list[str]:
        """Who this is, to the others."""
        return [self.pseudonym, self.side, self.role]

    def lasting(self) -> list[bytes]:
        """The keys that stay as long as the member does: what is verified."""
        return [self.curve, self.mac, self.text]

    def member(self, channel: bytes) -> bytes:
        """The 16 bytes that name this member in a channel."""
        material = encode([channel, *self.lasting()])
        return hashlib.blake2b(material, digest_size=ID, person=b"tracktwo member").digest()

    def renewed(self, other: Card) -> Card:
        """This member with the other card's keys and inbox. Raises Malformed if it is another.

        Or if the inbox is at another relay, which would see from where everybody posts next.
        """
        if other.lasting() != self.lasting() or other.words() != self.words():
            raise Malformed("A member may not become another.")
        if other.relay != self.relay:
            raise Malformed("A member may not move to another relay.")
        return replace(self, hpke=other.hpke, fallback=other.fallback, send=other.send)


def read(data: bytes) -> Card:
    """The card of these bytes. Raises Malformed."""
    items = decode(data, limit=LIMIT)
    if not isinstance(items, list) or len(items) != 11 or items[0] != _VERSION:
        raise Malformed("This is no member's card.")
    card = Card(*items[1:])
    sizes = {32: (*card.lasting(), card.fallback, card.send), _HPKE: (card.hpke,)}
    if not (
        all(is_bytes(key, size) for size, keys in sizes.items() for key in keys)
        and isinstance(card.relay, str)
        and len(card.relay) <= _RELAY_LENGTH
        and all(is_name(word) for word in card.words()[:2])
        and card.pseudonym
        and card.role in ROLES
        and _are_keys(card)
    ):
        raise Malformed("This is no member's card.")
    return card


@lru_cache(maxsize=1024)  # as slow as opening an envelope, and asked for each of them
def _are_keys(card: Card) -> bool:
    """Whether all can be used: one that cannot would make every word to all members fail."""
    try:
        MLKEM768PublicKey.from_public_bytes(card.hpke[:_MLKEM])
        for key in (card.curve, card.mac, card.fallback, card.hpke[_MLKEM:]):
            # any scalar shows a point of small order, which agrees on nothing secret
            X25519PrivateKey.from_private_bytes(bytes(32)).exchange(
                X25519PublicKey.from_public_bytes(key)
            )
    except ValueError:
        return False
    return crypto_core_ed25519_is_valid_point(card.text)


def is_name(value: object) -> bool:
    """Whether this can be a pseudonym or a side: one line that shows as it is."""
    return (
        isinstance(value, str)
        and len(value) <= NAME_LENGTH
        and value.isprintable()
        and value == value.strip()
    )

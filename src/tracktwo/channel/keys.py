"""One member's own keys in one channel, and what they become.

The HPKE key is renewed and its predecessors kept for a while, for envelopes under way; so is the
Olm fallback key. Of that vodozemac keeps one predecessor by itself, and we the account as it was:
two who both lost their sessions and know no newer key of each other would never begin one again.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ed25519, mlkem, x25519
from cryptography.hazmat.primitives.hpke import (
    AEAD,
    KDF,
    KEM,
    MLKEM768X25519PrivateKey,
    MLKEM768X25519PublicKey,
    Suite,
)
from vodozemac import Account

from tracktwo.channel.card import Card
from tracktwo.channel.store import Store
from tracktwo.encoding import decode, encode

KEPT = 5
"""HPKE keys an envelope is tried with."""

_SUITE = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_MLKEM_SEED, _MLKEM_PUBLIC = 64, 1184
_LIMIT = 1 << 16
PICKLE_KEY = bytes(32)
"""Pickles are kept in an encrypted file; a second key would be kept beside them."""


@dataclass(slots=True)
class Keys:
    """See the module. Private keys as raw bytes, newest HPKE key first."""

    account: Account
    mac: bytes
    text: bytes
    hpke: list[bytes]
    fallback: bytes
    """The public half of the account's fallback key."""
    receive: bytes
    """The capability to read the inbox."""
    send: bytes
    retired: list[bytes] = field(default_factory=list)
    """Capabilities to read the inboxes before, newest first."""
    former: list[str] = field(default_factory=list)
    """Pickles of the account with the fallback keys before, newest first."""
    retired_send: list[bytes] = field(default_factory=list)
    """Capabilities to post into the inboxes before; of the oldest a file may have none."""

    def __repr__(self) -> str:
        return "Keys(<secret>)"

    @classmethod
    def draw(cls) -> Keys:
        """New keys from the system's randomness."""
        account = Account()
        return cls(
            account,
            mac=secrets.token_bytes(32),
            text=secrets.token_bytes(32),
            hpke=[new_hpke()],
            fallback=_new_fallback(account),
            receive=secrets.token_bytes(32),
            send=secrets.token_bytes(32),
        )

    def renew(self) -> None:
        """A new HPKE key, fallback key and inbox; the old ones still open what is under way."""
        self.hpke = [new_hpke(), *self.hpke][:KEPT]
        self.former = [self.account.pickle(PICKLE_KEY), *self.former][: KEPT - 1]
        self.fallback = _new_fallback(self.account)
        self.retired = [self.receive, *self.retired][: KEPT - 1]
        self.retired_send = [self.send, *self.retired_send][: KEPT - 1]
        self.receive, self.send = secrets.token_bytes(32), secrets.token_bytes(32)

    def accounts(self) -> Iterator[Account]:
        """The account, and as it was with each fallback key before."""
        yield self.account
        for pickle in self.former:
            yield Account.from_pickle(pickle, PICKLE_KEY)

    def card(self, *, relay: str, pseudonym: str, side: str, role: str) -> Card:
        """What these keys show."""
        return Card(
            curve=self.account.curve25519_key.to_bytes(),
            mac=_public(x25519.X25519PrivateKey.from_private_bytes(self.mac).public_key()),
            text=_public(ed25519.Ed25519PrivateKey.from_private_bytes(self.text).public_key()),
            hpke=hpke_public_of(self.hpke[0]),
            fallback=self.fallback,
            relay=relay,
            send=self.send,
            pseudonym=pseudonym,
            side=side,
            role=role,
        )

    def save(self, store: Store) -> None:
        """Write them into the channel's file."""
        plain = [
            *(self.account.pickle(PICKLE_KEY), self.mac, self.text, self.hpke),
            *(self.fallback, self.receive, self.send, self.retired, self.former),
            self.retired_send,
        ]
        store.keep("keys", encode(plain))

    @classmethod
    def load(cls, store: Store) -> Keys:
        """Read them from the channel's file."""
        pickle, *rest = decode(store.own("keys") or b"", limit=_LIMIT)
        return cls(Account.from_pickle(pickle, PICKLE_KEY), *rest)


def hpke_private(raw: bytes) -> MLKEM768X25519PrivateKey:
    """The key of these 96 bytes: ML-KEM-768 seed, X25519 scalar."""
    return MLKEM768X25519PrivateKey(
        mlkem.MLKEM768PrivateKey.from_seed_bytes(raw[:_MLKEM_SEED]),
        x25519.X25519PrivateKey.from_private_bytes(raw[_MLKEM_SEED:]),
    )


def hpke_public(raw: bytes) -> MLKEM768X25519PublicKey:
    """The key of these 1216 bytes: ML-KEM-768, X25519. Raises ValueError."""
    return MLKEM768X25519PublicKey(
        mlkem.MLKEM768PublicKey.from_public_bytes(raw[:_MLKEM_PUBLIC]),
        x25519.X25519PublicKey.from_public_bytes(raw[_MLKEM_PUBLIC:]),
    )


def box(plain: bytes, public: bytes, info: bytes) -> bytes:
    """Sealed by HPKE for the key of these 1216 bytes, 1136 bytes longer. Raises ValueError."""
    return _SUITE.encrypt(plain, hpke_public(public), info=info)


def unbox(sealed: bytes, privates: Iterable[bytes], info: bytes) -> bytes | None:
    """What was sealed, with the first of these keys (96 bytes each) that opens it; None if none."""
    for raw in privates:
        try:
            return _SUITE.decrypt(sealed, hpke_private(raw), info=info)
        except (InvalidTag, ValueError):
            continue
    return None


def new_hpke() -> bytes:
    """A new private key: ML-KEM-768 seed (64 bytes), X25519 scalar (32)."""
    scalar = x25519.X25519PrivateKey.generate()
    return secrets.token_bytes(_MLKEM_SEED) + scalar.private_bytes_raw()


def hpke_public_of(raw: bytes) -> bytes:
    """The 1216 bytes of the public key of a private one."""
    kem = mlkem.MLKEM768PrivateKey.from_seed_bytes(raw[:_MLKEM_SEED]).public_key()
    scalar = x25519.X25519PrivateKey.from_private_bytes(raw[_MLKEM_SEED:])
    return kem.public_bytes_raw() + _public(scalar.public_key())


def _public(key: x25519.X25519PublicKey | ed25519.Ed25519PublicKey) -> bytes:
    return key.public_bytes_raw()


def _new_fallback(account: Account) -> bytes:
    account.generate_fallback_key()  # type: ignore[attr-defined] # the stubs lack it
    (key,) = account.fallback_key.values()  # type: ignore[attr-defined]
    account.mark_keys_as_published()
    fallback: bytes = key.to_bytes()
    return fallback

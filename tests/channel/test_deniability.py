"""Talk proves nothing to an outsider: who received a word could have made it alone.

The forger below has the recipient's keys and the public card of the other, and no more. It speaks
Olm by its published specification (Triple Diffie-Hellman; HKDF "OLM_ROOT" and "OLM_KEYS"; AES-256-
CBC; HMAC-SHA-256 cut to 8 bytes), not by the library under test.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7
from vodozemac import Account

from network import Network
from tracktwo.channel import keys as keys_module
from tracktwo.channel import renewal, signatures, signed_text
from tracktwo.channel.envelope import Frame, pair_key, seal
from tracktwo.channel.event import Event
from tracktwo.channel.keys import PICKLE_KEY, Keys
from tracktwo.encoding import encode


def derive(material: bytes, info: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=info).derive(material)


def opened(pickle: str) -> dict[str, Any]:
    """What an account's pickle holds: the owner has its key, and so its own private keys."""
    data = base64.b64decode(pickle + "=" * (-len(pickle) % 4))
    keys = derive(PICKLE_KEY, b"Pickle", 80)
    decryptor = Cipher(algorithms.AES(keys[:32]), modes.CBC(keys[64:])).decryptor()
    padded = decryptor.update(data[:-8]) + decryptor.finalize()
    unpadder = PKCS7(128).unpadder()
    plain: dict[str, Any] = json.loads(unpadder.update(padded) + unpadder.finalize())
    return plain


def private_key(account: dict[str, Any], public: bytes) -> X25519PrivateKey:
    """The one among all 32-byte values of the account whose public half this is."""
    found: list[X25519PrivateKey] = []

    def look(value: object) -> None:
        if isinstance(value, list) and len(value) == 32 and all(type(x) is int for x in value):
            key = X25519PrivateKey.from_private_bytes(bytes(value))
            if key.public_key().public_bytes_raw() == public:
                found.append(key)
        for inner in value.values() if isinstance(value, dict) else ():
            look(inner)
        for inner in value if isinstance(value, list) else ():
            look(inner)

    look(account)
    return found[0]


def exchange(own: X25519PrivateKey, theirs: bytes) -> bytes:
    return own.exchange(X25519PublicKey.from_public_bytes(theirs))


def field(tag: int, data: bytes) -> bytes:
    assert len(data) < 1 << 14
    length = [len(data)] if len(data) < 128 else [len(data) & 127 | 128, len(data) >> 7]
    return bytes([tag, *length]) + data


def forged_pre_key(
    victim: bytes, identity: X25519PrivateKey, fallback: X25519PrivateKey, plain: bytes
) -> bytes:
    """Olm's first message from whoever has the Curve25519 key `victim`, made by its recipient."""
    base, ratchet = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    secret = (
        exchange(fallback, victim)
        + exchange(identity, base.public_key().public_bytes_raw())
        + exchange(fallback, base.public_key().public_bytes_raw())
    )
    chain = derive(secret, b"OLM_ROOT", 64)[32:]
    keys = derive(hmac.digest(chain, b"\x01", "sha256"), b"OLM_KEYS", 80)
    padder = PKCS7(128).padder()
    padded = padder.update(plain) + padder.finalize()
    encryptor = Cipher(algorithms.AES(keys[:32]), modes.CBC(keys[64:])).encryptor()
    sealed = encryptor.update(padded) + encryptor.finalize()
    message = b"\x03" + field(0x0A, ratchet.public_key().public_bytes_raw()) + b"\x10\x00"
    message += field(0x22, sealed)
    message += hmac.digest(keys[32:64], message, "sha256")[:8]
    return (
        b"\x03"
        + field(0x0A, fallback.public_key().public_bytes_raw())
        + field(0x12, base.public_key().public_bytes_raw())
        + field(0x1A, victim)
        + field(0x22, message)
    )


def test_a_recipient_makes_alone_what_its_own_machine_takes_for_anothers_word(
    network: Network,
) -> None:
    network.found("Ada")
    ben, cleo = network.let_in("Ben", by="Ada"), network.let_in("Cleo", by="Ada")
    words = "I would settle for much less"
    channel = ben.replica.channel

    # Of Cleo only this is used: her public card, as Ben has it.
    card, author = ben.member(cleo).card, cleo.replica.own
    keys = Keys.load(ben.store)
    account = opened(keys.account.pickle(PICKLE_KEY))
    event = Event(channel, author, 0, 1, b"", (), "talk", {"text": words}, 500_000).encode()
    olm = forged_pre_key(
        card.curve,
        private_key(account, ben.replica.me.card.curve),
        private_key(account, keys.fallback),
        encode(["event", event, None, True]),
    )
    frame = Frame(author, 1, 0, olm)
    signed = frame.signed_with(pair_key(keys.mac, card.mac, channel), channel, ben.replica.own)
    ben.replica.accept(seal(signed, ben.replica.me.card.hpke))
    ben.replica.read_mail()

    said = [event for _, event in ben.events() if event.author == author]
    assert [event.body for event in said] == [{"text": words}]
    assert ben.alarms() == []
    assert cleo.texts() == []


def test_a_forgery_with_a_wrong_key_is_not_taken(network: Network) -> None:
    """The forgery above succeeds for the keys it uses, not because nothing is checked."""
    network.found("Ada")
    ben, cleo = network.let_in("Ben", by="Ada"), network.let_in("Cleo", by="Ada")
    channel, author, card = ben.replica.channel, cleo.replica.own, ben.member(cleo).card
    keys = Keys.load(ben.store)
    account = opened(keys.account.pickle(PICKLE_KEY))
    identity, fallback = (
        private_key(account, public) for public in (ben.replica.me.card.curve, keys.fallback)
    )
    event = Event(channel, author, 0, 1, b"", (), "talk", {"text": "x"}, 500_000).encode()
    note = encode(["event", event, None, True])
    stranger = X25519PrivateKey.generate()
    right = pair_key(keys.mac, card.mac, channel)
    for olm, key in (
        (forged_pre_key(card.curve, stranger, fallback, note), right),
        (forged_pre_key(stranger.public_key().public_bytes_raw(), identity, fallback, note), right),
        (forged_pre_key(card.curve, identity, fallback, note), secrets.token_bytes(32)),
    ):
        signed = Frame(author, 1, 0, olm).signed_with(key, channel, ben.replica.own)
        ben.replica.accept(seal(signed, ben.replica.me.card.hpke))
    ben.replica.read_mail()
    assert ben.texts() == []


class _Silent:
    """Anything of a key but its signature."""

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        assert name not in ("sign", "sign_oneshot"), "talk was signed"
        return getattr(self._inner, name)


def test_nothing_is_signed_by_talking_coming_in_and_leaving(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Accounts:
        def __new__(cls) -> object:
            return _Silent(Account())

        @staticmethod
        def from_pickle(*parts: object) -> object:
            return _Silent(Account.from_pickle(*parts))

    class TextKeys:
        @staticmethod
        def from_private_bytes(data: bytes) -> object:
            return _Silent(ed25519.Ed25519PrivateKey.from_private_bytes(data))

    class Module:
        Ed25519PrivateKey = TextKeys
        Ed25519PublicKey = ed25519.Ed25519PublicKey

    monkeypatch.setattr(keys_module, "Account", Accounts)
    for module in (keys_module, signed_text):
        monkeypatch.setattr(module, "ed25519", Module)
    network.found("Ada")
    ben, cleo = network.let_in("Ben", by="Ada"), network.let_in("Cleo", by="Ada")
    for person in network.people.values():
        person.say("hello")
    network.settle()
    renewal.renew(ben.replica)
    cleo.replica.say("leave", None)
    network.settle()
    assert ben.texts().count("hello") == 3
    with pytest.raises(AssertionError, match="signed"):
        Keys.load(ben.store).account.sign(b"x")
    with pytest.raises(AssertionError, match="signed"):
        signatures.sign(ben.replica, "a text")


def test_no_part_of_a_transcript_names_a_lasting_key_of_who_spoke(network: Network) -> None:
    """What is between HPKE and HMAC is the recipient's to open, and says nothing that only the
    sender could have said: no signature of 64 bytes that any key shown verifies."""
    network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    ben.say("deniable")
    network.settle()
    ada = network.person("Ada")
    (data,) = [event.encode() for _, event in ada.events() if event.kind == "talk"]
    key = ed25519.Ed25519PublicKey.from_public_bytes(ben.replica.me.card.text)
    digest = hashlib.sha256(data).digest()
    assert ben.replica.me.card.text not in data
    for at in range(len(data) - 63):
        for message in (data, digest):
            with pytest.raises(Exception):  # noqa: B017, PT011 - whatever refuses it
                key.verify(data[at : at + 64], message)

"""Talk proves nothing to an outsider: who received a word could have made it alone.

The forger below has the recipient's keys and the public card of the other, and no more. It speaks
Olm by its published specification (Triple Diffie-Hellman; HKDF "OLM_ROOT", "OLM_RATCHET" and
"OLM_KEYS"; AES-256-CBC; HMAC-SHA-256 cut to 8 bytes), not by the library under test.
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

from network import Network, Person
from tracktwo.channel import keys as keys_module
from tracktwo.channel import renewal, signatures, signed_text
from tracktwo.channel.envelope import Frame, open_envelope, pair_key, seal
from tracktwo.channel.event import Event, Head, id_of
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


class Forger:
    """The sender's end of a session of Olm, played by its recipient alone.

    Of the sender it has `victim`, the Curve25519 key of the card, and nothing secret.
    """

    def __init__(
        self, victim: bytes, identity: X25519PrivateKey, fallback: X25519PrivateKey
    ) -> None:
        base, self._ratchet = X25519PrivateKey.generate(), X25519PrivateKey.generate()
        secret = (
            exchange(fallback, victim)
            + exchange(identity, base.public_key().public_bytes_raw())
            + exchange(fallback, base.public_key().public_bytes_raw())
        )
        material = derive(secret, b"OLM_ROOT", 64)
        self._root, self._chain, self._index = material[:32], material[32:], 0
        self._opening = (
            field(0x0A, fallback.public_key().public_bytes_raw())
            + field(0x12, base.public_key().public_bytes_raw())
            + field(0x1A, victim)
        )

    def says(self, plain: bytes) -> tuple[int, bytes]:
        """Olm's type and bytes of the next word."""
        keys = derive(hmac.digest(self._chain, b"\x01", "sha256"), b"OLM_KEYS", 80)
        padder = PKCS7(128).padder()
        padded = padder.update(plain) + padder.finalize()
        encryptor = Cipher(algorithms.AES(keys[:32]), modes.CBC(keys[64:])).encryptor()
        sealed = encryptor.update(padded) + encryptor.finalize()
        message = b"\x03" + field(0x0A, self._ratchet.public_key().public_bytes_raw())
        message += bytes([0x10, self._index]) + field(0x22, sealed)
        message += hmac.digest(keys[32:64], message, "sha256")[:8]
        self._chain, self._index = hmac.digest(self._chain, b"\x02", "sha256"), self._index + 1
        if self._opening:
            return 0, b"\x03" + self._opening + field(0x22, message)
        return 1, message

    def hears(self, ratchet: bytes) -> None:
        """The recipient has answered under this key: go on as who has heard it."""
        self._root, _ = self._turned(ratchet)
        self._ratchet = X25519PrivateKey.generate()
        self._root, self._chain = self._turned(ratchet)
        self._index, self._opening = 0, b""

    def _turned(self, ratchet: bytes) -> tuple[bytes, bytes]:
        hkdf = HKDF(SHA256(), 64, salt=self._root, info=b"OLM_RATCHET")
        material = hkdf.derive(exchange(self._ratchet, ratchet))
        return material[:32], material[32:]


class Scene:
    """Ben, and what he makes up Cleo's words from: his own keys, and her card."""

    def __init__(self, ben: Person, cleo: Person) -> None:
        self.ben, self.author, self.card = ben, cleo.replica.own, ben.member(cleo).card
        self.channel, self.keys = ben.replica.channel, Keys.load(ben.store)
        account = opened(self.keys.account.pickle(PICKLE_KEY))
        self.identity = private_key(account, ben.replica.me.card.curve)
        self.fallback = private_key(account, self.keys.fallback)
        self.pair = pair_key(self.keys.mac, self.card.mac, self.channel)
        self.last = Head(self.author, 0, 0, b"")
        self.frames: list[Frame] = []

    def forger(self) -> Forger:
        return Forger(self.card.curve, self.identity, self.fallback)

    def note(self, text: str, *after: Person) -> bytes:
        """What Cleo would say next, who has heard these since her last word."""
        names = sorted(person.replica.own for person in after)
        heads = [self.ben.replica.log.head(name) for name in names]
        event = Event(
            *(self.channel, self.author, 0, self.last.seq + 1, self.last.id),
            heads=tuple(head for head in heads if head),
            kind="talk",
            body={"text": text},
            hour=self.ben.network.clock() // 3600,
        )
        data = event.encode()
        self.last = Head(self.author, 0, self.last.seq + 1, id_of(data))
        return encode(["event", data, None, event.seq == 1])

    def takes(self, kind: int, olm: bytes, pair: bytes | None = None) -> None:
        """Put a frame under Cleo's name before Ben's own machine."""
        frame = Frame(self.author, len(self.frames) + 1, kind, olm)
        signed = frame.signed_with(pair or self.pair, self.channel, self.ben.replica.own)
        self.frames.append(signed)
        self.ben.replica.accept(seal(signed, self.ben.replica.me.card.hpke))
        self.ben.replica.read_mail()

    def ratchet(self) -> bytes:
        """The key under which Ben's machine answers Cleo, out of its own session."""
        pickle = self.ben.store.one(
            "SELECT pickle FROM session WHERE peer = ? ORDER BY used DESC", self.author
        )
        private = opened(pickle)["sending_ratchet"]["active_ratchet"]["ratchet_key"]
        key = X25519PrivateKey.from_private_bytes(bytes(private))
        return key.public_key().public_bytes_raw()


def a_trio(network: Network) -> tuple[Person, Person, Person]:
    return network.found("Ada"), network.let_in("Ben", by="Ada"), network.let_in("Cleo", by="Ada")


def seen(frames: list[Frame], ben: Person, cleo: Person) -> list[object]:
    """All that a judge finds of frames who has every key of both, but for what is drawn anew."""
    channel, ours, theirs = ben.replica.channel, ben.replica.me.card, cleo.replica.me.card
    pairs = [
        pair_key(Keys.load(one.store).mac, card.mac, channel)
        for one, card in ((ben, theirs), (cleo, ours))
    ]
    return [
        (
            *(frame.type, len(frame.olm), frame.olm[:3] + frame.olm[35:37]),
            [frame.is_from(pair, channel, ben.replica.own) for pair in pairs],
            [key in frame.olm for key in (theirs.curve, ours.fallback)],
        )
        for frame in frames
    ]


def said_in(ben: Person) -> list[tuple[bool, str, int, int]]:
    """The talk on Ben's machine: whether it is his, the text, its place in the chain, the heads."""
    return [
        (event.author == ben.replica.own, event.body["text"], event.seq, len(event.heads))
        for _, event in ben.events()
        if event.kind == "talk"
    ]


WORDS = ("I would settle for less", "For much less", "For how much less?", "A half.", "Nothing.")


def test_a_recipient_makes_alone_a_whole_talk_both_ways_and_no_key_tells_it_from_a_real_one(
    network: Network, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ada, ben, cleo = a_trio(network)
    scene = Scene(ben, cleo)
    forger = scene.forger()
    for text, heard in ((WORDS[0], (ada,)), (WORDS[1], ())):
        scene.takes(*forger.says(scene.note(text, *heard)))
    ben.say(WORDS[2])
    forger.hears(scene.ratchet())
    scene.takes(*forger.says(scene.note(WORDS[3], ben)))
    ben.say(WORDS[2])
    forger.hears(scene.ratchet())
    scene.takes(*forger.says(scene.note(WORDS[4], ben)))
    assert cleo.texts() == []
    assert ben.alarms() == []

    real = Network(tmp_path_factory.mktemp("real"))
    _, true_ben, true_cleo = a_trio(real)
    with true_cleo.store.transaction():
        true_cleo.replica.mail().sessions.forget(true_ben.replica.own)
    mark = len(real.relay.put_bytes)
    for speaker, text in (
        *((true_cleo, WORDS[0]), (true_cleo, WORDS[1]), (true_ben, WORDS[2])),
        *((true_cleo, WORDS[3]), (true_ben, WORDS[2]), (true_cleo, WORDS[4])),
    ):
        speaker.say(text)
        for person in (speaker, true_ben, true_cleo):
            person.sync(acknowledge=False)
    hpke = Keys.load(true_ben.store).hpke
    frames = [open_envelope(one, hpke) for one in real.relay.put_bytes[mark:]]
    true_frames = [f for f in frames if f is not None and f.sender == true_cleo.replica.own]

    assert [f.type for f in true_frames] == [0, 0, 1, 1]
    assert seen(scene.frames, ben, cleo) == seen(true_frames, true_ben, true_cleo)
    assert said_in(ben) == said_in(true_ben)
    assert [text for _, text, _, _ in said_in(ben)] == [*WORDS[:4], WORDS[2], WORDS[4]]
    real.close()


def test_a_forgery_with_a_wrong_key_is_not_taken(network: Network) -> None:
    """The forgery above succeeds for the keys it uses, not because nothing is checked."""
    _, ben, cleo = a_trio(network)
    scene, stranger = Scene(ben, cleo), X25519PrivateKey.generate()
    foreign = stranger.public_key().public_bytes_raw()
    note = scene.note("x")
    for forger, pair in (
        (Forger(scene.card.curve, stranger, scene.fallback), scene.pair),
        (Forger(foreign, scene.identity, scene.fallback), scene.pair),
        (scene.forger(), secrets.token_bytes(32)),
    ):
        scene.takes(*forger.says(note), pair)
    assert ben.texts() == []
    forger = scene.forger()
    scene.takes(*forger.says(note))
    ben.say("an answer")
    forger.hears(foreign)  # a reply under a key that nobody answered with
    scene.takes(*forger.says(scene.note("y", ben)))
    assert ben.texts() == ["x", "an answer"]


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

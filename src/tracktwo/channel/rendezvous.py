"""Coming in by a code said over the telephone: `41377-harbor-violin`.

The number names two mailboxes that anybody can compute; the two words (22 bits) are a password for
SPAKE2 (RFC 9382, by the library `spake2`), whose messages pass through them:

    invited -> inviter    [1, SPAKE2 message A]
    inviter -> invited    [1, SPAKE2 message B, sealed invitation]

each as 4 bytes of length, big-endian, canonical CBOR, and zeros up to an envelope's size; sealed
with ChaCha20-Poly1305 under HKDF-SHA256 of the agreed key. The inviter answers the first message A
that comes, once, and forgets the words: who does not know them has one guess in four million, and a
wrong guess closes the door for everybody. Who only listens learns nothing that guessing would help.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from mnemonic import Mnemonic
from spake2 import SPAKE2_A, SPAKE2_B, SPAKEError
from spake2.ed25519_basic import NotOnCurve

from tracktwo.channel import invite
from tracktwo.channel.envelope import BUCKETS, mid_of
from tracktwo.channel.invite import Invitation
from tracktwo.channel.post import Post, Taken
from tracktwo.channel.replica import Replica
from tracktwo.channel.store import Store
from tracktwo.encoding import decode, encode
from tracktwo.errors import BadInput, Malformed, Unreachable
from tracktwo.said import said

_WORDS = Mnemonic("english").wordlist
_DIGITS = 5
_TRIES = 5  # numbers drawn for a code, while others have their places
_VERSION = 1
_INVITED, _INVITER = b"tracktwo invited", b"tracktwo inviter"
_NO_MESSAGE = (Malformed, SPAKEError, NotOnCurve, ValueError, AssertionError, TypeError)
_NONCE = bytes(12)  # each key seals one thing


@dataclass(frozen=True, slots=True)
class Code:
    """A number that is a place, and words that are a secret."""

    number: str
    words: str

    def __repr__(self) -> str:
        return "Code(<secret>)"

    def __str__(self) -> str:
        return f"{self.number}-{self.words}"


@dataclass(frozen=True, slots=True)
class _Box:
    receive: bytes
    send: bytes


def read_code(text: str) -> Code:
    """The code a person typed. Raises BadInput, naming the word that is none."""
    parts = unicodedata.normalize("NFKC", text).strip().lower().replace(" ", "-").split("-")
    if len(parts) != 3 or not (
        len(parts[0]) == _DIGITS and parts[0].isascii() and parts[0].isdecimal()
    ):
        raise BadInput("A code is a number of five digits and two words: 41377-harbor-violin.")
    for word in parts[1:]:
        if word not in _WORDS:
            raise BadInput(
                said("{word} is no word of a code.", word=repr(word)), advice="Ask for it again."
            )
    return Code(parts[0], "-".join(parts[1:]))


def open_door(replica: Replica, invitation: Invitation, post: Post | None = None) -> Code:
    """Draw a code for an invitation; from now on synchronising attends to it.

    With a `post`, a number whose place nobody has, if the relay answers. Raises BadInput, and
    closes the invitation, if in a few tries there is none.
    """
    number = next((n for n in _numbers() if post is None or _is_free(replica, post, n)), None)
    if number is None:
        replica.store.do("UPDATE invitation SET state = 'closed' WHERE id = ?", invitation.id)
        raise BadInput(
            "Somebody took the places of codes at this relay.", advice="Invite with a file instead."
        )
    code = Code(number, "-".join(secrets.choice(_WORDS) for _ in range(2)))
    replica.store.do(
        "INSERT OR REPLACE INTO rendezvous VALUES (?, ?, ?, 'open', NULL, ?)",
        *(code.number, code.words, invitation.encode(), invitation.expires),
    )
    return code


def open_doors(replica: Replica) -> list[tuple[Code, int]]:
    """The codes that nobody has used yet, and until which second each is good."""
    rows = replica.store.rows(
        "SELECT number, words, expires FROM rendezvous WHERE state = 'open' AND expires > ?",
        replica.now(),
    )
    return [(Code(number, words), expires) for number, words, expires in rows]


def _numbers() -> Iterator[str]:
    for _ in range(_TRIES):
        yield str(10 ** (_DIGITS - 1) + secrets.randbelow(9 * 10 ** (_DIGITS - 1)))


def _is_free(replica: Replica, post: Post, number: str) -> bool:
    """Whether nobody has the place of a number, nor stands there; a relay that is away may be."""
    try:
        boxes = _make_boxes(number, replica.relay, post)
        return not any(post.get(replica.relay, box.receive, 0) for box in boxes)
    except Taken:
        return False
    except Unreachable:
        return True


def attend_doors(replica: Replica, post: Post, trouble: list[str] | None = None) -> int:
    """Answer who stands at our doors; how many were answered.

    Anybody can reach a door, so what goes wrong at one stops nothing else: `trouble` is told why.
    """
    store, answered = replica.store, 0
    _close(store, until=replica.now())
    for (number,) in store.rows(
        "SELECT number FROM rendezvous WHERE state IN ('open', 'answered')"
    ):
        try:
            answered += _attend(replica, post, number)
        except Taken:
            _close(store, number=number)
            _tell(trouble, "Somebody else took the place of a code at the relay. Invite again.")
        except Unreachable as error:
            _tell(trouble, str(error))
    return answered


def _tell(trouble: list[str] | None, sentence: str) -> None:
    if trouble is not None and sentence not in trouble:
        trouble.append(sentence)


def _close(store: Store, *, number: str = "", until: int = 0) -> None:
    """Close the door of a number, or all whose time was over then."""
    store.do(
        "UPDATE rendezvous SET state = 'closed', words = '', invitation = x'', reply = NULL "
        "WHERE state IN ('open', 'answered') AND (number = ? OR expires <= ?)",
        *(number, until),
    )


def _attend(replica: Replica, post: Post, number: str) -> bool:
    """Whether somebody stood at a door and was answered."""
    store, relay = replica.store, replica.relay
    knocking, answering = _make_boxes(number, relay, post)
    if came := post.get(relay, knocking.receive, 0):
        _answer(replica, number, came[0].data)
    reply = store.one("SELECT reply FROM rendezvous WHERE number = ?", number)
    if reply is None:
        return False
    post.put(relay, answering.send, mid_of(reply), reply)
    post.close_mailbox(relay, knocking.receive)
    _close(store, number=number)
    return True


def _answer(replica: Replica, number: str, data: bytes) -> None:
    """Use the door up for this message, whatever it is; the words are forgotten before a reply."""
    store = replica.store
    with store.transaction():
        row = store.row(
            "SELECT words, invitation FROM rendezvous WHERE number = ? AND state = 'open'", number
        )
        if row is None:  # another process of ours was quicker, or a run before this one
            return
        words, invitation = row
        spake = SPAKE2_B(words.encode(), idA=_INVITED, idB=_inviter(number))
        own = spake.start()
        try:
            (theirs,) = _read(data, 1)
            key = spake.finish(theirs)
        except _NO_MESSAGE:
            reply = None
        else:
            sealed = ChaCha20Poly1305(_key(key)).encrypt(_NONCE, invitation, None)
            reply = _padded([_VERSION, own, sealed])
        store.do(
            "UPDATE rendezvous SET state = ?, words = '', invitation = x'', reply = ? "
            "WHERE number = ?",
            *("closed" if reply is None else "answered", reply, number),
        )


@dataclass(slots=True)
class Meeting:
    """The invited side of a code, kept between runs as `state` (secret)."""

    number: str
    state: bytes

    def __repr__(self) -> str:
        return "Meeting(<secret>)"

    @classmethod
    def begin(cls, code: Code) -> Meeting:
        """Draw what the code is answered with."""
        spake = SPAKE2_A(code.words.encode(), idA=_INVITED, idB=_inviter(code.number))
        own = spake.start()
        return cls(code.number, encode([spake.serialize(), own]))

    def go_on(self, relay: str, post: Post, wait: int) -> Invitation | None:
        """Knock, and the invitation if the inviter has answered within `wait` seconds.

        Raises BadInput if the code was wrong or somebody else used it; Unreachable.
        """
        serialized, own = decode(self.state, limit=BUCKETS[0])
        try:
            knocking, answering = _make_boxes(self.number, relay, post)
        except Taken:
            raise Taken(
                "Somebody else took the place of this code at the relay. Ask for another code."
            ) from None
        knock = _padded([_VERSION, own])
        post.put(relay, knocking.send, mid_of(knock), knock)
        came = post.get(relay, answering.receive, 0, wait)
        if not came:
            return None
        try:
            theirs, sealed = _read(came[0].data, 2)
            key = SPAKE2_A.from_serialized(serialized).finish(theirs)
            data = ChaCha20Poly1305(_key(key)).decrypt(_NONCE, sealed, None)
            found = invite.read(data)
        except (*_NO_MESSAGE, InvalidTag):
            raise BadInput(
                "The code was not the one, or somebody else used it: it is closed now.",
                advice="Ask for a new one, and whether anybody else could have heard this one.",
            ) from None
        post.close_mailbox(relay, answering.receive)
        return found


def _boxes(number: str) -> tuple[_Box, _Box]:
    """Where who is invited knocks, and where it is answered."""

    def capability(*what: str) -> bytes:
        return hashlib.sha256(encode(["tracktwo rendezvous 1", number, *what])).digest()

    knocking, answering = (
        _Box(capability(way, "receive"), capability(way, "send")) for way in ("knock", "answer")
    )
    return knocking, answering


def _make_boxes(number: str, relay: str, post: Post) -> tuple[_Box, _Box]:
    """The two, made at the relay. Raises Taken if one is another sender's, and Unreachable."""
    boxes = _boxes(number)
    for box in boxes:
        post.make_mailbox(relay, box.receive, box.send)
    return boxes


def _inviter(number: str) -> bytes:
    return _INVITER + b" " + number.encode()


def _key(agreed: bytes) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"tracktwo rendezvous 1").derive(agreed)


def _padded(items: list[object]) -> bytes:
    plain = encode(items)
    bucket = next(size for size in BUCKETS if len(plain) + 4 <= size)
    return len(plain).to_bytes(4) + plain + bytes(bucket - 4 - len(plain))


def _read(data: bytes, count: int) -> list[bytes]:
    """The byte strings of a message. Raises Malformed."""
    length = int.from_bytes(data[:4])
    items = decode(data[4 : 4 + length], limit=BUCKETS[-1])
    match items:
        case [1, *parts] if len(parts) == count and all(isinstance(x, bytes) for x in parts):
            return list(parts)
        case _:
            raise Malformed("This is no message of a rendezvous.")

"""A sealed archive: what was said, in a file that the charter's custodians alone can open.

    file       = 01 | number of boxes (1 byte) | boxes | blob(key, text)         blob as in blob.py
    box        = HPKE(custodian's archive key, key)                              1168 bytes

with info "tracktwo archive 1", and text 8 bytes of length, big-endian, and what was exported. A
custodian draws a key for this alone once it is in the channel, and shows it to all
by an event `archive.key`, whose body is {"key": 1216 bytes}: it lasts as long as the custodian
keeps the channel, where the keys of envelopes are forgotten after some weeks.
"""

from __future__ import annotations

import io
import secrets

from tracktwo.channel import blob
from tracktwo.channel.blob import Opening, Ticket, sealed_bytes, sealed_length
from tracktwo.channel.event import is_bytes
from tracktwo.channel.event import read as read_event
from tracktwo.channel.keys import box, hpke_public_of, new_hpke, unbox
from tracktwo.channel.replica import Replica
from tracktwo.errors import BadInput, Malformed
from tracktwo.said import said, series

KEY = "archive.key"
"""Kind of the event by which a custodian shows its key."""

_INFO = b"tracktwo archive 1"
_KIND = b"\x01"
_BOX = 1120 + 32 + 16
_OWN = "archive key"


def show_key(replica: Replica) -> None:
    """If we are a custodian and have not shown a key, draw one and show it."""
    if replica.me.card.pseudonym not in replica.charter.custodians or replica.store.own(_OWN):
        return
    with replica.store.transaction():
        private = new_hpke()
        replica.store.keep(_OWN, private)
        replica.say(KEY, {"key": hpke_public_of(private)})


def custodians(replica: Replica) -> dict[str, bytes]:
    """The archive key of each custodian that has shown one, by pseudonym: the first it showed."""
    found: dict[str, bytes] = {}
    for author, data in replica.store.rows(
        "SELECT author, bytes FROM event WHERE kind = ? AND state = 'placed' ORDER BY place", KEY
    ):
        member, body = replica.roster.get(author), read_event(data).body
        if member is None or member.card.pseudonym not in replica.charter.custodians:
            continue
        match body:
            case {"key": key} if is_bytes(key, 1216):
                found.setdefault(member.card.pseudonym, key)
    return found


def seal(replica: Replica, text: bytes) -> bytes:
    """What is exported, for the custodians. Raises BadInput if one has shown no key yet."""
    keys = custodians(replica)
    missing = [name for name in replica.charter.custodians if name not in keys]
    if not keys or missing:
        who = series(missing) or said("the charter names none")
        raise BadInput(
            said("Not every custodian has shown a key: {who}.", who=who),
            advice="Each comes into the channel and syncs first.",
        )
    key = secrets.token_bytes(32)
    boxes = [box(key, public, _INFO) for public in keys.values()]
    plain = len(text).to_bytes(8) + text
    body = sealed_bytes(io.BytesIO(plain), key, len(plain), 0, sealed_length(len(plain)))
    return _KIND + bytes([len(boxes)]) + b"".join(boxes) + body


def unseal(replica: Replica, data: bytes) -> bytes:
    """What was exported into an archive. Raises BadInput if it is none, or none for us."""
    private = replica.store.own(_OWN)
    count = data[1] if len(data) > 1 else 0
    start = 2 + count * _BOX
    if data[:1] != _KIND or not count or len(data) < start:
        raise BadInput("This is no archive.")
    if private is None:
        raise BadInput("You are no custodian of this channel.")
    boxes = [data[at : at + _BOX] for at in range(2, start, _BOX)]
    try:
        plain = _open(data[start:], _unboxed(boxes, private))
    except Malformed:
        raise BadInput("This archive is damaged, or another channel's.") from None
    return plain[8 : 8 + int.from_bytes(plain[:8])]


def _unboxed(boxes: list[bytes], private: bytes) -> bytes:
    for sealed in boxes:
        key = unbox(sealed, [private], _INFO)
        if key is not None:
            return key
    raise Malformed("None of the boxes is ours.")


def _open(body: bytes, key: bytes) -> bytes:
    out = io.BytesIO()
    opening = Opening(out, Ticket("", b"", key, b"", blob.plain_length(len(body))))
    opening.write(body)
    if not opening.is_done:
        raise Malformed("An archive is cut short.")
    return out.getvalue()

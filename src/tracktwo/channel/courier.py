"""The same letters as a file on a stick, for who has no line or trusts none.

    file     = 01 | HPKE(recipient, key) | blob(key, records)       blob as in blob.py
    records  = one after the other: kind (1 byte) | length (8, big-endian) | bytes
               "E" an envelope, "B" 16 bytes of a blob's id and the blob

with info "tracktwo courier 1". A file is for one member, opens with its keys alone, and shows its
length, padded. It may be lost, come twice, come late, or come beside the relay's: what is in it is
read by the same rules.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tracktwo.channel import blob
from tracktwo.channel.blob import Opening, Ticket, sealed_bytes, sealed_length
from tracktwo.channel.keys import Keys, box, unbox
from tracktwo.channel.replica import Replica
from tracktwo.channel.roster import Member
from tracktwo.errors import BadInput, Malformed

_INFO = b"tracktwo courier 1"
_KIND = b"\x01"
_BOX = 1120 + 32 + 16
_ENVELOPE, _BLOB = b"E", b"B"
_COPIED = 1 << 20
_LONGEST = 1 << 40


def write_for(replica: Replica, member: Member, out: BinaryIO, scratch: Path) -> tuple[int, int]:
    """Write all that a member has not got; how many envelopes, how many blobs.

    `scratch`: a folder of ours for what is put together.
    """
    key = secrets.token_bytes(32)
    with tempfile.TemporaryFile(dir=scratch) as records:
        counts = _write_records(replica, member, records)
        size = records.tell()
        out.write(_KIND + box(key, member.card.hpke, _INFO))
        for start in range(0, sealed_length(size), _COPIED):
            out.write(sealed_bytes(records, key, size, start, _COPIED))
    return counts


def carried(replica: Replica, member: Member) -> None:
    """The file is safe on the stick: what nobody acknowledges need not be kept."""
    replica.store.do("DELETE FROM outbox WHERE peer = ? AND event IS NULL", member.id)


def _write_records(replica: Replica, member: Member, records: BinaryIO) -> tuple[int, int]:
    envelopes = replica.store.rows(
        "SELECT bytes FROM outbox WHERE peer = ? ORDER BY turn", member.id
    )
    for (data,) in envelopes:
        records.write(_ENVELOPE + len(data).to_bytes(8) + data)
    blobs = blob.kept_for(replica.store, member.id)
    for ticket, path in blobs:
        length = sealed_length(ticket.size)
        records.write(_BLOB + (16 + length).to_bytes(8) + ticket.id)
        with path.open("rb") as file:
            for start in range(0, length, _COPIED):
                records.write(sealed_bytes(file, ticket.key, ticket.size, start, _COPIED))
    return len(envelopes), len(blobs)


def read_from(replica: Replica, file: BinaryIO, home: Path) -> tuple[int, int]:
    """Take in what a file brings; how many envelopes were new, how many blobs it had.

    `home`: where blobs wait until somebody asks for them. Raises BadInput if it is no file for us.
    """
    if file.read(1) != _KIND:
        raise BadInput("This is no courier's file.")
    key = _unboxed(file.read(_BOX), Keys.load(replica.store).hpke)
    size = os.fstat(file.fileno()).st_size - 1 - _BOX
    with tempfile.TemporaryFile(dir=home) as records:
        _open_into(records, key, file, size)
        records.seek(0)
        return _read_records(replica, records, home)


def _unboxed(sealed: bytes, keys: list[bytes]) -> bytes:
    key = unbox(sealed, keys, _INFO)
    if key is not None:
        return key
    raise BadInput(
        "This file is for somebody else, for another channel, or too old.",
        advice="Ask for a new one.",
    )


def _open_into(records: BinaryIO, key: bytes, file: BinaryIO, length: int) -> None:
    """Open the blob, whose length tells how much plain there is at most."""
    opening = Opening(records, Ticket("", b"", key, b"", blob.plain_length(length)))
    try:
        while data := file.read(_COPIED):
            opening.write(data)
    except Malformed:
        raise BadInput("This file was damaged on its way.", advice="Ask for a new one.") from None
    if not opening.is_done:
        raise BadInput("This file was cut short on its way.", advice="Ask for a new one.")


def _read_records(replica: Replica, records: BinaryIO, home: Path) -> tuple[int, int]:
    fresh = blobs = 0
    for kind, length in _heads(records):
        if kind == _ENVELOPE:
            fresh += replica.accept(records.read(length))
        elif kind == _BLOB and length >= 16:
            blobs += _keep_blob(replica, records, length, home)
        else:
            raise BadInput("This file has another shape.", advice="Ask for a new one.")
    return fresh, blobs


def _heads(records: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Each record's kind and length, until the padding."""
    while (kind := records.read(1)) not in (b"", b"\0"):
        length = int.from_bytes(records.read(8))
        if length > _LONGEST:
            raise BadInput("This file has another shape.", advice="Ask for a new one.")
        yield kind, length


def _keep_blob(replica: Replica, records: BinaryIO, length: int, home: Path) -> bool:
    """Whether it is still of use."""
    ident = records.read(16)
    if blob.is_over(replica.store, ident):
        records.seek(length - 16, os.SEEK_CUR)
        return False
    place = blob.carried_place(home, ident)
    place.parent.mkdir(exist_ok=True, mode=0o700)
    with place.open("wb") as out:
        left = length - 16
        while left and (data := records.read(min(left, _COPIED))):
            out.write(data)
            left -= len(data)
    return True

"""Comparing keys by a number read to each other.

The number is 60 decimal digits in twelve groups of five: SHA-512 iterated over the lasting keys and
the words (pseudonym, side, role) of everyone in the channel, its charter and its name; so two who
read the same one have the same members with the same keys. 5200 iterations, as Signal's, make the
search for a channel with a number like another dearer; five digits come from each five bytes. Keys
that are renewed are left out: docs/threat-model.md says what follows.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

from tracktwo.channel.replica import Replica
from tracktwo.channel.roster import ACTIVE, Member
from tracktwo.encoding import encode
from tracktwo.errors import BadInput
from tracktwo.said import counted, said

_ITERATIONS = 5200
_GROUPS, _DIGITS = 12, 5


def number_of(replica: Replica) -> str:
    """The number, in twelve groups of five digits."""
    material = encode([replica.channel, replica.charter.encode(), replica.roster.plain()])
    value = material
    for _ in range(_ITERATIONS):
        value = hashlib.sha512(value + material).digest()
    groups = [int.from_bytes(value[5 * at : 5 * at + 5]) % 10**_DIGITS for at in range(_GROUPS)]
    return " ".join(f"{group:0{_DIGITS}}" for group in groups)


def compare(replica: Replica, member: Member, number: str) -> None:
    """Take a member for verified if this is our number too. Raises BadInput if it is not.

    `number` may be in the figures of any script, and have anything between them.
    """
    if member.id == replica.own or member.state != ACTIVE:
        raise BadInput("Only another member, who is in the channel now, is verified.")
    figures = [unicodedata.decimal(sign, None) for sign in number]
    theirs = "".join(str(figure) for figure in figures if figure is not None)
    if len(theirs) != _GROUPS * _DIGITS:
        raise BadInput(
            counted(
                "There is {count} figure here, and the number has {all}.",
                "There are {count} figures here, and the number has {all}.",
                len(theirs),
                all=_GROUPS * _DIGITS,
            ),
            advice=said("Have it read to you again."),
        )
    if not hmac.compare_digest(theirs.encode(), number_of(replica).replace(" ", "").encode()):
        raise BadInput(
            "The numbers differ: somebody may stand between you, or one of you has not heard of a"
            " change of members yet.",
            advice="Both sync, then compare again. If it stays: do not use this channel.",
        )
    with replica.store.transaction():
        replica.roster.verify(member)

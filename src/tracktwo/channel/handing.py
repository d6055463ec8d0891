"""An invitation as a file to hand over, and a code as a link for a camera.

file    "tracktwo invitation 1", a line, then the invitation's bytes in base64
link    tracktwo:CODE@RELAY
"""

from __future__ import annotations

import base64
import binascii

from tracktwo.channel import invite
from tracktwo.channel.invite import Invitation
from tracktwo.errors import Malformed

LINK = "tracktwo:"
"""What a link begins with."""

_HEADER = b"tracktwo invitation 1\n"


def to_file(invitation: Invitation) -> bytes:
    """The file of an invitation: whoever has it can come in once."""
    return _HEADER + base64.encodebytes(invitation.encode())


def from_file(data: bytes) -> Invitation:
    """The invitation in a file. Raises Malformed if there is none."""
    if not data.startswith(_HEADER):
        raise Malformed("no header")
    try:
        return invite.read(base64.decodebytes(data[len(_HEADER) :]))
    except binascii.Error:
        raise Malformed("no base64") from None


def link_of(code: str, relay: str) -> str:
    """The link of a code."""
    return f"{LINK}{code}@{relay}"


def read_link(text: str) -> tuple[str, str]:
    """The code of a link and its relay; of a bare code, the code and nothing."""
    if not text.startswith(LINK):
        return text, ""
    code, _, relay = text.removeprefix(LINK).partition("@")
    return code, relay

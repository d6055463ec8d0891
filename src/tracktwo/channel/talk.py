"""Saying something to all in a channel."""

from __future__ import annotations

from tracktwo.channel.replica import TALK, Replica
from tracktwo.errors import BadInput
from tracktwo.said import said

LONGEST = 150_000
"""Bytes of a text; an event has room for more."""


def say(replica: Replica, text: str) -> bytes:
    """Say a text: kept and queued when this returns. The event's id. Raises BadInput."""
    if not text.strip():
        raise BadInput("There is nothing to say.")
    try:
        require_fit(len(text.encode()))
    except UnicodeEncodeError:
        raise BadInput("What is to be said is no text in UTF-8.") from None
    return replica.say(TALK, {"text": text})


def require_fit(length: int) -> None:
    """Raise BadInput if so many bytes cannot be said at once."""
    if length > LONGEST:
        raise BadInput(
            said("This is too long to be said at once: at most {most} bytes.", most=LONGEST)
        )

"""What a person settles when a channel begins or is joined, checked before anything is done."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from tracktwo.channel.card import is_name
from tracktwo.channel.charter import Charter, cannot_be
from tracktwo.errors import BadInput
from tracktwo.legible import legible
from tracktwo.said import said, series


def charter_of(fields: dict[str, Any]) -> Charter:
    """The charter of these fields. Raises BadInput, saying which cannot be."""
    from tracktwo.probe.question import parse_breadth  # with arrays, which take long to load

    defaults = Charter(title="-").plain()
    if "title" not in fields:
        raise BadInput("The charter has no title.")
    for name, value in fields.items():
        if name not in defaults:
            advice = said("It has: {names}.", names=series(list(defaults)))
            raise BadInput(
                said("A charter has no {name}.", name=repr(legible(name))), advice=advice
            )
        words = value if isinstance(value, list) else ["-"]
        if type(value) is not type(defaults[name]) or not all(
            isinstance(word, str) and 0 < len(word) <= 64 for word in words
        ):
            raise cannot_be(name)
    parse_breadth(fields.get("breadth") or "0")
    values: dict[str, Any] = defaults | fields
    for name in ("custodians", "languages"):
        values[name] = tuple(values[name])
    return Charter(**values)


def listed(text: object) -> list[str]:
    """The words between commas, those of Arabic too."""
    return [word.strip() for word in str(text).replace("،", ",").split(",") if word.strip()]


def require_channel_name(name: str) -> None:
    """Raise BadInput if nobody can call a channel so."""
    if not name or not is_name(name):
        raise BadInput("A channel's name is one line of up to 64 characters.")


def require_name(pseudonym: str) -> None:
    """Raise BadInput unless this can be a pseudonym."""
    if not pseudonym or not is_name(pseudonym):
        raise BadInput("A pseudonym is one line of 1 to 64 printable characters.")


def require_side(side: str, role: str = "") -> None:
    """Raise BadInput if nobody can speak for a side of that name, or this role must and does not.

    `role`: of who would; none where it is not known yet.
    """
    if not is_name(side):
        raise BadInput("A side's name is one line of at most 64 printable characters.")
    if role == "delegate" and not side:
        raise BadInput("A delegate speaks for a side.", advice="Name it: --side.")


def require_address(relay: str | None) -> None:
    """Raise BadInput if no relay can be at this address."""
    if not relay:
        return
    try:
        parts = urlsplit(relay)
        is_address = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        is_address = False
    if not (is_address and relay.isascii() and relay.isprintable() and len(relay) <= 256):
        advice = "It is like https://relay.example.org, or http://127.0.0.1:8787."
        raise BadInput("This is no address of a relay.", where=legible(relay[:256]), advice=advice)

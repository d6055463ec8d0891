"""What the members of a channel agreed to when it began. Fixed, and shown always.

Canonical CBOR of a map with the fields below; their digest is part of what names the channel, so a
channel with another charter is another channel.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from tracktwo.encoding import decode, encode
from tracktwo.errors import BadInput, Malformed
from tracktwo.said import Said, said, series

LIMIT = 16_384
"""Bytes of a charter."""
RULES = {
    "chatham-house": "What is said may be used; who said it, and who was there, may not be told.",
    "personal-capacity": "All speak for themselves; what is said binds nobody and is told to none.",
    "not-to-be-told": "Neither what is said nor that this channel exists is told to anyone.",
}
"""Rules of use, from the Chatham House Rule (the default) to stricter ones."""
RETENTIONS = ("keep", "delete", "archive")
"""What becomes of the log: kept; each event deleted after `days`; sealed for the custodians."""
_FIELDS = {
    "title": said("title"),
    "goal": said("goal"),
    "rule": said("rule"),
    "retention": said("retention"),
    "days": said("days"),
    "custodians": said("custodians"),
    "languages": said("languages"),
    "probes": said("probes"),
    "breadth": said("breadth"),
}
_GOAL_LENGTH = 2000
_MOST_DAYS = 36_500
_MOST_NAMES = 16


@dataclass(frozen=True, slots=True)
class Charter:
    """See the module. Raises BadInput if a value cannot be."""

    title: str
    goal: str = ""
    rule: str = "chatham-house"
    retention: str = "keep"
    days: int = 0
    """After how many days an event is deleted, where retention is "delete"."""
    custodians: tuple[str, ...] = ()
    """Pseudonyms of who can open the archive, where retention is "archive"."""
    languages: tuple[str, ...] = ("en",)
    """Codes (BCP 47) of the languages spoken, the first one binding."""
    probes: int = 3
    """Sittings allowed for each version of an agenda."""
    breadth: str = ""
    """Least breadth of a probe, as the command takes it; empty: none."""

    def __post_init__(self) -> None:
        _require(0 < len(self.title) <= 128 and self.title.isprintable(), "title")
        _require(len(self.goal) <= _GOAL_LENGTH, "goal")
        _require(self.rule in RULES, "rule", _one_of(RULES))
        _require(self.retention in RETENTIONS, "retention", _one_of(RETENTIONS))
        self._require_days()
        _require((self.retention == "archive") == bool(self.custodians), "custodians")
        _require(0 < len(self.languages) <= _MOST_NAMES, "languages")
        _require(len(self.custodians) <= _MOST_NAMES, "custodians")
        _require(0 <= self.probes <= 100, "probes", said("It is a number from 0 to 100."))

    def _require_days(self) -> None:
        if self.retention == "delete":
            if not 1 <= self.days <= _MOST_DAYS:
                raise BadInput(
                    said(
                        "Say after how many days each word is deleted: 1 to {most}.",
                        most=_MOST_DAYS,
                    )
                )
        elif self.days:
            raise BadInput(
                said("Days are said only where each word is deleted after some days."),
                advice=said("Leave them out, or choose that words are deleted."),
            )

    def encode(self) -> bytes:
        """The bytes."""
        return encode(self.plain())

    def plain(self) -> dict[str, Any]:
        """The fields, for JSON."""
        fields = asdict(self)
        return fields | {name: list(fields[name]) for name in ("custodians", "languages")}


def read(data: bytes) -> Charter:
    """The charter of these bytes. Raises Malformed."""
    return from_plain(decode(data, limit=LIMIT))


def from_plain(fields: object) -> Charter:
    """The charter of these fields. Raises Malformed if they are not a charter's."""
    try:
        if not isinstance(fields, dict):
            raise TypeError
        values = dict(fields)
        for name in ("custodians", "languages"):
            words = values[name]
            if not isinstance(words, list) or not all(
                isinstance(word, str) and 0 < len(word) <= 64 for word in words
            ):
                raise TypeError
            values[name] = tuple(values[name])
        for name in ("title", "goal", "rule", "retention", "breadth"):
            if not isinstance(values[name], str):
                raise TypeError
        if not all(type(values[name]) is int for name in ("days", "probes")):
            raise TypeError
        return Charter(**values)
    except (TypeError, KeyError, BadInput):
        raise Malformed("This is no charter.") from None


def cannot_be(what: str, advice: str = "") -> BadInput:
    """A field of a charter is none."""
    return BadInput(said("The charter's {what} cannot be that.", what=_FIELDS[what]), advice=advice)


def _one_of(names: Iterable[str]) -> Said:
    return said("It is one of {names}.", names=series(list(names)))


def _require(holds: bool, what: str, advice: str = "") -> None:
    if not holds:
        raise cannot_be(what, advice)

"""Whose turn it is in a probe: one member, whatever sentence says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

from tracktwo.probe.proposal import Proposal
from tracktwo.show.standing import owing


@dataclass
class Side:
    id: bytes


@dataclass
class Standing:
    state: str
    asker: Side
    other: Side
    parts: dict[bytes, dict[int, Any]] = field(default_factory=dict)


def turn(state: str, **parts: int) -> bytes:
    sent = {name.encode(): dict.fromkeys(range(count)) for name, count in parts.items()}
    return owing(cast("Proposal", Standing(state, Side(b"a"), Side(b"b"), sent))).id


def test_who_has_sent_fewer_messages_owes_the_next_and_of_equals_who_asked() -> None:
    assert turn("asked") == b"b"
    assert turn("accepted") == b"a"
    assert turn("accepted", a=1) == b"b"
    assert turn("accepted", a=2, b=2) == b"a"
    assert turn("accepted", a=2, b=3) == b"a"

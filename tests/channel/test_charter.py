"""The charter: one value one spelling, and nothing in it that cannot be shown."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from effort import examples
from hostile import damaged, deep
from tracktwo.channel import charter as charters
from tracktwo.channel.charter import Charter
from tracktwo.encoding import encode
from tracktwo.errors import BadInput, Malformed

CHARTER = Charter(
    "Talks on the harbour",
    goal="An accord",
    rule="not-to-be-told",
    retention="archive",
    custodians=("Ada", "Ben"),
    languages=("en", "fr"),
    breadth="1/4",
)


@pytest.mark.parametrize(
    "charter", [CHARTER, Charter("A"), Charter("A", retention="delete", days=30)]
)
def test_a_charter_is_read_as_it_was_written(charter: Charter) -> None:
    assert charters.read(charter.encode()) == charter


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"retention": "delete"}, "Say after how many days each word is deleted: 1 to 36,500."),
        ({"retention": "delete", "days": 36_501}, "Say after how many days"),
        ({"days": 3}, "Days are said only where each word is deleted after some days."),
    ],
)
def test_what_is_wrong_with_the_days_is_a_sentence(fields: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        Charter("A", **fields)
    assert sentence in str(refused.value)


@settings(max_examples=examples(300))
@given(damaged(CHARTER.encode()))
def test_bytes_of_a_liar_are_a_charter_or_malformed(data: bytes) -> None:
    try:
        charter = charters.read(data)
    except Malformed:
        return
    assert charter.encode() == data


@pytest.mark.parametrize(
    "change",
    [
        {"languages": "en"},
        {"languages": {"en": 1}},
        {"languages": []},
        {"languages": ["en"] * 17},
        {"languages": None},
        {"custodians": "A"},
        {"custodians": ["A" * 65]},
        {"custodians": [1]},
        {"title": ""},
        {"title": "two\nlines"},
        {"title": 1},
        {"goal": "g" * 2001},
        {"rule": "none"},
        {"retention": "burn"},
        {"days": -1},
        {"days": True},
        {"days": 2**70},
        {"probes": -1},
        {"probes": 2**70},
        {"probes": False},
        {"more": 1},
    ],
)
def test_a_charter_with_a_part_that_cannot_be_is_malformed(change: dict[str, Any]) -> None:
    fields = Charter("A").plain() | change
    with pytest.raises(Malformed):
        charters.read(encode(fields))


def test_a_charter_that_lacks_a_part_is_malformed() -> None:
    for name in CHARTER.plain():
        fields = {key: value for key, value in CHARTER.plain().items() if key != name}
        with pytest.raises(Malformed):
            charters.from_plain(fields)


def test_what_is_nested_too_deep_is_malformed() -> None:
    with pytest.raises(Malformed):
        charters.read(deep(10_000))


def test_who_writes_a_charter_is_told_what_is_wrong_with_it() -> None:
    with pytest.raises(BadInput, match="days"):
        Charter("A", retention="delete")
    with pytest.raises(BadInput, match="custodians"):
        Charter("A", retention="archive")
    with pytest.raises(BadInput, match="rule"):
        Charter("A", rule="whatever")

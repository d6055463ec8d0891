"""Ids and texts: what scripts need is allowed, what steers or hides is not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracktwo.deal.texts import (
    ID_LENGTH,
    NAME_LENGTH,
    NOTE_LENGTH,
    as_id,
    require_id,
    require_line,
    require_note,
)
from tracktwo.errors import BadInput


@pytest.mark.parametrize(
    "name", ["नेपाल\u200d", "می\u200cخواهم", "שלום\u200f (a)", "a\u00a0b", "\ue000"]
)
def test_signs_that_scripts_need_are_allowed_in_a_line(name: str) -> None:
    require_line(name, ("name",))


@pytest.mark.parametrize("text", ["", "  ", "\u00a0"])
def test_a_line_says_something_and_a_note_need_not(text: str) -> None:
    require_note(text, ("note",))
    with pytest.raises(BadInput, match="is empty"):
        require_line(text, ("name",))


def test_a_note_has_line_breaks_and_a_line_has_none() -> None:
    require_note("one\n\ttwo", ("note",))
    with pytest.raises(BadInput, match="contains a line break"):
        require_line("one\ntwo", ("name",))


def test_texts_are_as_long_as_allowed_and_no_longer() -> None:
    require_line("x" * NAME_LENGTH, ("name",))
    require_note("x" * NOTE_LENGTH, ("note",))
    with pytest.raises(BadInput, match=f"longer than {NAME_LENGTH:,}"):
        require_line("x" * (NAME_LENGTH + 1), ("name",))
    with pytest.raises(BadInput, match=f"longer than {NOTE_LENGTH:,}"):
        require_note("x" * (NOTE_LENGTH + 1), ("note",))


@given(st.text(max_size=8))
def test_no_text_that_passes_has_a_control_or_a_sign_that_turns_reading(text: str) -> None:
    try:
        require_note(text, ("note",))
    except BadInput:
        return
    assert not any(
        unicodedata.category(sign) in ("Cc", "Cs") for sign in text if sign not in "\n\t"
    )
    turning = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    assert not any(unicodedata.bidirectional(sign) in turning for sign in text)


@pytest.mark.parametrize("text", ["a", "7", "нейтралитет", "a-b_c.d", "9" * ID_LENGTH])
def test_ids_of_letters_and_digits_in_any_script(text: str) -> None:
    require_id(text)


@pytest.mark.parametrize("text", ["", "-a", ".a", "a b", "a=b", "e\u0301", "9" * (ID_LENGTH + 1)])
def test_other_ids_are_refused_with_advice(text: str) -> None:
    with pytest.raises(BadInput, match="cannot be an id") as caught:
        require_id(text)
    assert caught.value.advice


def test_an_id_typed_in_another_normal_form_becomes_one_and_a_hostile_one_is_left() -> None:
    assert as_id("e\u0301") == "é"
    hostile = "e\u0301" * 1000
    assert as_id(hostile) is hostile

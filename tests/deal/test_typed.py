"""Figures are read as people of many languages write them; any name makes an id."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracktwo.deal.texts import require_id
from tracktwo.deal.toml_reading import BadPart
from tracktwo.deal.typed import named_id, read_figure
from tracktwo.said import Said


@given(st.text(max_size=200), st.sets(st.sampled_from(["a", "a-2", "x"])))
def test_any_name_makes_an_id(name: str, taken: set[str]) -> None:
    made = named_id(name, taken)
    require_id(made)
    assert made not in taken


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("30", "30"),
        (" 12,5 ", "12.5"),
        ("12.50", "12.5"),
        ("٣٠", "30"),
        ("١٢٫٥", "12.5"),
        ("७", "7"),
    ],
)
def test_figures_are_read_as_people_write_them(text: str, figure: str) -> None:
    read = read_figure(text, 100)
    assert (read, str(read)) == (Decimal(figure), figure)


@pytest.mark.parametrize(
    "text", ["", " ", "-1", "1e3", "nan", "100.1", "1 000", "0x1", "²", "1.1234567", "9" * 5000]
)
def test_anything_else_is_refused_in_words_that_can_be_translated(text: str) -> None:
    with pytest.raises(BadPart) as caught:
        read_figure(text, 100)
    assert isinstance(caught.value.what, Said)
    assert isinstance(caught.value.advice, Said)


def test_thousands_are_not_taken_for_decimals() -> None:
    with pytest.raises(BadPart, match="two ways"):
        read_figure("1,000", 1_000_000)
    assert read_figure("1,005", 100) == Decimal("1.005")

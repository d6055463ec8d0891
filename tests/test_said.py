"""A sentence is English where it stands, and can be said in another language later."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from tracktwo.encoding import decode, encode
from tracktwo.said import as_plain, counted, from_plain, in_tongue, joined, rounded, said, series


class Shouting:
    """A language of capitals, three plural forms, and points for commas."""

    def gettext(self, message: str) -> str:
        return {
            "{a} of {b}.": "OF {b}: {a}",
            "{first} or {rest}": "{first} OR {rest}",
            "{first}, {rest}": "{first}; {rest}",
            "Gone {}.": "GONE {}.",
        }[message]

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return "FEW ({count})" if 1 < n < 5 else msgid2.upper().replace("{COUNT}", "{count}")

    def number(self, value: int | Decimal) -> str:
        return f"{value:,}".replace(",", "'").replace(".", ",")

    def named(self, value: str) -> str:
        return f"<{value}>"


def test_a_sentence_is_english_text() -> None:
    text = said("{a} of {b}.", a=1234, b="many")
    assert isinstance(text, str)
    assert text == "1,234 of many."
    assert counted("{count} thing", "{count} things", 1) == "1 thing"
    assert counted("{count} thing", "{count} things", 2000) == "2,000 things"


def test_it_is_said_anew_in_another_language_with_all_that_is_in_it() -> None:
    inner = counted("{count} thing", "{count} things", 3)
    text = said("{a} of {b}.", a=inner, b=Decimal("1234.5"))
    assert text == "3 things of 1,234.5."
    assert text.under(Shouting()) == "OF 1'234,5: FEW (3)"
    assert counted("{count} thing", "{count} things", 7).under(Shouting()) == "7 THINGS"


def test_values_are_never_taken_for_templates() -> None:
    text = said("{a} of {b}.", a="{b}", b="{a} of {b}.")
    assert text == "{b} of {a} of {b}.."
    assert text.under(Shouting()) == "OF <{a} of {b}.>: <{b}>"


def test_plain_text_and_numbers_pass() -> None:
    assert in_tongue("a name", Shouting()) == "<a name>"
    assert in_tongue(1000, Shouting()) == "1'000"


def test_several_are_joined_in_the_other_language_too() -> None:
    assert joined(["A"], "{first} or {rest}") == "A"
    text = joined(["A", "B", "C"], "{first} or {rest}")
    assert text == "A or B or C"
    assert in_tongue(text, Shouting()) == "<A> OR <B> OR <C>"


def test_lists_have_the_comma_of_the_language() -> None:
    assert series([]) == ""
    assert series(["A"]) == "A"
    assert series(["A", "B", "C"]) == "A, B, C"
    assert in_tongue(series(["A", "B", "C"]), Shouting()) == "<A>; <B>; <C>"


def test_a_sentence_that_was_kept_is_said_in_another_language_still() -> None:
    inner = counted("{count} thing", "{count} things", 3)
    text = said("{a} of {b}.", a=inner, b="{one}")
    kept = from_plain(decode(encode(as_plain(text)), limit=1000))
    assert kept == text
    assert kept.under(Shouting()) == "OF <{one}>: FEW (3)"


def test_what_was_kept_as_text_alone_is_translated_and_taken_for_no_template() -> None:
    kept = from_plain(decode(encode(as_plain("Gone {}.")), limit=1000))
    assert kept == "Gone {}."
    assert kept.under(Shouting()) == "GONE {}."


def test_numbers_are_rounded_halves_up_without_idle_zeros() -> None:
    cases = [(Fraction(1, 3), 1), (Fraction(1, 20), 1), (Decimal("55.50"), 6), (100, 2)]
    assert [str(rounded(value, places)) for value, places in cases] == ["0.3", "0.1", "55.5", "100"]

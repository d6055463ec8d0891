"""What is from outside, made safe to show."""

from __future__ import annotations

import pytest

from tracktwo.legible import legible


@pytest.mark.parametrize("sign", ["\x1b", "\n", "\x07", "\u202e", "\u2066", "\u2028", "\x9b"])
def test_what_could_steer_a_terminal_is_escaped(sign: str) -> None:
    assert sign not in legible(f"a{sign}b")
    assert legible(f"a{sign}b").startswith("a\\")


def test_words_of_any_script_and_blanks_that_do_not_break_stay() -> None:
    text = "36\u00a0500 дней, 36\u202f500, ٣٦٬٥٠٠ يومًا"
    assert legible(text) == text

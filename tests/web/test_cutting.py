"""Long texts on a page: as much as there is room for, and no page grows beyond it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markupsafe import escape

from tracktwo.web.cutting import beginning, last_fitting


@given(st.text(max_size=50).map(lambda text: text * 2000))
def test_the_beginning_is_all_of_a_short_text_and_a_beginning_of_a_longer_one(
    text: str,
) -> None:
    shown = beginning(text)
    assert text.startswith(shown)
    assert (shown == text) == (len(escape(text).encode()) <= 20_000)


def test_the_last_are_shown_as_far_as_100_kb_reach_each_counted_as_it_is_cut() -> None:
    assert last_fitting([]) == 0
    assert last_fitting(["x" * 20_000] * 9) == 5
    assert last_fitting(["x" * 150_000] * 9) == 5
    assert last_fitting(["&" * 4_000] * 9) == 5, "as HTML, and not as typed"

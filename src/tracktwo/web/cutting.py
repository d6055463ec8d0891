"""As much of long texts as a page has room for."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

from markupsafe import escape

_ROOM = 100_000  # bytes of all texts on a page, as HTML
_BEGINNING = 20_000  # of one; the whole of it has an address of its own


def last_fitting(texts: Sequence[str]) -> int:
    """How many of the last of these there is room for."""
    sizes = accumulate(min(_size(text), _BEGINNING) for text in reversed(texts))
    return sum(size <= _ROOM for size in sizes)


def beginning(text: str) -> str:
    """As much of one as is shown: all of it, if it is not too long."""
    size = _size(text)
    return text if size <= _BEGINNING else text[: len(text) * _BEGINNING // size]


def _size(text: str) -> int:
    return len(escape(text).encode())

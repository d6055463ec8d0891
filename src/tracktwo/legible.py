"""What is from outside, made safe to show; apart, so that an error is said without the rest."""

from __future__ import annotations

from datetime import datetime
from unicodedata import category

_LAST_HOUR = 24 * (datetime(2999, 12, 31).toordinal() - datetime(1970, 1, 1).toordinal())


def legible(text: str) -> str:
    """Text with every sign that could steer a terminal written as an escape; blanks are none."""
    return "".join(
        sign if sign.isprintable() or category(sign) == "Zs" else _escaped(sign) for sign in text
    )


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode()


def moment(hour: int) -> datetime:
    """An hour since 1970 on this machine's clock.

    A member may say any: for those that not every machine's calendar has stands the last.
    """
    return datetime.fromtimestamp(min(hour, _LAST_HOUR) * 3600)

"""Sentences that remember how they were made, so that a page can say them in another language.

A `Said` is English text like any other. Its template is what catalogues translate, and its values
are put into the translation: names as they stand, numbers as that language writes them, and other
sentences each in its own turn. So the code that knows what is wrong says it once, and knows nothing
of languages.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

Value = str | int | Decimal


class Tongue(Protocol):
    """A language. The first two are as in Python's gettext."""

    def gettext(self, message: str) -> str:
        """The translation of a template."""
        ...

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """The translation of a template in the form for a number."""
        ...

    def number(self, value: int | Decimal) -> str:
        """A number in figures."""
        ...

    def named(self, value: str) -> str:
        """A text of somebody's own, as it stands in a sentence."""
        ...


class English:
    """The language the program is written in."""

    def gettext(self, message: str) -> str:
        """See Tongue."""
        return message

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """See Tongue."""
        return msgid1 if n == 1 else msgid2

    def number(self, value: int | Decimal) -> str:
        """See Tongue."""
        return f"{value:,}"

    def named(self, value: str) -> str:
        """See Tongue."""
        return value


class Said(str):
    """A sentence in English, with its template and values. Made by `said` and `counted`."""

    __slots__ = ("_count", "_many", "_one", "_values")

    _one: str
    _many: str
    _count: int
    _values: dict[str, Value]

    def under(self, tongue: Tongue) -> str:
        """The same in another language."""
        if self._many:
            template = tongue.ngettext(self._one, self._many, self._count)
        else:
            template = tongue.gettext(self._one)
        return _filled(template, self._values, tongue)


def said(template: str, **values: Value) -> Said:
    """The sentence made by putting `values` into a template's {names}."""
    return _made(template, "", 1, values)


def counted(one: str, many: str, count: int, **values: Value) -> Said:
    """The same by one of two templates: for a count of 1, and for others. Both know {count}."""
    return _made(one, many, count, {"count": count, **values})


def joined(parts: Sequence[str], pair: str) -> str:
    """Several texts as one, by a template of {first} and {rest}: `A or B or C`."""
    *before, whole = parts
    for part in reversed(before):
        whole = said(pair, first=part, rest=whole)
    return whole


def series(parts: Sequence[str]) -> str:
    """Several texts one after the other: `A, B, C`, with the comma of the language."""
    return joined(parts, "{first}, {rest}") if parts else ""


def as_plain(text: str) -> Any:  # noqa: ANN401 - of what can be encoded
    """A text as data, to be kept."""
    if not isinstance(text, Said):
        return text
    values = {
        name: value
        if isinstance(value, int)
        else as_plain(value if isinstance(value, str) else str(value))
        for name, value in text._values.items()
    }
    return [text._one, text._many, text._count, values]


def from_plain(kept: Any) -> Said:  # noqa: ANN401 - as above
    """The sentence that was kept. One that holds nothing may have been kept as its English text."""
    one, many, count, plain = kept if isinstance(kept, list) else (kept, "", 1, {})
    values = {n: from_plain(v) if isinstance(v, list) else v for n, v in plain.items()}
    return _made(one, many, count, values)


def rounded(value: Fraction | Decimal | int, places: int) -> Decimal:
    """A number of at least 0 with at most so many places, halves up, and no zeros at its end."""
    whole, part = divmod(math.floor(Fraction(value) * 10**places + Fraction(1, 2)), 10**places)
    return Decimal(f"{whole}.{part:0{places}}".rstrip("0").rstrip("."))


def in_tongue(value: Value, tongue: Tongue) -> str:
    """A sentence or a number in another language; any other text as it stands."""
    if isinstance(value, Said):
        return value.under(tongue)
    return tongue.named(value) if isinstance(value, str) else tongue.number(value)


_ENGLISH = English()


def _made(one: str, many: str, count: int, values: dict[str, Value]) -> Said:
    made = Said(_filled(_ENGLISH.ngettext(one, many, count), values, _ENGLISH))
    made._one, made._many, made._count, made._values = one, many, count, values
    return made


def _filled(template: str, values: dict[str, Value], tongue: Tongue) -> str:
    if not values:
        return template  # it may be any text
    return template.format(**{name: in_tongue(value, tongue) for name, value in values.items()})

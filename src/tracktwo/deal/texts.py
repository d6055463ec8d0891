"""Ids and texts as an agenda may hold them.

One side may write texts to deceive the other, and they reach terminals and pages of both: nothing
in them can move a cursor or turn the direction of reading.
"""

from __future__ import annotations

import unicodedata

from tracktwo.deal.toml_reading import BadPart, Place, quoted
from tracktwo.said import said

ID_LENGTH = 64
NAME_LENGTH = 500
NOTE_LENGTH = 20_000

# Joiners that Persian and Indic scripts need, and marks that set the direction of neighbouring
# signs only. Overrides, embeddings and isolates can show a text other than it is: refused.
_HARMLESS_FORMAT = frozenset("\u200c\u200d\u200e\u200f\u061c")


def as_id(text: str) -> str:
    """`text` in Unicode normal form C, as ids are: an editor may have stored another form."""
    # Normalising a hostile text takes time by the square of its length; no id is this long.
    return unicodedata.normalize("NFC", text) if len(text) <= 4 * ID_LENGTH else text


def require_line(text: str, part: Place, length: int = NAME_LENGTH) -> None:
    """Raise BadPart unless `text` is one line, not blank, of printable signs, not too long."""
    if not text.strip():
        raise BadPart(
            said("{name} is empty.", name=quoted(str(part[-1]))),
            part,
            said("Say it in a few words."),
        )
    _require_plain(text, part, length, "")


def require_note(text: str, part: Place, length: int = NOTE_LENGTH) -> None:
    """Raise BadPart unless `text` is lines of printable signs, not too long. It may be empty."""
    _require_plain(text, part, length, "\n\t")


def require_id(text: str, part: Place = ("id",)) -> None:
    """Raise BadPart unless `text` is letters, digits, '-', '_' and '.', from a letter or digit."""
    good = (
        0 < len(text) <= ID_LENGTH
        and unicodedata.is_normalized("NFC", text)
        and all(c in "-_." or _is_alphanumeric(c) for c in text)
        and unicodedata.category(text[0])[0] in "LN"
    )
    if not good:
        what = said("{text} cannot be an id.", text=quoted(text))
        advice = said(
            "Use up to {most} letters and digits, with - _ . between them; no spaces.",
            most=ID_LENGTH,
        )
        raise BadPart(what, part, advice)


def _is_alphanumeric(sign: str) -> bool:
    category = unicodedata.category(sign)
    return category[0] in "LM" or category == "Nd"


def _require_plain(text: str, part: Place, length: int, also: str) -> None:
    if len(text) > length:
        what = said(
            "{name} is longer than {most} characters.", name=quoted(str(part[-1])), most=length
        )
        raise BadPart(what, part, said("Shorten it."))
    for sign in text:
        # isprintable is the fast way past nearly every sign.
        if not sign.isprintable() and sign not in also and not _is_harmless(sign):
            name = quoted(str(part[-1]))
            what = said("{name} contains a line break.", name=name)
            if sign != "\n":
                code = f"U+{ord(sign):04X}"
                what = said("{name} contains the invisible sign {code}.", name=name, code=code)
            raise BadPart(what, part, said("Delete it; it can make a text look other than it is."))


def _is_harmless(sign: str) -> bool:
    # A sign newer than this Python's tables is harmless: the other side may have newer ones.
    category = unicodedata.category(sign)
    return category in ("Zs", "Cn", "Co") or sign in _HARMLESS_FORMAT

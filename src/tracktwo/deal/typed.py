"""What people type into forms: figures in the ways of many languages, names without ids."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from decimal import Decimal

from tracktwo.deal.position import DECIMALS
from tracktwo.deal.texts import ID_LENGTH, require_id
from tracktwo.deal.toml_reading import BadPart
from tracktwo.said import said

_FIGURE = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]*))?")
_AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2},[0-9]{3}")


def read_figure(text: str, top: int) -> Decimal:
    """A number from 0 to `top` as people of many languages write it. Raises BadPart.

    A comma may stand for the point, and digits may be of any script.
    """
    plain = "".join(map(_plain_sign, text.strip()))
    if not plain:
        raise BadPart(said("Nothing stands here."), advice=said("Write a number."))
    found = _FIGURE.fullmatch(plain)
    if found is None:
        advice = said("Write it in figures, such as 30 or 12.5.")
        raise BadPart(said("This is not a number that can be used."), advice=advice)
    if _AMBIGUOUS.fullmatch(plain) and top >= 1000:
        advice = said("Write a point before decimals, and nothing between thousands.")
        raise BadPart(said("This can be read in two ways."), advice=advice)
    part = (found[2] or "").rstrip("0")
    if len(part) > DECIMALS:
        what = said("This has more than {places} decimals.", places=DECIMALS)
        raise BadPart(what, advice=said("Round it."))
    figure = Decimal(f"{found[1]}.{part}" if part else found[1])
    if figure > top:
        what = said("This is not between 0 and {top}.", top=top)
        raise BadPart(what, advice=said("Write a smaller number."))
    return figure


def named_id(name: str, taken: Collection[str]) -> str:
    """An id made from a name, in its own script, that is not among those `taken`."""
    words = re.findall(r"[^\W_]+", unicodedata.normalize("NFC", name).lower()[: 2 * ID_LENGTH])
    base = "-".join(words)[: ID_LENGTH - 4].rstrip("-") or "x"
    number, made = 1, base
    while made in taken or not _is_id(made):
        number += 1
        base = base if _is_id(base) else "x"
        made = f"{base}-{number}"
    return made


def _is_id(text: str) -> bool:
    try:
        require_id(text)
    except BadPart:
        return False
    return True


def _plain_sign(sign: str) -> str:
    """A digit of any script as an ASCII one, a decimal mark as a point or comma."""
    if (digit := unicodedata.decimal(sign, None)) is not None:
        return str(digit)
    return {"٫": ".", "·": "."}.get(sign, sign)

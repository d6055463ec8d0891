"""Strict reading of the TOML a person writes: every fault has its line and says what to do.

Assumes nothing about the bytes: they may be hostile. Only BadInput comes out, and soon. Values are
never quoted in a message, because the file may be a position; keys are, made printable.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import Any

from tracktwo.errors import BadInput
from tracktwo.said import said, series

Place = tuple[str | int, ...]
"""The way from the top of a file to a value: keys, and numbers within arrays, from 0."""

LARGEST = 10**9
"""Numbers in these files lie below this, which also keeps an endless `0xfff...` cheap."""

_QUOTED = r""""(?:[^"\\\n]|\\.)*+"|'[^'\n]*+'"""
_KEY_PART = rf"(?:[A-Za-z0-9_-]++|{_QUOTED})"
_KEY = re.compile(rf"[ \t]*({_KEY_PART}(?:[ \t]*\.[ \t]*{_KEY_PART})*+)[ \t]*=")
_HEADER = re.compile(
    rf"[ \t]*\[[ \t]*(\[?)([ \t]*{_KEY_PART}(?:[ \t]*\.[ \t]*{_KEY_PART})*+)[ \t]*\]"
)
# What hides a quotation mark from the search for strings of several lines. An unclosed string is
# taken whole: trying again from each mark in it would take time by the square of its length.
_TOKEN = re.compile(rf"\"\"\"|'''|{_QUOTED}|[\"'].*|#.*")
_CLOSING = {
    '"""': re.compile(r'(?:[^"\\]|\\.|"(?!""))*+"""'),
    "'''": re.compile(r".*?'''"),
}
_LONG_KEY = re.compile(rf"(?:\.[ \t]*+{_KEY_PART}[ \t]*+){{16}}")


# What people most often get wrong, as tomllib says it and as we do.
_SYNTAX = {
    "Cannot overwrite a value": ("A key stands there twice.", "Delete one of the two."),
    "Duplicate inline table key": ("A key stands there twice.", "Delete one of the two."),
    "Cannot declare": ("A heading in brackets stands there twice.", "Join the two tables."),
    "Expected '=' after a key": ("A line is not of the form key = value.", "Complete it."),
    "Expected newline or end": ("A line goes on after its value.", "Write one key a line."),
    "Invalid value": (
        "What follows the = cannot be read.",
        'Texts go in quotation marks, as in "a text"; numbers are written as 12.5.',
    ),
    "Illegal character '\\n'": (
        "A text does not end where its line ends.",
        "Put a quotation mark at its end.",
    ),
    "Illegal character": ("A sign stands there that may not.", "Delete it."),
    "Unterminated string": ("A text does not end.", "Put a quotation mark at its end."),
    'Expected "\'"': ("A text does not end.", "Put a quotation mark at its end."),
    "Unescaped": ("A backslash in a text stands for no sign.", "Write two of them for one."),
    "Unclosed": ("A bracket is not closed.", "Close it."),
    "Expected ']": ("A heading in brackets does not end.", "Close its brackets."),
    "Invalid statement": ("A line is not of the form key = value.", "Complete it."),
}


class BadPart(BadInput):
    """A value breaks a rule of its own at `part`, a place within it. It knows no file."""

    def __init__(self, what: str, part: Place = (), advice: str = "") -> None:
        super().__init__(what, advice=advice)
        self.part = part


def quoted(name: str) -> str:
    """`name` in quotation marks, shortened, with nothing in it that could steer a terminal."""
    short = name if len(name) <= 80 else name[:77] + "..."
    shown = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in short)
    return f'"{shown}"'


def nearest(name: str, known: Iterable[str]) -> str:
    """Advice naming the one of `known` that `name` was probably meant to be, or all if few."""
    names = list(known)
    # difflib takes time by the product of the lengths, so a hostile name is not given to it.
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.6) if len(name) <= 80 else []
    if close:
        return said("Did you mean {name}?", name=quoted(close[0]))
    if not 0 < len(names) <= 12:
        return ""
    return said("Known here: {names}.", names=series([quoted(name) for name in names]))


class Table:
    """One table of a file: each method takes a key, checks the type, and returns the value.

    Every method raises BadInput with the file and the line. `default=None` means: required.
    """

    __slots__ = ("_document", "_values", "place")

    def __init__(self, document: _Document, values: dict[str, Any], place: Place = ()) -> None:
        self._document, self._values, self.place = document, values, place

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def bad(self, what: str, *part: str | int, advice: str = "") -> BadInput:
        """The error for the value at `part` of this table, to be raised by the caller."""
        line = self._document.line(self.place + part)
        return BadInput(what, where=self._document.where, line=line, advice=advice)

    @contextmanager
    def located(self) -> Iterator[None]:
        """Give a BadPart raised inside its file and line, its part being a part of this table."""
        try:
            yield
        except BadPart as error:
            raise self.bad(error.what, *error.part, advice=error.advice) from None

    def allow(self, *keys: str) -> None:
        """Refuse every key but these."""
        for key in self._values:
            if key not in keys:
                what = said("{key} is not a key that belongs here.", key=quoted(key))
                raise self.bad(what, key, advice=nearest(key, keys))

    def text(self, key: str, default: str | None = None) -> str:
        """A string."""
        value = self._value(key, default)
        if not isinstance(value, str):
            advice = said("Put it in quotation marks.")
            raise self.bad(said("{key} is not text.", key=quoted(key)), key, advice=advice)
        return value

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """An array of strings."""
        value = self._value(key, default)
        if not isinstance(value, list | tuple) or not all(isinstance(v, str) for v in value):
            what = said("{key} is not a list of texts.", key=quoted(key))
            advice = said('Write it as {key} = ["issue=option", ...].', key=key)
            raise self.bad(what, key, advice=advice)
        return tuple(value)

    def groups(self, key: str) -> tuple[tuple[str, ...], ...] | None:
        """An array of arrays of strings, or None where there is no such key."""
        if key not in self:
            return None
        value = self._value(key, None)
        good = isinstance(value, list) and all(isinstance(group, list) for group in value)
        if not good or not all(isinstance(text, str) for group in value for text in group):
            what = said("{key} is not a list of groups of ids.", key=quoted(key))
            advice = said('Write it as {key} = [["one", "another"], ...].', key=key)
            raise self.bad(what, key, advice=advice)
        return tuple(tuple(group) for group in value)

    def whole(self, key: str, default: int) -> int:
        """A whole number."""
        value = self._value(key, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.bad(said("{key} is not a whole number.", key=quoted(key)), key)
        return value

    def decimal(self, key: str) -> Decimal:
        """A finite number, exactly as written."""
        value = self._value(key, None)
        if isinstance(value, int) and not isinstance(value, bool) and abs(value) < LARGEST:
            return Decimal(value)
        if isinstance(value, Decimal) and value.is_finite() and abs(value.adjusted()) < 4000:
            return value
        advice = said("Write a plain number such as 30 or 12.5.")
        if isinstance(value, dict):
            advice = said('A name with a dot in it needs quotation marks: "a.b" = 30.')
        what = said("{name} is not a number that can be used.", name=quoted(key))
        raise self.bad(what, key, advice=advice)

    def table(self, key: str) -> Table:
        """The table under `key`; an empty one where there is none."""
        value = self._value(key, {})
        if not isinstance(value, dict):
            heading = ".".join(map(str, (*self.place, key)))
            what = said("{key} is not a table.", key=quoted(key))
            shown = quoted(heading)[1:-1]
            advice = said("Its entries go under a heading [{heading}].", heading=shown)
            raise self.bad(what, key, advice=advice)
        return Table(self._document, value, (*self.place, key))

    def tables(self, key: str) -> tuple[Table, ...]:
        """The tables under `[[key]]`, in the order of the file."""
        value = self._value(key, [])
        if not isinstance(value, list) or not all(isinstance(v, dict) for v in value):
            what = said("{key} is not a list of tables.", key=quoted(key))
            advice = said("Write [[{key}]], in two brackets, above each one.", key=key)
            raise self.bad(what, key, advice=advice)
        return tuple(
            Table(self._document, item, (*self.place, key, number))
            for number, item in enumerate(value)
        )

    def _value(self, key: str, default: Any) -> Any:  # noqa: ANN401 - whatever TOML holds
        if key in self._values:
            return self._values[key]
        if default is None:
            raise self.bad(said("{key} is missing.", key=quoted(key)), advice=said("Add it."))
        return default


def read_toml(data: bytes, where: str, *, limit: int) -> Table:
    """The top table of a file. Raises BadInput for what is not TOML or is over `limit` bytes."""
    text = _decoded(data, where, limit)
    deep = said("It is nested far too deep for a file of this kind.")
    if match := _LONG_KEY.search(text):
        # tomllib takes time by the square of the number of parts of a dotted key.
        raise BadInput(deep, where=where, line=_line_at(text, match.start()))
    try:
        values = tomllib.loads(text, parse_float=_number)
    except RecursionError:
        raise BadInput(deep, where=where) from None
    except ValueError as error:
        raise _syntax_error(str(error), text, where) from None
    return Table(_Document(text, where), values)


def _decoded(data: bytes, where: str, limit: int) -> str:
    if len(data) > limit:
        what = said(
            "The file has {size} bytes; at most {most} are read.", size=len(data), most=limit
        )
        raise BadInput(what, where=where, advice=said("Is it the right file?"))
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        advice = said("Save the file as UTF-8 and try again.")
        raise BadInput(
            said("This is not UTF-8 text."), where=where, line=line, advice=advice
        ) from None


def _number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent beyond what Decimal holds; refused where it stands
        return Decimal("NaN")


def _syntax_error(message: str, text: str, where: str) -> BadInput:
    """What tomllib says, with its place. Its messages name keys and characters, never values."""
    match = re.fullmatch(
        r"(.*?) \(at (?:line (\d+), column (\d+)|end of document)\)", message, re.S
    )
    if not match:
        return BadInput(said("A number in it is too long to read."), where=where)
    line = int(match[2]) if match[2] else _line_at(text, len(text.rstrip()))
    for start, (what, advice) in _SYNTAX.items():
        if message.startswith(start):
            return BadInput(what, where=where, line=line, advice=advice)
    reason = "".join(c if c.isprintable() else " " for c in match[1][:200])
    what = said("This is not TOML: {reason}.", reason=reason)
    if match[3]:
        column = match[3]
        what = said("This is not TOML in column {column}: {reason}.", column=column, reason=reason)
    advice = said("Compare it with the example in the manual.")
    return BadInput(what, where=where, line=line, advice=advice)


def _line_at(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


class _Document:
    """The text of a file, and where in it a value stands."""

    __slots__ = ("_lines", "_text", "where")

    def __init__(self, text: str, where: str) -> None:
        self._text, self.where = text, where
        self._lines: dict[Place, int] = {}

    def line(self, place: Place) -> int | None:
        """The line of the value at `place`, or of the nearest thing around it that has one."""
        self._lines = self._lines or _index(self._text)
        while place and place not in self._lines:
            place = place[:-1]
        return self._lines.get(place)


def _index(text: str) -> dict[Place, int]:
    """The line of every table header and every key at the start of a line."""
    lines: dict[Place, int] = {}
    lengths: dict[Place, int] = {}
    current: Place = ()
    for number, line in _lines_outside_strings(text):
        if header := _HEADER.match(line):
            current = _enter(_parts(header[2]), bool(header[1]), lengths)
            _note_all(lines, current, 1, number)
        elif key := _KEY.match(line):
            place = current + _parts(key[1])
            _note_all(lines, place, len(current) + 1, number)
    return lines


def _note_all(lines: dict[Place, int], place: Place, start: int, number: int) -> None:
    """Note a line for `place` and all around it down to `start` parts, unless they have one."""
    for length in range(start, len(place) + 1):
        lines.setdefault(place[:length], number)


def _enter(parts: tuple[str, ...], repeated: bool, lengths: dict[Place, int]) -> Place:
    """The place a header opens: `[[a.b]]` is a new element, `a` there means the last element."""
    place: Place = ()
    for depth, part in enumerate(parts, start=1):
        place = (*place, part)
        if repeated and depth == len(parts):
            lengths[place] = lengths.get(place, 0) + 1
        if place in lengths:
            place = (*place, lengths[place] - 1)
    return place


def _parts(key: str) -> tuple[str, ...]:
    """The parts of a dotted key, unquoted by the TOML reader itself."""
    try:
        value: Any = tomllib.loads(f"{key} = 0")
    except ValueError:
        return (key,)
    parts = []
    while isinstance(value, dict):
        part, value = next(iter(value.items()))
        parts.append(part)
    return tuple(parts)


def _lines_outside_strings(text: str) -> Iterator[tuple[int, str]]:
    """Numbered lines, without those that begin inside a string of several lines."""
    closing = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if not closing:
            yield number, line
        position = 0
        while True:
            found = _CLOSING[closing].match(line, position) if closing else None
            if closing and not found:
                break
            position = found.end() if found else position
            token = _TOKEN.search(line, position)
            if not token:
                closing = ""
                break
            position = token.end()
            closing = token[0] if token[0] in _CLOSING else ""

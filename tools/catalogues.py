"""The page's catalogues: what must be in them, and whether it is.

    python tools/catalogues.py update    takes what the source says into every catalogue
    python tools/catalogues.py check     fails if a catalogue is not whole

What must be translated: the texts of the templates; in Python, templates given to `gettext`,
`ngettext`, `said` and `counted`, and whole sentences in what the page shows: errors, words. A
sentence with something filled in by an f-string cannot be translated; where an error has one, that
is a fault too.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from tracktwo.web.language import LANGUAGES, catalogue_of, is_for_terminal

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "tracktwo"
SHOWN = (
    *("web", "channel", "probe", "mpc", "keyfile.py", "vault.py", "terms.py", "burning.py"),
    *("files.py", "deal/toml_reading.py"),
)
"""Where whole sentences are a person's to read."""
UNSHOWN = ("guard.py", "bristol.py", "sitting.py")
"""But for these, which speak to programs, or at a terminal alone."""
TEMPLATES = (
    *("web", "channel", "deal", "probe", "show", "keyfile.py", "terms.py", "files.py"),
    *("vault.py", "said.py", "reasons.py"),
)
"""Where sentences are made by `said` and `counted`."""
REFUSING = (*SHOWN, "deal")
"""Whose errors a page shows."""

_ONE, _MANY = ("gettext", "said", "joined"), ("ngettext", "counted")
_ERRORS = (
    *("BadInput", "NotYet", "Unreachable", "Unknown", "Full", "Taken", "NotHeld"),
    *("TrackTwoError", "PeerFault", "BadPart", "bad"),
)
_ERROR_PARTS = ("what", "advice")
"""What the parts of an error are called where they do not stand in the call."""
_UNSEEN = ("Malformed", "one", "row", "rows", "do", "execute")
"""What is given to these is for programmers, or for SQLite."""
_SENTENCE = re.compile(r"[A-Z].* .*[.?!]", re.DOTALL)
_HOLES = re.compile(r"%\(\w+\)[sd]|\{\w*\}")

Text = str | tuple[str, str]


def texts() -> dict[Text, None]:
    """Every text, in the order of the source."""
    found: dict[Text, None] = {}
    for path in sorted((SOURCE / "web" / "templates").glob("*.html")):
        for _, text, _, _ in extract_from_file("jinja2", path):
            found[text if isinstance(text, str) else (text[0], text[1])] = None
    for path in _modules(TEMPLATES):
        found |= dict.fromkeys(_templates(ast.parse(path.read_text("utf-8"))))
    for path in _modules(SHOWN):
        found |= dict.fromkeys(_sentences(ast.parse(path.read_text("utf-8"))))
    return found


def _modules(names: Iterable[str]) -> Iterator[Path]:
    for name in names:
        path = SOURCE / name
        modules = sorted(path.rglob("*.py")) if path.is_dir() else [path]
        yield from (module for module in modules if module.name not in UNSHOWN)


def _templates(tree: ast.AST) -> Iterator[Text]:
    """What is given to the functions that translate, or remember what is to be translated."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args) if args:
                given = [a.value for a in args if isinstance(a, ast.Constant)]
                words = [value for value in given if isinstance(value, str)]
                if name in _ONE and words:
                    yield words[-1]  # of `joined` the last
                elif name in _MANY and len(words) >= 2:
                    yield words[0], words[1]


def _sentences(tree: ast.AST) -> Iterator[str]:
    """Constants that are whole sentences, but for docstrings, and what no person meets."""
    for node in ast.walk(tree):
        called = getattr(node, "func", None)
        name = getattr(called, "id", getattr(called, "attr", ""))
        if isinstance(node, ast.Expr | ast.JoinedStr) or name in (*_ONE, *_MANY, *_UNSEEN):
            continue
        for child in ast.iter_child_nodes(node):
            value = child.value if isinstance(child, ast.keyword) else child
            text = value.value if isinstance(value, ast.Constant) else None
            if isinstance(text, str) and _SENTENCE.fullmatch(text) and not is_for_terminal(text):
                yield text


def unsayable() -> list[str]:
    """Errors a page shows that are made by f-strings, so that no catalogue can have them."""
    return [
        f"{path.relative_to(ROOT)}:{part.lineno}: an f-string"
        for path in _modules(REFUSING)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        for part in _error_parts(node)
        if isinstance(part, ast.JoinedStr)
    ]


def _error_parts(node: ast.AST) -> list[ast.expr]:
    """What a node gives to an error as its sentence or its advice."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _ERRORS:
            return [*node.args, *(k.value for k in node.keywords if k.arg == "advice")]
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in _ERROR_PARTS:
            return [value]
        case ast.AugAssign(target=ast.Name(id=name), value=value) if name in _ERROR_PARTS:
            return [value]
    return []


def faults(code: str) -> list[str]:
    """What is wrong with a catalogue."""
    path = catalogue_of(code)
    if not path.exists():
        return [f"{code}: there is no catalogue"]
    catalogue, wanted = _read(code), texts()
    known = {message.id for message in catalogue if message.id}
    found = [f"{code}: missing: {text!r}" for text in wanted if text not in known]
    found += [f"{code}: stale: {text!r}" for text in known if text not in wanted]
    found += [f"{code}: kept though gone: {text!r}" for text in catalogue.obsolete]
    for message in catalogue:
        if message.id:
            found += [f"{code}: {what}: {message.id!r}" for what in _wrong(message, catalogue)]
    return found


def _wrong(message: Message, catalogue: Catalog) -> Iterator[str]:
    ids = message.id if isinstance(message.id, tuple) else (message.id,)
    told = message.string if isinstance(message.string, tuple) else (message.string,)
    if message.fuzzy:
        yield "only guessed at"
    if not all(told) or (len(ids) > 1 and len(told) != catalogue.num_plurals):
        yield "not translated"
        return
    holes = set(_HOLES.findall(ids[-1]))
    if any(not set(_HOLES.findall(text)) <= holes for text in told):
        yield "fills in what is not there"
    if len(ids) == 1 and set(_HOLES.findall(told[0])) != holes:
        yield "leaves out what is filled in"


def _read(code: str) -> Catalog:
    with catalogue_of(code).open("rb") as file:
        return read_po(file, locale=code)


def update(code: str) -> None:
    """Take in what is new, drop what is gone; nothing is guessed."""
    path = catalogue_of(code)
    old = _read(code) if path.exists() else Catalog(locale=code)
    fresh = Catalog(locale=code, project="TrackTwo", fuzzy=False, revision_date=_EVER)
    fresh.creation_date = _EVER
    for text in texts():
        known = old.get(text[0] if isinstance(text, tuple) else text)
        is_same = known is not None and known.id == text
        fresh.add(text, known.string if known is not None and is_same else None)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, fresh, width=100, omit_header=False, no_location=True)


_EVER = datetime(2026, 1, 1, tzinfo=UTC)  # a date that changes says nothing the history does not


def main() -> int:
    """See the module."""
    codes = [code for code in LANGUAGES if code != "en"]
    match sys.argv[1:]:
        case ["update"]:
            for code in codes:
                update(code)
            return 0
        case ["check"]:
            found = [*unsayable(), *(fault for code in codes for fault in faults(code))]
            sys.stdout.write("".join(f"{fault}\n" for fault in found))
            return 1 if found else 0
        case _:
            sys.stderr.write(f"{__doc__}\n")
            return 2


if __name__ == "__main__":
    sys.exit(main())

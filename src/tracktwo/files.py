"""Reading the files a person names, and writing new ones."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from tracktwo.deal.agenda import Agenda, read_agenda
from tracktwo.deal.position import Position, read_position
from tracktwo.errors import BadInput
from tracktwo.legible import legible
from tracktwo.reasons import reason
from tracktwo.said import said

_LIMIT = 32_000_000  # bytes; every format has a lower limit of its own


def agenda_in(path: Path) -> Agenda:
    """The agenda in a file of any format. Raises BadInput, with the place."""
    data, where = _bytes_of(path), legible(str(path))
    if _is_plain(path):
        return read_agenda(data, where)
    from tracktwo.deal.formats import load_agenda

    return load_agenda(data, where)


def position_in(path: Path, agenda: Agenda) -> Position:
    """The position on `agenda` in a file of any format. Raises BadInput, with the place."""
    data, where = _bytes_of(path), legible(str(path))
    if _is_plain(path):
        return read_position(data, where, agenda)
    from tracktwo.deal.formats import load_position

    return load_position(data, where, agenda)


def require_new(path: Path, *, force: bool) -> None:
    """Raise BadInput if a file of that name stands, unless `force`."""
    if path.exists() and not force:
        raise _taken(path)


def write_new(path: Path, data: bytes, *, force: bool, private: bool = False) -> None:
    """Write a whole file or none. `private`: for the owner's eyes alone.

    Raises BadInput if there is one already, unless `force`, and if it cannot be written.
    """
    where = legible(str(path))
    part = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        if not force:
            path.open("xb").close()  # taken now, so that nobody else's file is replaced below
        try:
            _write(part, data, 0o600 if private else 0o666)
            os.replace(part, path)
        except BaseException:
            part.unlink(missing_ok=True)
            if not force:
                path.unlink(missing_ok=True)
            raise
    except FileExistsError:
        raise _taken(path) from None
    except OSError as error:
        what = said("It cannot be written ({reason}).", reason=reason(error))
        raise BadInput(what, where=where) from None


def _is_plain(path: Path) -> bool:
    # The readers of the other formats take longer to load than most commands to run.
    return path.suffix.lower() == ".toml"


def _taken(path: Path) -> BadInput:
    advice = "Give another name, or --force to replace it."
    return BadInput(said("There is a file of that name."), where=legible(str(path)), advice=advice)


def _write(path: Path, data: bytes, mode: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with os.fdopen(os.open(path, flags, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _bytes_of(path: Path) -> bytes:
    where = legible(str(path))
    try:
        with path.open("rb") as file:
            data = file.read(_LIMIT + 1)
    except IsADirectoryError:
        what, advice = said("This is a folder."), said("Name a file in it.")
        raise BadInput(what, where=where, advice=advice) from None
    except FileNotFoundError:
        advice = said("Check the name, and which folder you are in.")
        raise BadInput(said("There is no such file."), where=where, advice=advice) from None
    except OSError as error:
        what = said("It cannot be read ({reason}).", reason=reason(error))
        raise BadInput(what, where=where) from None
    except ValueError:  # such as of a zero byte in it
        raise BadInput(said("No file can have this name."), where=where) from None
    if len(data) > _LIMIT:
        raise BadInput(said("It is too large for an agenda or a position."), where=where)
    return data

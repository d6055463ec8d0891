"""What the system and the libraries refuse is told in our words, which are translated."""

from __future__ import annotations

import errno
import os
import socket
import sqlite3
import tarfile
from pathlib import Path

import httpx
import pytest
import sqlcipher3

from tracktwo.reasons import reason
from tracktwo.said import Said, said
from tracktwo.web.language import LANGUAGES, language

FREQUENT = [
    *(errno.ENOSPC, errno.EACCES, errno.ENOENT, errno.EISDIR, errno.EROFS, errno.ECONNREFUSED),
    *(errno.ETIMEDOUT, errno.EADDRINUSE, errno.EIO, errno.ENETUNREACH),
]


@pytest.mark.parametrize("number", FREQUENT, ids=[errno.errorcode[n] for n in FREQUENT])
def test_what_a_system_often_refuses_is_told_in_every_language(number: int) -> None:
    told = reason(OSError(number, os.strerror(number)))
    assert isinstance(told, Said)
    others = {language(code).said(told) for code in LANGUAGES if code != "en"}
    assert len(others) == len(LANGUAGES) - 1
    assert told not in others


def test_what_is_rare_is_left_in_the_systems_words() -> None:
    assert reason(OSError(errno.EXDEV, "Invalid cross-device link")) == "Invalid cross-device link"
    assert reason(OSError()) == "OSError"


def test_what_a_line_is_down_for_is_what_caused_it() -> None:
    caused = httpx.ConnectError("[Errno 111] Connection refused")
    caused.__cause__ = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")
    assert reason(caused) == "the connection was refused"
    caused.__cause__ = socket.gaierror(errno.ENOENT, "Name or service not known")
    assert reason(caused) == "no machine of this name is known"
    assert reason(httpx.ReadTimeout("timed out")) == "it took too long"
    assert reason(httpx.UnsupportedProtocol("its words may hold an address")) == (
        "UnsupportedProtocol"
    )


@pytest.mark.parametrize("library", [sqlite3, sqlcipher3])
def test_what_sqlite_refuses_is_told_by_its_code(library: object, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"This is no database. " * 100)
    with pytest.raises(library.DatabaseError) as caught:  # type: ignore[attr-defined]
        library.connect(path).execute("SELECT * FROM x")  # type: ignore[attr-defined]
    assert reason(caught.value) == "it is damaged, or locked with another key"
    with pytest.raises(library.OperationalError) as caught:  # type: ignore[attr-defined]
        library.connect(":memory:").execute("SELECT * FROM x")  # type: ignore[attr-defined]
    assert reason(caught.value) == "no such table: x"


def test_our_own_sentence_stays_whole_in_an_error_of_a_library() -> None:
    ours = said("version {version}, this program reads {known}", version=2, known=1)
    assert reason(sqlite3.DatabaseError(ours)) is ours
    assert reason(tarfile.ReadError("not a gzip file")) == "it is damaged"

"""The name a folder carries: one for both sides, for ever, and never made of what lies about."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tracktwo.errors import BadInput, PeerFault
from tracktwo.probe.folder import Folder

OURS, THEIRS = "a" * 16, "b" * 16


def test_both_sides_see_one_identity_that_stays(tmp_path: Path) -> None:
    first = Folder(tmp_path, OURS)
    assert re.fullmatch("[0-9a-f]{32}", first.identity)
    assert Folder(tmp_path, THEIRS).identity == first.identity
    assert (tmp_path / "tracktwo-folder").read_text() == first.identity + "\n"


def test_folders_have_different_identities(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    assert Folder(tmp_path / "one", OURS).identity != Folder(tmp_path / "two", OURS).identity


def test_a_folder_that_does_not_stand_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "none", tmp_path / "file"):
        with pytest.raises(BadInput, match=r"There is no such folder\. Make it first"):
            Folder(path, OURS)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"x" * 33,
        b"0" * 32 + b"\n\n",
        b"0" * 32,
        b"0" * 33,
        b"A" * 32 + b"\n",
        b"\xff" * 33,
        b"0" * 99,
    ],
)
def test_a_damaged_identity_is_bad_input(
    tmp_path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tracktwo-folder").write_bytes(content)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    with pytest.raises(BadInput, match="The file that names the folder is damaged") as caught:
        Folder(tmp_path, OURS)
    assert caught.value.where == str(tmp_path / "tracktwo-folder")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_an_identity_that_is_no_plain_file_is_refused_and_never_waited_on(
    tmp_path: Path, make: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    make(tmp_path / "tracktwo-folder")
    with pytest.raises((BadInput, PeerFault)):
        Folder(tmp_path, OURS)


def test_an_identity_being_written_by_the_other_side_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "tracktwo-folder"
    marker.write_text("0" * 7)
    monkeypatch.setattr(time, "sleep", lambda seconds: marker.write_text("1" * 32 + "\n"))
    assert Folder(tmp_path, OURS).identity == "1" * 32

"""The folder: only whole messages under their names are believed, and nothing makes it hang."""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracktwo.errors import BadInput, PeerFault
from tracktwo.probe import folder as folder_module
from tracktwo.probe.folder import Folder, signature_of

OURS, THEIRS, STRANGER = "a" * 16, "b" * 16, "c" * 16
EXACT = range(10, 11)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path, OURS)


def path_of(folder: Folder, tag: str = THEIRS, message: int | str = 2, sitting: int = 1) -> Path:
    return folder._path / f"{sitting:04d}-{tag}-{message}.msg"


def aged(path: Path, seconds: float = 60) -> Path:
    """As if the file had last been written some time ago."""
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


def publish(folder: Folder, message: int | str, data: bytes, sitting: int = 1) -> None:
    with folder.draft(sitting, message, len(data)) as draft:
        draft.write(data)
        draft.publish()


# A folder in trouble


@pytest.mark.parametrize("call", ["open", "publish", "sittings", "clear"])
def test_a_folder_that_goes_away_is_bad_input_and_says_that_nothing_is_lost(
    folder: Folder, call: str
) -> None:
    (folder._path / "tracktwo-folder").unlink()
    folder._path.rmdir()
    if call == "open":
        assert folder.open(1, THEIRS, 2, EXACT) is None
        return
    if call == "clear":
        folder.clear()
        return
    with pytest.raises(BadInput, match=r"cannot be used .* Nothing is lost"):
        folder.sittings() if call == "sittings" else publish(folder, 2, b"data")


def test_a_message_that_may_not_be_read_is_bad_input(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    path_of(folder).write_bytes(b"x" * 10)

    def refuse(*rest: object) -> int:
        raise PermissionError(13, "Permission denied")

    # The permission itself would not keep a superuser out.
    monkeypatch.setattr(folder_module.os, "open", refuse)
    with pytest.raises(BadInput, match=r"cannot be used \(it is not permitted\)"):
        folder.open(1, THEIRS, 2, EXACT)


def test_no_room_on_the_disk_is_bad_input_and_publishes_nothing(folder: Folder) -> None:
    def write() -> None:
        with folder.draft(1, 2, 10):
            raise OSError(28, "No space left on device")

    with pytest.raises(BadInput, match="no space is left on the disk"):
        write()
    assert os.listdir(folder._path) == ["tracktwo-folder"]


# What is believed


def test_a_published_message_is_read_by_the_other_side(folder: Folder) -> None:
    publish(folder, 2, b"0123456789")
    other = Folder(folder._path, THEIRS)
    assert other.has(1, OURS, 2)
    opened = other.open(1, OURS, 2, EXACT)
    assert opened is not None
    with opened:
        assert opened.read() == b"0123456789"


def test_a_message_being_written_is_nobodys(folder: Folder) -> None:
    other = Folder(folder._path, THEIRS)
    with folder.draft(1, 0, 10) as draft:
        draft.write(b"0123456789")
        assert other.sittings() == {}
        assert not other.has(1, OURS, 0)
        assert other.open(1, OURS, 0, EXACT) is None
        draft.publish()
        assert other.sittings() == {1: {OURS}}


def test_a_draft_that_is_not_published_leaves_nothing(folder: Folder) -> None:
    with folder.draft(1, 0, 10) as draft:
        draft.write(b"01234")
    assert os.listdir(folder._path) == ["tracktwo-folder"]


def test_a_draft_is_written_whole_however_little_the_system_takes_at_once(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    with folder.draft(1, 2, 10) as draft:
        plain = draft._file

        class Slow:
            def write(self, data: memoryview) -> int:
                return plain.write(data[:3]) or 0

            def fileno(self) -> int:
                return plain.fileno()

        monkeypatch.setattr(draft, "_file", Slow())
        draft.write(b"0123456789")
        draft.write(b"")
        draft.publish()
    assert path_of(folder, OURS).read_bytes() == b"0123456789"


@pytest.mark.parametrize("shape", [(0,), (32, 0), (0, 32)])
def test_an_array_without_bytes_writes_nothing(folder: Folder, shape: tuple[int, ...]) -> None:
    with folder.draft(1, 2, 0) as draft:
        draft.write(np.zeros(shape, np.uint8).data)
        draft.publish()
    assert path_of(folder, folder.tag).read_bytes() == b""


def test_what_a_killed_process_left_half_written_is_cleared_and_the_others_is_not(
    folder: Folder,
) -> None:
    for tag in (OURS, THEIRS):
        (folder._path / f".0003-{tag}-2.0123456789abcdef.part").write_bytes(b"half")
    publish(folder, 0, b"whole")
    folder.clear()
    half = f".0003-{THEIRS}-2.0123456789abcdef.part"
    assert set(os.listdir(folder._path)) == {half, f"0001-{OURS}-0.msg", "tracktwo-folder"}


FOREIGN = [
    "notes.txt",
    "0001-bbbbbbbbbbbbbbbb-2.msg.tmp",
    "0001-bbbbbbbbbbbbbbbb-2.msg~",
    "0001-bbbbbbbbbbbbbbbb-6.msg",
    "0001-bbbbbbbbbbbbbbbb-02.msg",
    "0001-bbbbbbbbbbbbbbbb--1.msg",
    "0001-bbbbbbbbbbbbbbbb-Stop.msg",
    "0001-BBBBBBBBBBBBBBBB-2.msg",
    "0001-bbbbbbbbbbbbbbb-2.msg",
    "0001-bbbbbbbbbbbbbbbbb-2.msg",
    "00001-bbbbbbbbbbbbbbbb-2.msg",
    "1-bbbbbbbbbbbbbbbb-2.msg",
    "\u0660\u0660\u0660\u0661-bbbbbbbbbbbbbbbb-2.msg",
    "0001-bbbbbbbbbbbbbbbb-\u0662.msg",
    "0001-bbbbbbbbbbbbbbbb-2.msg\n",
    " 0001-bbbbbbbbbbbbbbbb-2.msg",
    "0001-bbbbbbbbbbbbbbbb-2 (copy).msg",
    ".0001-bbbbbbbbbbbbbbbb-2.0123456789abcdef.part",
]


@pytest.mark.parametrize("name", FOREIGN)
def test_files_under_other_names_are_nobodys(folder: Folder, name: str) -> None:
    (folder._path / name).write_bytes(b"x" * 10)
    assert folder.sittings() == {}
    assert folder.other(1) is None
    assert folder.opened_by_other(above=0) is None
    assert folder.open(1, THEIRS, 2, EXACT) is None


@given(st.text(max_size=40))
def test_no_other_name_is_a_message(name: str) -> None:
    matched = folder_module._NAME.fullmatch(name)
    assert bool(matched) == bool(re.fullmatch(r"\A[0-9]{4}-[0-9a-f]{16}-([0-5]|stop)\.msg\Z", name))


def test_a_name_that_is_not_text_is_nobodys(folder: Folder) -> None:
    Path(os.fsdecode(os.fsencode(folder._path) + b"/\xff\xfe.msg")).write_bytes(b"x")
    assert folder.sittings() == {}


def make_link(path: Path) -> None:
    whole = path.parent / "elsewhere"
    whole.write_bytes(b"x" * 10)
    path.symlink_to(whole)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        pytest.param(
            Path.mkdir,
            "not a plain file",
            id="a directory",
        ),
        pytest.param(os.mkfifo, "not a plain file", id="a pipe"),
        pytest.param(make_link, "put a link", id="a link to a file of the right length"),
        pytest.param(lambda path: path.symlink_to(path), "put a link", id="a link to itself"),
        pytest.param(lambda path: path.symlink_to("none"), "put a link", id="a link to nothing"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), "put a link", id="a device"),
    ],
)
def test_what_is_no_plain_file_is_a_fault_and_never_waited_on(
    folder: Folder, make: Callable[[Path], None], sentence: str
) -> None:
    make(path_of(folder))
    with pytest.raises(PeerFault, match=sentence):
        folder.open(1, THEIRS, 2, EXACT)


@pytest.mark.parametrize("size", [0, 1, 9])
def test_a_short_message_is_on_its_way_while_fresh_and_cut_when_it_stays_short(
    folder: Folder, size: int
) -> None:
    path_of(folder).write_bytes(b"x" * size)
    assert folder.open(1, THEIRS, 2, EXACT) is None
    aged(path_of(folder))
    with pytest.raises(PeerFault, match="message 2 is cut short"):
        folder.open(1, THEIRS, 2, EXACT)
    path_of(folder).write_bytes(b"x" * 10)
    opened = folder.open(1, THEIRS, 2, EXACT)
    assert opened is not None
    opened.close()


def test_a_long_message_is_a_fault_at_once(folder: Folder) -> None:
    path_of(folder).write_bytes(b"x" * 11)
    with pytest.raises(PeerFault, match="message 2 is too long"):
        folder.open(1, THEIRS, 2, EXACT)


def test_a_message_of_a_terabyte_is_refused_unread(folder: Folder) -> None:
    with path_of(folder).open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(PeerFault, match="message 2 is too long"):
        folder.open(1, THEIRS, 2, EXACT)


def test_a_copy_that_moves_to_the_name_is_read_whole_by_who_opened_it(folder: Folder) -> None:
    path_of(folder).write_bytes(b"old" * 3 + b"!")
    opened = folder.open(1, THEIRS, 2, EXACT)
    assert opened is not None
    (folder._path / "new").write_bytes(b"new" * 3 + b"!")
    os.replace(folder._path / "new", path_of(folder))
    with opened:
        assert opened.read() == b"oldoldold!"


# Which sittings there are


def test_the_other_side_is_who_else_writes_and_two_others_are_a_fault(folder: Folder) -> None:
    publish(folder, 0, b"ours")
    assert folder.other(1) is None
    path_of(folder, message=0).write_bytes(b"theirs")
    assert folder.other(1) == THEIRS
    path_of(folder, tag=STRANGER, sitting=2).write_bytes(b"elsewhere")
    assert folder.other(1) == THEIRS
    path_of(folder, tag=STRANGER, message=4).write_bytes(b"stranger")
    with pytest.raises(PeerFault, match="More than two sides"):
        folder.other(1)


def test_the_sitting_to_join_is_the_latest_that_another_opened_and_did_not_leave(
    folder: Folder,
) -> None:
    assert folder.opened_by_other(above=0) is None
    for sitting in (3, 5):
        path_of(folder, message=0, sitting=sitting).write_bytes(b"terms")
    assert folder.opened_by_other(above=0) == 5
    assert folder.opened_by_other(above=4) == 5
    assert folder.opened_by_other(above=5) is None
    path_of(folder, message="stop", sitting=5).write_bytes(b"")
    assert folder.opened_by_other(above=0) == 3
    publish(folder, 0, b"we are in it", sitting=3)
    assert folder.opened_by_other(above=0) is None


def test_a_number_far_ahead_is_not_joined_and_does_not_use_the_numbers_up(folder: Folder) -> None:
    assert folder.unused(above=0) == 1
    for sitting in (9999, 500):
        path_of(folder, message=0, sitting=sitting).write_bytes(b"terms")
    assert folder.opened_by_other(above=0) is None
    assert folder.unused(above=0) == 1
    assert folder.unused(above=7) == 8
    path_of(folder, message=0, sitting=20).write_bytes(b"terms")
    assert folder.unused(above=7) == 21
    assert folder.opened_by_other(above=7) == 20


def test_a_folder_with_no_number_left_is_bad_input(folder: Folder) -> None:
    assert folder.unused(above=9998) == 9999
    with pytest.raises(BadInput, match=r"too many sittings\. Take a new folder"):
        folder.unused(above=9999)


def test_sittings_of_two_others_are_not_joined(folder: Folder) -> None:
    for tag in (THEIRS, STRANGER):
        path_of(folder, tag=tag, message=0).write_bytes(b"terms")
    assert folder.opened_by_other(above=0) is None


# Writing


@pytest.mark.parametrize("in_the_way", [Path.touch, os.mkfifo, lambda p: p.symlink_to("none")])
def test_our_message_takes_its_name_whatever_lies_there(
    folder: Folder, in_the_way: Callable[[Path], None]
) -> None:
    in_the_way(path_of(folder, OURS))
    publish(folder, 2, b"0123456789")
    assert not path_of(folder, OURS).is_symlink()
    assert path_of(folder, OURS).read_bytes() == b"0123456789"


def test_a_link_laid_where_a_draft_or_the_identity_goes_is_not_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    place = tmp_path / "folder"
    place.mkdir()
    monkeypatch.setattr(secrets, "token_hex", lambda size: "0" * 2 * size)
    (place / "tracktwo-folder").symlink_to(precious)
    with pytest.raises(PeerFault, match="put a link"):
        Folder(place, OURS)
    (place / "tracktwo-folder").unlink()
    folder = Folder(place, OURS)
    (place / f".0001-{OURS}-2.{'0' * 16}.part").symlink_to(precious)
    with pytest.raises(BadInput, match="cannot be used"):
        publish(folder, 2, b"0123456789")
    assert precious.read_text() == "precious"


def test_a_message_is_durable_before_it_has_its_name_and_the_name_after(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    plain_sync, plain_replace = os.fsync, os.replace

    def fsync(handle: int) -> None:
        kind = "folder" if os.path.samestat(os.fstat(handle), folder._path.stat()) else "file"
        order.append(f"sync {kind}")
        plain_sync(handle)

    def replace(source: Path, target: Path) -> None:
        order.append("name")
        plain_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    publish(folder, 2, b"0123456789")
    assert order == ["sync file", "name", "sync folder"]


def test_a_stop_is_posted_and_a_folder_that_cannot_take_it_is_no_error(folder: Folder) -> None:
    folder.post_stop(1)
    assert Folder(folder._path, THEIRS).has(1, OURS, "stop")
    for path in folder._path.iterdir():
        path.unlink()
    folder._path.rmdir()
    folder.post_stop(1)


# Replaced or not


def test_a_message_replaced_rewritten_or_carried_away_changes_its_signature(
    folder: Folder,
) -> None:
    path = path_of(folder)
    path.write_bytes(b"x" * 10)
    seen = folder.signature(1, THEIRS, 2)
    assert seen == folder.signature(1, THEIRS, 2) == signature_of(path.stat())
    copy = path.with_suffix(".copy")
    copy.write_bytes(path.read_bytes())
    os.replace(copy, path)
    replaced = folder.signature(1, THEIRS, 2)
    assert replaced != seen
    aged(path)
    assert folder.signature(1, THEIRS, 2) != replaced
    path.unlink()
    assert folder.signature(1, THEIRS, 2) is None

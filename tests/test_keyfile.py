"""The passphrase's file: one passphrase, one key; the file tells nothing but its cost."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from hostile import damaged, deep
from tracktwo import keyfile
from tracktwo.encoding import decode, encode
from tracktwo.errors import BadInput

MEMORY = 64  # KiB: what a guess costs is not tested here
PASSPHRASE = "correct horse battery"  # noqa: S105 - a made-up one


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "node.key"


def test_the_passphrase_gives_the_key_and_no_other_does(path: Path) -> None:
    key = keyfile.make(path, PASSPHRASE, memory=MEMORY)
    assert len(key) == 32
    assert keyfile.unlock(path, PASSPHRASE) == key
    for other in ("", PASSPHRASE + " ", PASSPHRASE.upper(), "x"):
        with pytest.raises(BadInput, match="not the passphrase"):
            keyfile.unlock(path, other)


def test_another_passphrase_wraps_the_same_key(path: Path) -> None:
    key = keyfile.make(path, PASSPHRASE, memory=MEMORY)
    before = path.read_bytes()
    with pytest.raises(BadInput):
        keyfile.change(path, "wrong", "new words")
    with pytest.raises(BadInput, match="empty"):
        keyfile.change(path, PASSPHRASE, "")
    assert path.read_bytes() == before
    path.with_suffix(".part").write_bytes(b"left by a killed process")
    keyfile.change(path, PASSPHRASE, "new words")
    assert keyfile.unlock(path, "new words") == key
    with pytest.raises(BadInput):
        keyfile.unlock(path, PASSPHRASE)
    assert [part.name for part in path.parent.iterdir()] == [path.name]


def test_a_key_is_drawn_anew_each_time_and_is_not_in_its_file(tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a", "b")]
    keys = [keyfile.make(path, PASSPHRASE, memory=MEMORY) for path in paths]
    assert keys[0] != keys[1]
    for path, key in zip(paths, keys, strict=True):
        assert key not in path.read_bytes()
        assert PASSPHRASE.encode() not in path.read_bytes()


def test_the_file_is_for_its_owner_alone_and_is_never_written_over(path: Path) -> None:
    keyfile.make(path, PASSPHRASE, memory=MEMORY)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    before = path.read_bytes()
    with pytest.raises(BadInput, match="already"):
        keyfile.make(path, PASSPHRASE, memory=MEMORY)
    assert path.read_bytes() == before
    keyfile.change(path, PASSPHRASE, "new words")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_empty_passphrase_is_refused_and_leaves_no_file(path: Path) -> None:
    with pytest.raises(BadInput, match="empty"):
        keyfile.make(path, "", memory=MEMORY)
    assert not path.exists()
    keyfile.make(path, PASSPHRASE, memory=MEMORY)


def test_no_node_is_said_to_be_none(path: Path) -> None:
    with pytest.raises(BadInput, match="no node"):
        keyfile.unlock(path, PASSPHRASE)


def test_a_letter_typed_on_another_machine_is_the_same_letter(path: Path) -> None:
    """Some machines write an accented letter as one sign, some as two."""
    key = keyfile.make(path, "grey caf\u00e9", memory=MEMORY)
    assert keyfile.unlock(path, "grey cafe\u0301") == key


@pytest.mark.parametrize("short", ["a", "1234567", "cafe\u0301cafe\u0301"[:-2], "e\u0301" * 7])
def test_a_short_passphrase_is_refused_at_making_and_at_changing(path: Path, short: str) -> None:
    with pytest.raises(BadInput, match="fewer than 8 characters"):
        keyfile.make(path, short, memory=MEMORY)
    assert not path.exists()
    keyfile.make(path, PASSPHRASE, memory=MEMORY)
    before = path.read_bytes()
    with pytest.raises(BadInput, match="fewer than 8 characters"):
        keyfile.change(path, PASSPHRASE, short)
    assert path.read_bytes() == before


def test_one_is_warned_of_what_is_short_or_figures_alone() -> None:
    assert keyfile.is_weak("grey wagtail")
    assert keyfile.is_weak("1234 5678 9012 3456 7890")
    assert not keyfile.is_weak("grey wagtail, water rail")


def test_a_passphrase_that_is_no_text_is_refused(path: Path) -> None:
    """As an environment variable of bytes that are no UTF-8 comes in."""
    with pytest.raises(BadInput):
        keyfile.make(path, "\udcff", memory=MEMORY)
    keyfile.make(path, PASSPHRASE, memory=MEMORY)
    with pytest.raises(BadInput):
        keyfile.unlock(path, "\udcff")


GOOD = keyfile._wrapped(bytes(32), PASSPHRASE, MEMORY)


@settings(max_examples=examples(100))
@given(data=damaged(GOOD))
def test_a_damaged_file_is_said_to_be_damaged(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.key"
    path.write_bytes(data)
    try:
        _, memory, passes, *_ = keyfile._read(data, path)
    except BadInput:
        pass
    else:
        if memory * passes > 1 << 16:  # well formed, and dearer than a test may be
            return
    with pytest.raises(BadInput):
        keyfile.unlock(path, PASSPHRASE)


@given(st.sampled_from([1, 2, 3]), st.integers())
def test_the_cost_of_a_guess_is_part_of_what_is_sealed(at: int, by: int) -> None:
    items = decode(GOOD, limit=1024)
    if at == 1:
        items[1] = bytes([items[1][0] ^ (by % 255 + 1)]) + items[1][1:]
    else:
        items[at] += abs(by) % 60 + 1
    derived = keyfile._derive(PASSPHRASE, *items[1:4])
    with pytest.raises(keyfile.InvalidTag):
        keyfile.ChaCha20Poly1305(derived).decrypt(items[4], items[5], encode(items[:4]))


def test_what_is_nested_too_deep_is_damaged(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(deep(1000))
    with pytest.raises(BadInput, match="damaged"):
        keyfile.unlock(path, PASSPHRASE)

"""What a relay, a courier's stick and a locked machine know: sizes and times, and not one word."""

from __future__ import annotations

import base64
import re
import secrets
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from nodes import QUICK, Person, Relay, channel_of, person
from relays import kept_files
from tracktwo.channel.blob import sealed_length
from tracktwo.channel.envelope import BUCKETS

# Words that would be recognised wherever they came out.
AGENDA = """
title = "Marker-agenda the orchards"
[[issue]]
id = "markerwater"
name = "Marker-issue who waters first"
  [[issue.option]]
  id = "markereast"
  name = "Marker-option the east"
  [[issue.option]]
  id = "markerwest"
  name = "Marker-option the west"
"""
POSITION = """
accept_from = 40.123457
notes = "Marker-note what we told nobody"
[weights]
markerwater = 37.123457
[scores.markerwater]
markereast = 71.987643
markerwest = 62.765431
"""
MARKERS = [
    *("Markerheron", "Markerotter", "Markerconvener", "Markernorth", "Markersouth"),
    *("Marker-title", "Marker-goal", "Marker-text", "Marker-note", "Marker-agenda"),
    *("Marker-issue", "Marker-option", "markerwater", "markereast", "37.123457", "71.987643"),
    *("Marker-name", "markertalks"),
]


def marked(data: bytes) -> list[str]:
    """Which of the words are in some bytes, in one, two or four bytes a sign, hex or base64."""
    dense = data.replace(b"\0", b"")  # so that text of wider signs reads as that of narrow ones
    return [word for word in MARKERS if any(form in dense for form in forms(word.encode()))]


def forms(word: bytes) -> Iterator[bytes]:
    """What tells a word: itself, its hex, and of its base64 what no neighbour has a part in."""
    yield word
    yield word.hex().encode()
    yield word.hex().upper().encode()
    for before in range(3):
        text = base64.b64encode(bytes(before) + word)
        text = text[-(-8 * before // 6) : 8 * (before + len(word)) // 6]
        yield text
        yield text.replace(b"+", b"-").replace(b"/", b"_")


@pytest.mark.parametrize("before", range(3))
def test_the_search_finds_every_word_however_it_is_written(before: int) -> None:
    for word in MARKERS:
        data = b"\xff" * before + word.encode() + b"\xff\xff"
        hexed, dense, url = data.hex(), base64.b64encode(data), base64.urlsafe_b64encode(data)
        for text in (word, hexed, hexed.upper(), dense.decode(), url.decode()):
            for encoding in ("utf-8", "utf-16", "utf-32"):
                assert word in marked(text.encode(encoding))


def memory_of(process: int) -> bytes:
    """All that a running process can read and has written."""
    found = []
    with Path(f"/proc/{process}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{process}/maps").read_text("ascii", "replace").splitlines():
            place = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if place is None:
                continue
            start, end = (int(digits, 16) for digits in place.groups())
            try:
                memory.seek(start)
                found.append(memory.read(end - start))
            except (OSError, OverflowError, ValueError):  # the system's own
                continue
    return b"".join(found)


def contents(folder: Path) -> bytes:
    """Every byte of every file in a folder, and every name."""
    paths = list(folder.rglob("*"))
    names = "\n".join(str(path.relative_to(folder)) for path in paths).encode()
    return names + b"".join(path.read_bytes() for path in paths if path.is_file())


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with Relay(tmp_path_factory.mktemp("relay")) as running:
        yield running


@pytest.mark.parametrize("storage", ["sqlite", "postgresql"])
def test_no_word_is_in_any_byte_of_relay_stick_or_locked_home(
    request: pytest.FixtureRequest, tmp_path: Path, storage: str
) -> None:
    options = ["--store", str(tmp_path / "store")]
    if storage == "postgresql":
        options = ["--postgresql", request.getfixturevalue("postgresql")()]
    for name, text in (("agenda", AGENDA), ("position", POSITION)):
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    with Relay(tmp_path / "relay", *options) as relay:
        convener = person("Markerconvener", tmp_path, relay.address)
        heron, otter = (
            Person(name, tmp_path / name, relay.address) for name in ("Markerheron", "Markerotter")
        )
        for each in (heron, otter):
            each.does("init", *QUICK)
        convener.does(
            *("channel", "new", "markertalks", "--pseudonym", convener.name),
            *("--title", "Marker-title", "--goal", "Marker-goal"),
        )
        for each, side in ((heron, "Markernorth"), (otter, "Markersouth")):
            invite = ("channel", "invite", "markertalks", "--side", side, "--no-wait")
            code = convener.json(*invite)["code"]
            join = ("channel", "join", code, "--name", "markertalks", "--pseudonym", each.name)
            each.tries(*join, "--wait", "0")
            convener.does("sync")
            each.tries(*join, "--wait", "0")
            convener.does("sync")
            each.does(*join)
        heron.does("sync")
        heron.does("channel", "members", "markertalks", "--note", otter.name, "Marker-name")
        heron.does("say", "markertalks", "Marker-text of some length")
        ask = ("probe", "ask", "markertalks", "agenda.toml", "position.toml", "--with", otter.name)
        heron.tries(*ask, "--ask", "exists,where", "--wait", "0")
        otter.does("sync")
        accept = ("probe", "accept", "markertalks", "position.toml", "--wait", "0")
        assert otter.tries(*accept).returncode == 5
        heron.tries("probe", "go", "markertalks", "--wait", "0")

        sticks = tmp_path / "sticks"
        sticks.mkdir()
        heron.does("courier", "out", "markertalks", sticks / "one", "--for", otter.name)
        heron.does("backup", sticks / "backup")
        assert [path for path in (heron.home / "sittings").rglob("*") if path.is_file()]
        places = {
            "relay's files": b"".join(kept_files(options).values()),
            "their names": "\n".join(kept_files(options)).encode(),
            "what the relay printed": relay.log.read_bytes(),
            "sticks": contents(sticks),
            **{f"{who.name}'s home": contents(who.home) for who in (convener, heron, otter)},
        }
        if relay.process is not None and Path("/proc/self/mem").exists():
            places["the relay's memory"] = memory_of(relay.process.pid)
            assert len(places["the relay's memory"]) > 1 << 20
        assert len(places["relay's files"]) > 20 * BUCKETS[0]
        assert {where: marked(data) for where, data in places.items() if marked(data)} == {}
        # the search finds what is there: the words are all in use
        export = ("export", "markertalks", tmp_path / "kept.json")
        otter.does(*export)
        assert "Marker-text" in marked((tmp_path / "kept.json").read_bytes())


def test_who_watches_a_relay_sees_bucket_sizes_alone(relay: Relay, tmp_path: Path) -> None:
    _, heron, _ = channel_of(relay.address, tmp_path)
    seen = []
    for text in ("No.", "Yes, and here is why: " + 40 * "because "):
        before = _sizes(relay, tmp_path)
        heron.does("say", "talks", text)
        after = _sizes(relay, tmp_path)
        seen.append(
            sorted(after)[len(before) :] and [after.count(s) - before.count(s) for s in BUCKETS]
        )
    assert seen[0] == seen[1] == [2, 0, 0, 0]
    heron.does("say", "talks", 5000 * "long ")
    assert set(_sizes(relay, tmp_path)) <= set(BUCKETS)


def _sizes(relay: Relay, scratch: Path) -> list[int]:
    """The lengths of all that a relay holds, from a copy of its files."""
    copy = scratch / f"copy {secrets.token_hex(4)}"
    shutil.copytree(relay.store, copy)
    files = [path for path in copy.iterdir() if path.is_file()]
    (path,) = [path for path in files if path.read_bytes()[:16] == b"SQLite format 3\0"]
    with closing(sqlite3.connect(path)) as database:
        return [row[0] for row in database.execute("SELECT length(bytes) FROM body")]


@pytest.mark.parametrize("size", [1, 1000, 262_128, 262_129, 5_000_000, 100_000_000])
def test_the_length_of_a_large_message_tells_at_most_an_eighth(size: int) -> None:
    assert size < sealed_length(size) <= size * 1.125 + 16 * (size // 262_128 + 2)
    same = [other for other in (size - 1, size + 1) if sealed_length(other) == sealed_length(size)]
    assert same or size < 32

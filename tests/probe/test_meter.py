"""Counting bytes as they pass, without touching them."""

from __future__ import annotations

import io

import pytest

from tracktwo.probe.meter import Meter, MeteredReader, MeteredWriter


def counted(total: int) -> tuple[Meter, list[tuple[int, int]]]:
    seen: list[tuple[int, int]] = []
    return Meter(total, lambda done, whole: seen.append((done, whole))), seen


def test_what_is_written_passes_on_and_is_counted() -> None:
    meter, seen = counted(9)
    out = io.BytesIO()
    writer = MeteredWriter(out, meter)
    writer.write(b"abc")
    writer.write(memoryview(bytearray(8)).cast("Q"))
    assert out.getvalue() == b"abc" + bytes(8)
    assert seen == [(3, 9), (11, 9)]


def test_what_is_read_passes_on_and_is_counted() -> None:
    meter, seen = counted(6)
    reader = MeteredReader(io.BytesIO(b"abcdef"), meter)
    room = memoryview(bytearray(4))
    assert reader.read(1) == b"a"
    assert reader.readinto(room[:3]) == 3
    assert bytes(room[:3]) == b"bcd"
    assert reader.readinto(room) == 2
    assert reader.read(5) == b""
    assert reader.readinto(room) == 0
    assert [done for done, _ in seen] == [1, 4, 6, 6, 6]


def test_a_message_that_may_change_is_not_read_twice() -> None:
    meter, _ = counted(1)
    with pytest.raises(TypeError, match="read once"):
        MeteredReader(io.BytesIO(b"a"), meter).seek(0)

"""Signing by the commands: two sign one text, and a third checks it with nothing but the file."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nodes import Relay, channel_of

TEXT = "Both villages keep the well.\nПогоджено.\n"


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with Relay(tmp_path_factory.mktemp("relay")) as running:
        yield running


def test_two_sign_and_a_third_without_a_node_sees_two_right_signatures_and_one_changed_byte(
    relay: Relay, tmp_path: Path
) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    number = heron.json("channel", "verify", "talks")["number"]
    heron.does("channel", "verify", "talks", "Otter", "--number", number)
    statement = tmp_path / "statement.txt"
    statement.write_bytes(TEXT.replace("\n", "\r\n").encode())

    signed = heron.tries("sign", "talks", statement, "--yes", "--json")
    first = json.loads(signed.stdout)
    assert (signed.returncode, first["posted"]) == (0, True)
    assert "can be shown to anybody, for ever, as Heron's" in signed.stderr
    otter.does("sync")
    (line,) = otter.json("read", "talks")
    assert (line["kind"], line["text"], line["signature"]) == ("text.sign", TEXT, "right")
    assert "whose keys you have not compared" in otter.does("read", "talks", "--all")

    otter.does("sign", "talks", "--place", str(line["place"]), "--yes")
    heron.does("sync")
    assert "[Signed by Otter: the signature is right. Signed too by: Heron.]" in heron.does(
        "read", "talks"
    )
    assert "by Heron, Otter\n" in heron.does("status", "talks")
    assert "by Heron (unverified), Otter\n" in otter.does("status", "talks")

    files = [tmp_path / "by-heron.json", tmp_path / "by-otter.json"]
    for person, file in zip((heron, otter), files, strict=True):
        (row,) = person.json("signatures", "talks", "--out", file)
        assert [signer["name"] for signer in row["signers"]] == ["Heron", "Otter"]
        assert file.stat().st_mode & 0o077 == 0
    assert files[0].read_bytes() == files[1].read_bytes()
    assert not any(word in files[0].read_bytes() for word in (b"Heron", b"Otter", b"talks"))

    third = heron.environment | {"TRACKTWO_HOME": str(tmp_path / "nowhere")}
    del third["TRACKTWO_PASSPHRASE"]
    checked = json.loads(heron.does("verify-text", files[0], "--json", env=third))
    assert (checked["text"], checked["right"], len(checked["signers"])) == (TEXT, 2, 2)
    shown = {m["name"]: m["signs_as"] for m in otter.json("channel", "members", "talks")}
    assert {signer["signs_as"] for signer in checked["signers"]} == {shown["Heron"], shown["Otter"]}
    assert "All 2 signatures are right." in heron.does("verify-text", files[0], env=third)

    files[1].write_bytes(files[1].read_bytes().replace(b"keep", b"kept"))
    wrong = heron.tries("verify-text", files[1], env=third)
    assert wrong.returncode == 4
    assert "2 of 2 signatures are wrong: do not take this for signed." in wrong.stdout
    changed = heron.tries("verify-text", files[1], "--json", env=third)
    assert (changed.returncode, json.loads(changed.stdout)["right"]) == (4, 0)
    files[1].write_bytes(files[1].read_bytes()[:-3])
    assert "no file of a signed text" in heron.refused("verify-text", files[1], env=third)
    assert not (tmp_path / "nowhere").exists()


def test_what_is_exported_says_who_signed(relay: Relay, tmp_path: Path) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    statement = tmp_path / "statement.txt"
    statement.write_text(TEXT, encoding="utf-8")
    heron.does("sign", "talks", statement, "--yes")
    otter.does("sync")
    for name in ("all.txt", "all.json"):
        otter.does("export", "talks", tmp_path / name)
    assert "[Signed by Heron, whose keys you" in (tmp_path / "all.txt").read_text("utf-8")
    lines = json.loads((tmp_path / "all.json").read_text("utf-8"))["lines"]
    assert [line["signature"] for line in lines if line["text"] == TEXT] == ["right"]
    assert {line["signature"] for line in lines if line["text"] != TEXT} == {None}
    watched = otter.does("watch", "talks", "--seconds", "0", "--json")
    assert json.loads(watched.splitlines()[-1])["signature"] == "right"


def test_nothing_is_signed_that_was_not_meant(relay: Relay, tmp_path: Path) -> None:
    _, heron, _ = channel_of(relay.address, tmp_path)
    statement = tmp_path / "statement.txt"
    statement.write_text(TEXT, encoding="utf-8")
    assert "There is nobody to ask. If you mean it, say --yes." in heron.refused(
        "sign", "talks", statement
    )
    assert "Which text?" in heron.refused("sign", "talks", "--yes")
    assert "Which text?" in heron.refused("sign", "talks", statement, "--place", "1", "--yes")
    assert "No text is signed at place 1." in heron.refused(
        *("sign", "talks", "--place", "1", "--yes")
    )
    for data, what in (
        (b"\xff\xff", "no text in UTF-8"),
        (b"", "nothing to sign"),
        ("a\u202eb".encode(), "a sign that does not show, U+202E"),
        (b"a" * 150_001, "too long to be signed"),
        (b"a" * 2_000_000, "too large"),
    ):
        statement.write_bytes(data)
        assert what in heron.refused("sign", "talks", statement, "--yes")
    assert heron.json("signatures", "talks") == []
    assert "No text is signed" in heron.refused("signatures", "talks", "--out", tmp_path / "x")
    missing = heron.refused("verify-text", tmp_path / "missing")
    assert "It cannot be read" in missing


def test_the_longest_text_goes_through_the_relay(relay: Relay, tmp_path: Path) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    statement = tmp_path / "statement.txt"
    statement.write_bytes(b"a" * 150_000)
    assert heron.json("sign", "talks", statement, "--yes")["posted"]
    otter.does("sync")
    (line,) = otter.json("read", "talks")
    assert (len(line["text"]), line["signature"]) == (150_000, "right")
    file = tmp_path / "long.json"
    otter.does("signatures", "talks", "--out", file)
    assert "The one signature is right." in otter.does("verify-text", file)
    assert "There is a file of that name" in otter.refused("signatures", "talks", "--out", file)
    otter.does("signatures", "talks", "--out", file, "--force")


@pytest.mark.skipif(os.name != "posix", reason="a terminal is made as on POSIX")
def test_a_person_at_a_terminal_sees_the_text_and_is_asked(relay: Relay, tmp_path: Path) -> None:
    import pty

    _, heron, _ = channel_of(relay.address, tmp_path)
    statement = tmp_path / "statement.txt"
    statement.write_text(TEXT, encoding="utf-8")
    for answer, code in ((b"n\n", 130), (b"y\n", 0)):
        ours, theirs = pty.openpty()
        os.write(ours, answer)
        process = heron.start("sign", "talks", statement, stdin=theirs)
        _, errors = process.communicate(timeout=60)
        for end in (ours, theirs):
            os.close(end)
        assert process.returncode == code
        assert "    Both villages keep the well.\n" in errors
        assert "Sign it as Heron?" in errors
    assert len(heron.json("signatures", "talks")) == 1

"""Where the output goes, and who is at the other end of it: pipes, terminals, odd surroundings."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands import COMMAND, EXAMPLES, Place, environment

SPRING = EXAMPLES / "ukraine-spring-2022"
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="Windows has neither")

FOREIGN = """
title = "Перемовини"
[[issue]]
id = "мир"
name = "Мир — 停火"
  [[issue.option]]
  id = "так"
  name = "Так 是"
"""


@pytest.mark.parametrize("value", ["C", "POSIX", "en_US.ISO-8859-1"])
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["in words", "as json"])
def test_every_script_is_printed_in_every_locale(
    place: Place, value: str, options: list[str]
) -> None:
    (place.path / "agenda.toml").write_text(FOREIGN, encoding="utf-8")
    plain = environment(place.path, LC_ALL=value, PYTHONUTF8="0", PYTHONCOERCECLOCALE="0")
    done = place.run("agenda", "agenda.toml", *options, env=plain)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Мир — 停火" in done.stdout


@pytest.mark.parametrize("command", ["agenda", "position", "study"])
def test_a_pipe_gets_no_escapes_and_80_columns(place: Place, command: str) -> None:
    files = {"agenda": 1, "position": 2, "study": 3}
    names = [SPRING / f"{name}.toml" for name in ("agenda", "russia", "ukraine")]
    done = place.run(command, *names[: files[command]])
    assert "\x1b" not in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert not [line for line in done.stdout.splitlines() if line != line.rstrip()]


def test_a_narrow_window_still_shows_every_word(place: Place) -> None:
    narrow = environment(place.path) | {"COLUMNS": "40"}
    done = place.run("position", SPRING / "agenda.toml", SPRING / "russia.toml", env=narrow)
    assert done.returncode == 0
    assert "Russian withdrawal, except from parts of Donbas" in " ".join(done.stdout.split())
    assert max(map(len, done.stdout.splitlines())) <= 40


@POSIX
def test_a_reader_that_leaves_early_is_no_fault(place: Place) -> None:
    for options in ([], ["--json"]):
        process = place.start("agenda", SPRING / "agenda.toml", *options)
        assert process.stdout is not None
        process.stdout.close()
        _, said = process.communicate(timeout=60)
        assert (process.returncode, said) == (1, "")


@POSIX
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is full")
def test_an_answer_that_could_not_be_printed_is_told(place: Place) -> None:
    with Path("/dev/full").open("w") as full:
        done = place.run("agenda", "agenda.toml", stdout=full)
    assert done.returncode == 1
    assert done.stderr.startswith("tracktwo: The system refused something (")
    assert done.stderr.count("\n") == 1


@POSIX
def test_no_output_at_all_is_refused(place: Place) -> None:
    closed = ["sh", "-c", 'exec "$0" "$@" >&-', COMMAND, "agenda", "agenda.toml"]
    done = subprocess.run(closed, cwd=place.path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "tracktwo: There is no standard output to write to.\n"


@POSIX
def interrupted(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Interrupt until it ends: one that comes while Python cleans something up is lost."""
    for _ in range(6):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=10)
    process.kill()
    process.communicate()
    pytest.fail("it cannot be interrupted")


def test_interrupting_loses_nothing_and_says_so(place: Place) -> None:
    process = place.start(*place.probe("north"), home="north.home")
    assert process.stderr is not None
    for line in process.stderr:
        if "It takes" in line:  # the last of what is said before anything is sent
            break
    out, rest = interrupted(process)
    assert (process.returncode, out) == (130, "")
    assert rest.endswith("Nothing is lost: run the same command again to go on.\n")
    assert "itting 1" in place.turn("north").stderr  # new or gone on with, as it was cut


# At a terminal


def attended(place: Place, reply: bytes, *options: str, **more: str) -> tuple[int, str, str]:
    """Run the north's probe at a terminal; its exit code, its output, what the terminal showed."""
    import pty

    ours, theirs = pty.openpty()
    process = place.start(
        *place.probe("north", "--wait", "0", *options),
        stdin=theirs,
        stderr=theirs,
        env=environment(place.path / "north.home", **more),
    )
    os.close(theirs)
    os.write(ours, reply)
    shown = b"".join(_pieces(ours)).decode()
    out, _ = process.communicate(timeout=60)
    os.close(ours)
    return process.returncode, out, shown


def _pieces(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # how Linux says that nobody holds the other end any more
            return
        if not piece:
            return
        yield piece


@POSIX
@pytest.mark.parametrize("reply", [b"\n", b"n\n", b"\x04"], ids=["enter", "n", "end of file"])
def test_without_agreement_nothing_is_sent(place: Place, reply: bytes) -> None:
    code, out, shown = attended(place, reply)
    assert (code, out) == (2, "")
    assert "Take part in this sitting? [y/N]" in shown
    assert "You did not agree, so nothing was sent." in shown
    assert not place.messages()


@POSIX
@pytest.mark.parametrize("circuit", ["enumeration", "frontier"])
def test_who_is_asked_has_read_which_circuit_what_it_takes_and_how_long(
    place: Place, circuit: str
) -> None:
    _, _, shown = attended(place, b"n\n", "--circuit", circuit, "--line", "5")
    before, asked, _ = " ".join(shown.split()).partition("Take part in this sitting? [y/N]")
    assert asked
    kilobytes = r"[\d,.]+ [kM]B"
    takes = rf"It takes [\d,]+ gates each way by the {circuit} circuit, {kilobytes} to send and"
    assert re.search(rf"{takes} {kilobytes} to receive, in 6 messages each way\.", before)
    computing = r"That is about [\d.]+ s of computing on this machine"
    assert re.search(rf"{computing}, and [\d.]+ s for the messages on a line of 5 Mbit/s", before)
    assert not place.messages()


@POSIX
def test_with_agreement_the_sitting_begins(place: Place) -> None:
    code, out, shown = attended(place, b"y\n")
    assert (code, out) == (5, "")
    assert len(place.messages()) == 2
    code, out, shown = attended(place, b"")
    assert code == 5
    assert "Take part" not in shown  # once is enough
    assert "Going on with sitting 1." in shown


@POSIX
def test_who_knows_what_it_tells_is_not_asked_but_told(place: Place) -> None:
    code, _, shown = attended(place, b"", "--yes")
    assert code == 5
    assert "Take part" not in shown
    assert "Nobody is promised fairness" in shown


@POSIX
def test_no_colour_is_shown_to_who_wants_none(place: Place) -> None:
    _, _, shown = attended(place, b"n\n", NO_COLOR="1", TERM="xterm-256color")
    colours = [part for part in shown.split("\x1b[")[1:] if part.split("m")[0].startswith("3")]
    assert not colours


@POSIX
def test_a_terminal_that_can_do_nothing_gets_plain_lines(place: Place) -> None:
    _, _, shown = attended(place, b"y\n", TERM="dumb")
    assert "\x1b" not in shown

"""Whatever is wrong, a person gets a sentence and an exit code; no traceback, no secret."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

from commands import SECRETS, Place
from matters import plain
from tracktwo.cli import commands
from tracktwo.deal.agenda import write_agenda
from tracktwo.errors import BadInput

PROBE = ["--ask", "exists", "--folder", "shared", "--wait", "0"]
FINE = ["probe", "agenda.toml", "north.toml", "--side", "North", *PROBE]

BAD: dict[str, tuple[list[str], str]] = {
    "no such agenda": (["agenda", "none.toml"], "There is no such file."),
    "a folder for an agenda": (["agenda", "shared"], "This is a folder."),
    "bytes for an agenda": (["agenda", "bytes.toml"], "bytes.toml"),
    "nothing for an agenda": (["agenda", "empty.toml"], "empty.toml"),
    "an endless agenda": (["agenda", "large.toml"], "large.toml"),
    "an agenda in a broken workbook": (["agenda", "broken.xlsx"], "broken.xlsx"),
    "an agenda in broken XML": (["agenda", "broken.xml"], "broken.xml"),
    "how many of too many packages": (
        ["probe", "vast.toml", "far.toml", "--side", "North", *PROBE, "--ask", "how-much"],
        "No circuit can answer this.",
    ),
    "a position for an agenda": (["agenda", "north.toml"], "This is a position"),
    "an agenda for a position": (["position", "agenda.toml", "agenda.toml"], "This is an agenda"),
    "a position on another agenda": (["position", "vast.toml", "north.toml"], "another agenda"),
    "no such position": (["position", "agenda.toml", "none.toml"], "There is no such file."),
    "only one position": (["study", "agenda.toml", "north.toml"], "Missing argument"),
    "one position of another agenda": (
        ["study", "vast.toml", "north.toml", "south.toml"],
        "another agenda",
    ),
    "an unknown format": (["convert", "agenda.toml", "agenda.docx"], "no format that is known"),
    "no room to convert to": (["convert", "agenda.toml", "none/x.csv"], "cannot be written"),
    "a folder to convert to": (["convert", "--force", "agenda.toml", "dir.csv"], "dir.csv"),
    "nothing to convert": (["convert", "none.toml", "x.csv"], "There is no such file."),
    "an unknown question": ([*FINE, "--ask", "price"], "There is no question 'price'"),
    "no question": ([*FINE, "--ask", ""], "There is no question"),
    "an unknown rule": ([*FINE, "--rule", "kalai"], "'kalai' is not one of"),
    "a breadth below nothing": ([*FINE, "--breadth=-1"], "--breadth"),
    "a breadth of words": ([*FINE, "--breadth", "wide"], "--breadth"),
    "a line that carries nothing": ([*FINE, "--line", "0"], "--line"),
    "an unknown circuit": ([*FINE, "--circuit", "oracle"], "'oracle' is not one of"),
    "a frontier of too many issues that hang together": (
        ["probe", "wide.toml", "five.toml", "--side", "North", *PROBE, "--circuit", "frontier"],
        "Too many issues hang together before 'i3'",
    ),
    "a frontier of too many options for so many points": (
        ["probe", "pointed.toml", "two.toml", "--side", "North", *PROBE, "--circuit", "frontier"],
        "At 'i1' too many options hang together for so many points.",
    ),
    "too many packages that hang together": (["agenda", "wider.toml"], "can be listed"),
    "a wait below nothing": ([*FINE, "--wait=-1"], "--wait"),
    "no folder": ([*FINE, "--folder", "none"], "There is no such folder."),
    "a file for a folder": ([*FINE, "--folder", "agenda.toml"], "There is no such folder."),
    "no side": (["probe", "agenda.toml", "north.toml", *PROBE], "Missing option '--side'"),
    "a side of no name": ([*FINE, "--side", ""], "1 to 64 printable characters"),
    "a side of blanks": ([*FINE, "--side", " "], "1 to 64 printable characters"),
    "a side of a long name": ([*FINE, "--side", "n" * 65], "1 to 64 printable characters"),
    "a side that moves the cursor": ([*FINE, "--side", "a\x1b[2Jb"], "1 to 64 printable"),
    "a side on two lines": ([*FINE, "--side", "a\nb"], "1 to 64 printable characters"),
    "a side that turns the reading": ([*FINE, "--side", "a\u202eb"], "1 to 64 printable"),
    "a side with a hidden sign": ([*FINE, "--side", "a\u200bb"], "1 to 64 printable"),
    "an unknown case": (["demo", "atlantis"], "There is no case 'atlantis'."),
    "a case outside": (["demo", "../examples"], "There is no case"),
    "an unknown command": (["parley"], "No such command 'parley'."),
    "an unknown option": (["agenda", "agenda.toml", "--loud"], "No such option '--loud'"),
}


@pytest.fixture
def odd(place: Place) -> Place:
    """The small case with odd files beside it."""
    path = place.path
    (path / "bytes.toml").write_bytes(bytes(range(256)))
    (path / "empty.toml").write_bytes(b"")
    (path / "large.toml").write_bytes(b"# long\n" * 5_000_000)
    (path / "broken.xlsx").write_bytes(b"PK\x03\x04 and no more")
    (path / "broken.xml").write_bytes(b"<utility_space><objective>")
    (path / "vast.toml").write_text(write_agenda(plain(*[10] * 8)), encoding="utf-8")
    linked = tuple(f"i{n}" for n in range(5))
    for name, agenda in {
        "wide": plain(*[12] * 5, linked=(linked,)),
        "wider": plain(*[24] * 5, linked=(linked,)),
        "pointed": plain(40, 40, linked=(linked[:2],), points=1000),
    }.items():
        (path / f"{name}.toml").write_text(write_agenda(agenda), encoding="utf-8")
    for name, issues in {"far": 8, "five": 5, "two": 2}.items():
        weights = "\n".join(f"i{n} = 1" for n in range(issues))
        position = f"accept_from = 50\ndefault_score = 50\n[weights]\n{weights}\n"
        (path / f"{name}.toml").write_text(position, encoding="utf-8")
    (path / "dir.csv").mkdir()
    return place


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_exit_code_2_and_a_sentence(odd: Place, case: str) -> None:
    arguments, said = BAD[case]
    done = odd.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert done.stderr.startswith("tracktwo: ")
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    assert not [secret for secret in SECRETS if secret in done.stderr]
    assert not odd.messages()


@pytest.mark.parametrize("case", ["no such agenda", "no such position", "no folder"])
def test_bad_input_prints_no_object_either(odd: Place, case: str) -> None:
    done = odd.run(*BAD[case][0], "--json")
    assert (done.returncode, done.stdout) == (2, "")
    assert BAD[case][1] in done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["agenda", "broken.xlsx"],
        ["agenda", "broken.xml"],
        ["position", "agenda.toml", "broken.xml"],
        ["study", "agenda.toml", "north.toml", "broken.xml"],
        [*FINE[:2], "broken.xml", *FINE[3:]],
    ],
)
def test_a_file_is_refused_before_work_on_it_is_announced(
    odd: Place, command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(text: str, *, quiet: bool = False) -> NoReturn:
        raise AssertionError(text)

    monkeypatch.setattr("tracktwo.show.progress.busy", busy)
    monkeypatch.chdir(odd.path)
    with pytest.raises(BadInput, match=r"broken\.xml|broken\.xlsx"):
        commands.main(command, standalone_mode=False)


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such names")
@pytest.mark.parametrize("name", ["a\x1b]0;owned\x07.toml", "a\u202etxt.toml", "a\nb.toml"])
def test_a_file_name_cannot_steer_the_terminal(place: Place, name: str) -> None:
    (place.path / name).write_text("not an agenda", encoding="utf-8")
    for arguments in (["agenda", name], ["convert", "agenda.toml", name]):
        done = place.run(*arguments)
        assert done.returncode == 2
        assert done.stderr.count("\n") == 1
        assert all(sign.isprintable() for sign in done.stderr.rstrip("\n"))


@pytest.mark.skipif(os.name == "nt", reason="Windows allows no such names")
def test_a_file_name_that_is_no_text_is_named_all_the_same(place: Place) -> None:
    name = os.fsdecode(b"\xff\xfe.toml")
    (place.path / name).write_text("not an agenda", encoding="utf-8")
    done = place.run("agenda", name)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="every file is open to this user"
)
def test_a_file_that_may_not_be_read_is_named(place: Place) -> None:
    (place.path / "north.toml").chmod(0)
    done = place.run("position", "agenda.toml", "north.toml")
    assert done.returncode == 2
    assert "cannot be read" in done.stderr


def test_a_home_that_cannot_be_is_bad_input(place: Place) -> None:
    done = place.run(*FINE, home="agenda.toml")
    assert done.returncode == 2
    assert "TRACKTWO_HOME" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_position_on_an_open_sitting_is_bad_input(place: Place) -> None:
    place.turn("north")
    path = place.path / "north.toml"
    path.write_text(path.read_text("utf-8").replace("51.98765", "90"), encoding="utf-8")
    done = place.turn("north")
    assert done.returncode == 2
    assert "--again" in done.stderr


def test_a_fault_of_the_program_shows_no_details_unless_asked(place: Place, tmp_path: Path) -> None:
    # A module of this name on the path breaks the command from within.
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "sitecustomize.py").write_text(
        "import tracktwo.files\n"
        "def broken(path): raise KeyError('37.123457')\n"
        "tracktwo.files.agenda_in = broken\n",
        encoding="utf-8",
    )
    from commands import environment

    env = environment(tmp_path / "home", PYTHONPATH=str(tmp_path / "broken"))
    done = place.run("agenda", "agenda.toml", env=env)
    assert (done.returncode, done.stdout) == (1, "")
    assert "This is a fault of the program (KeyError)" in done.stderr
    assert "37.123457" not in done.stderr
    shown = place.run("agenda", "agenda.toml", env=env | {"TRACKTWO_DEBUG": "1"})
    assert "Traceback" in shown.stderr

"""What agenda, position, convert and study print, for people and for programs."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from commands import EXAMPLES, SECRETS, Place
from tracktwo.cli import commands
from tracktwo.files import agenda_in, position_in

SPRING = EXAMPLES / "ukraine-spring-2022"
STRIKE = EXAMPLES / "writers-strike-2023"


def test_an_agenda_is_said_back_whole(place: Place) -> None:
    done = place.run("agenda", SPRING / "agenda.toml")
    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        "Russia and Ukraine, spring 2022",
        "Left to a later protocol",
        "alignment=open and trigger=each-acts",
        "46,656 packages, 250 points a side",
    ):
        assert words in done.stdout


def test_sources_are_shown_when_asked_for(place: Place) -> None:
    plain = place.run("agenda", STRIKE / "agenda.toml").stdout
    sourced = place.run("agenda", "--sources", STRIKE / "agenda.toml").stdout
    assert "Source:" not in plain
    assert "Source: Settlement (worldscreen.com)" in sourced


def test_an_agenda_as_json_says_what_a_probe_takes(place: Place) -> None:
    said = place.json("agenda", "agenda.toml")
    assert said["packages"] == 5
    assert [issue["id"] for issue in said["issues"]] == ["water", "fence"]
    assert said["exclude"] == [{"together": ["water=turns", "fence=stays"], "note": ""}]
    lists = (["exists"], ["exists", "where"], ["exists", "where", "best"])
    everything = ["exists", "how-much", "where", "best"]
    assert [(probe["circuit"], probe["asked"]) for probe in said["probes"]] == [
        *((circuit, asked) for asked in lists for circuit in ("enumeration", "frontier")),
        ("enumeration", everything),
    ]
    taken = [probe for probe in said["probes"] if probe["taken"]]
    assert [probe["circuit"] for probe in taken] == ["enumeration"] * 4
    gates = [probe["and_gates"] for probe in taken]
    assert gates == sorted(gates)
    assert gates[0] > 0


def test_the_figures_to_compare_by_voice_differ_when_one_word_does(place: Place) -> None:
    ours = place.json("agenda", "agenda.toml")["by_voice"]
    assert [len(group) for group in ours.split()] == [5, 5, 5, 5]
    path = place.path / "agenda.toml"
    path.write_text(path.read_text("utf-8").replace("Stays", "stays"), encoding="utf-8")
    assert ours not in place.run("agenda", "agenda.toml").stdout


def test_a_position_is_said_back_to_its_own_side(place: Place) -> None:
    done = place.run("position", SPRING / "agenda.toml", SPRING / "russia.toml")
    assert (done.returncode, done.stderr) == (0, "")
    assert "You accept a package worth at least 150 of 250 points (60 of 100)" in done.stdout
    assert "You accept 21,135 of 46,656 packages." in done.stdout


def test_a_position_as_json_has_the_same_figures(place: Place) -> None:
    said = place.json("position", STRIKE / "agenda.toml", STRIKE / "guild.toml")
    assert (said["accepted"], said["count"], said["line"]) == (7_159, 16_848, 138)


def test_a_study_finds_what_the_readme_of_the_case_says(place: Place) -> None:
    files = [STRIKE / f"{name}.toml" for name in ("agenda", "guild", "studios")]
    said = place.json("study", *files)
    assert said["room"] == 3_862
    assert said["a"]["acceptable"] == 7_159
    assert said["probe"]["how-much"] == {"at_least": 2_048, "below": 4_096}
    assert said["probe"]["best"]["nash"][0]["raises"] == "studios"
    words = place.run("study", *files).stdout
    assert "3,862" in words
    assert "By the Nash rule:" in words


def test_a_study_of_no_room_says_so_in_the_careful_words(place: Place) -> None:
    june = EXAMPLES / "ukraine-june-2025"
    done = place.run("study", *(june / f"{n}.toml" for n in ("agenda", "russia", "ukraine")))
    assert "No package of this agenda version" in " ".join(done.stdout.split())
    assert "no deal" not in done.stdout.lower()


def test_a_study_shows_both_packages_a_coin_would_choose_between(place: Place) -> None:
    same = "accept_from = 0\ndefault_score = 50\n[weights]\nwater = 1\nfence = 1\n[scores]\n"
    for name in ("north", "south"):
        (place.path / f"{name}.toml").write_text(same, encoding="utf-8")
    said = place.json("study", "agenda.toml", "north.toml", "south.toml")
    first, last = said["probe"]["best"]["nash"]
    assert first == {"water": "north", "fence": "stays"}
    assert last == {"water": "turns", "fence": "goes"}
    words = place.run("study", "agenda.toml", "north.toml", "south.toml").stdout
    assert "By the Nash rule, as the coin falls:" in words


def test_exact_figures_are_studied_when_asked_for(place: Place) -> None:
    names = ("agenda.toml", "north.toml", "south.toml")
    assert place.json("study", "--exact", *names)["exact"] is True
    assert place.json("study", *names)["exact"] is False


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_files_converted_there_and_back_are_the_same(place: Place, ending: str) -> None:
    place.json("convert", "agenda.toml", f"a.{ending}")
    said = place.json("convert", f"a.{ending}", "a.toml")
    assert said == {"kind": "agenda", "from": f"a.{ending}", "to": "a.toml", "format": "toml"}
    agenda = agenda_in(place.path / "a.toml")
    assert agenda == agenda_in(place.path / "agenda.toml")
    place.json("convert", "--agenda", "agenda.toml", "north.toml", f"n.{ending}")
    place.json("convert", "--agenda", "agenda.toml", f"n.{ending}", "n.toml")
    before, after = (position_in(place.path / f"{n}.toml", agenda) for n in ("north", "n"))
    assert before == after


def test_a_file_that_stands_is_not_replaced_unless_told(place: Place) -> None:
    target = place.path / "taken.csv"
    target.write_text("mine", encoding="utf-8")
    refused = place.run("convert", "agenda.toml", "taken.csv")
    assert refused.returncode == 2
    assert "There is a file of that name." in refused.stderr
    assert target.read_text("utf-8") == "mine"
    assert place.run("convert", "--force", "agenda.toml", "taken.csv").returncode == 0
    assert target.read_text("utf-8") != "mine"
    assert not list(place.path.glob(".*.part"))


def test_nothing_is_left_of_a_conversion_that_fails(place: Place) -> None:
    assert place.run("convert", "--agenda", "agenda.toml", "agenda.toml", "x.csv").returncode == 2
    assert not (place.path / "x.csv").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_converted_position_is_for_its_owner_alone(place: Place) -> None:
    place.json("convert", "--agenda", "agenda.toml", "north.toml", "north.csv")
    assert (place.path / "north.csv").stat().st_mode & 0o077 == 0


def leaves(group: click.Group, before: str = "") -> list[str]:
    """The whole names of all commands that are no groups."""
    found = []
    for name, command in group.commands.items():
        is_group = isinstance(command, click.Group)
        found += leaves(command, f"{before}{name} ") if is_group else [before + name]
    return found


@pytest.mark.parametrize("name", sorted(leaves(commands)))
def test_the_help_of_each_command_has_an_example(place: Place, name: str) -> None:
    done = place.run(*name.split(), "--help")
    assert done.returncode == 0
    assert f"For example:\n    tracktwo {name}" in done.stdout
    assert "--json" in done.stdout


def test_help_loads_nothing_that_takes_time() -> None:
    slow = ("numpy", "rich", "openpyxl", "cryptography", "nacl")
    code = f"import sys, tracktwo.cli; print([m for m in {slow!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_position_never_comes_out_of_the_commands_on_the_agenda(place: Place) -> None:
    done = place.run("agenda", "agenda.toml")
    assert not [secret for secret in SECRETS if secret in done.stdout + done.stderr]

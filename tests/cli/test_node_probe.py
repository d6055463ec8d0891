"""A probe over a channel: asked, agreed to, held, and never known to anybody else."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from commands import EXAMPLES
from nodes import KILL, Person, Relay, all_sync, channel_of, finished, opened, until
from tracktwo.channel.charter import Charter
from tracktwo.probe.proposal import proposals

VILLAGES = EXAMPLES / "two-villages"
AGENDA, UPPER, LOWER = (VILLAGES / f"{name}.toml" for name in ("agenda", "upper", "lower"))
ASKED = "exists,where,best"
ASK = ("probe", "ask", "talks", AGENDA, UPPER, "--with", "Otter", "--yes")
ACCEPT = ("probe", "accept", "talks", LOWER, "--yes")
ONCE = ("--wait", "0")


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with Relay(tmp_path_factory.mktemp("relay")) as running:
        yield running


@pytest.fixture(scope="module")
def clear(tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401 - JSON
    """What somebody who has both positions finds."""
    return in_clear(tmp_path_factory.mktemp("study"), AGENDA, UPPER, LOWER)


def in_clear(folder: Path, *files: Path) -> Any:  # noqa: ANN401 - JSON
    return Person("Mediator", folder / "none").json("study", *files)["probe"]


def agrees(answers: Any, clear: Any) -> bool:  # noqa: ANN401 - JSON
    """Whether a probe's answers are the mediator's."""
    best = answers.get("best")
    rest = [asked for asked in answers if asked != "best"]
    return all(answers[asked] == clear[asked] for asked in rest) and (
        best is None or best["package"] in clear["best"]["nash"]
    )


def name_of_probe(asking: subprocess.CompletedProcess[str]) -> str:
    (line,) = [line for line in asking.stderr.splitlines() if line.endswith(" is asked.")]
    return line.split()[1]


def in_turn(name: str, *sides: Person) -> list[Any]:
    """Each goes on alone until both have the answer: never two at a time."""
    answers: dict[str, Any] = {}
    for _ in range(12):
        for side in sides:
            done = side.tries("probe", "go", "talks", "--probe", name, *ONCE, "--json")
            assert done.returncode in (0, 5), done.stderr
            if done.returncode == 0:
                answers[side.name] = json.loads(done.stdout)["answers"]
        if len(answers) == len(sides):
            return list(answers.values())
    raise AssertionError("no answer")


def together(name: str, *sides: Person) -> list[Any]:
    """All go on at the same time until they have the answer."""
    running = [side.start("probe", "go", "talks", "--probe", name, "--json") for side in sides]
    answers = []
    for process in running:
        code, out, errors = finished(process)
        assert code == 0, errors
        answers.append(json.loads(out)["answers"])
    return answers


def asked(heron: Person, otter: Person, *options: str, ask: str = "exists") -> str:
    """A probe that the one has asked and the other has heard of; its name."""
    done = heron.tries(*ASK, *ONCE, "--ask", ask, *options)
    assert done.returncode == 5, done.stderr
    assert "tracktwo probe go talks --probe" in done.stderr
    all_sync((heron, otter))
    return name_of_probe(done)


def nothing_left(*people: Person) -> bool:
    """Whether no message and no sealed position is in a home."""
    left = [p for who in people for p in who.home.rglob("*") if p.is_file()]
    return not [p for p in left if not p.name.startswith(("node.", "channel-"))]


def test_both_get_the_mediators_answer_and_the_convener_only_hears_that_it_was_held(
    relay: Relay,
    tmp_path: Path,
    clear: Any,  # noqa: ANN401 - JSON
) -> None:
    convener, heron, otter = everyone = channel_of(relay.address, tmp_path)
    asking = heron.start(*ASK, "--ask", ASKED, "--json")
    until(lambda: _hears(otter), "a question")
    accepted = otter.json(*ACCEPT)
    code, out, _ = finished(asking)
    said = json.loads(out)
    assert code == 0
    assert set(said) == {"probe", "asked", "refused", "answers", "circuit", "cost"}
    assert said["answers"] == accepted["answers"]
    assert agrees(said["answers"], clear)
    assert set(said["answers"]) == {"exists", "where", "best"}
    all_sync(everyone)
    for who in (heron, otter):
        (row,) = who.json("probe", "status", "talks")
        assert (row["stands"], row["sittings_left"]) == ("answered", 2)
        with opened(who) as replica:
            (probe,) = proposals(replica)
        # as if it had been killed before it could tidy up
        (who.home / "sittings" / probe.id[:8].hex() / "messages").mkdir(parents=True)
        (who.home / "sittings" / probe.id[:8].hex() / "messages" / "x.msg").touch()
        assert who.json("probe", "go", "talks")["answers"] == said["answers"]
    (row,) = convener.json("probe", "status", "talks")
    assert row == row | {"stands": "over: both have the answer", "asker": "Heron", "other": "Otter"}
    assert set(row) == {
        *("probe", "title", "asked", "asker", "other", "hour", "state", "stands", "sittings_left")
    }
    assert "There is no such probe." in convener.refused("probe", "go", "talks")
    assert nothing_left(*everyone)


def _hears(whose: Person) -> bool:
    whose.does("sync")
    return bool(whose.json("probe", "status", "talks"))


def test_each_online_in_turn_is_enough_even_with_large_messages(
    relay: Relay, tmp_path: Path
) -> None:
    case = EXAMPLES / "writers-strike-2023"
    files = case / "agenda.toml", case / "guild.toml", case / "studios.toml"
    _, heron, otter = everyone = channel_of(relay.address, tmp_path)
    ask = ("probe", "ask", "talks", *files[:2], "--with", "Otter", "--ask", "exists,where")
    name = name_of_probe(heron.tries(*ask, *ONCE))
    all_sync(everyone)
    assert otter.tries("probe", "accept", "talks", files[2], *ONCE).returncode == 5
    ours, theirs = in_turn(name, heron, otter)
    assert ours == theirs
    assert agrees(ours, in_clear(tmp_path, *files))
    assert nothing_left(*everyone)


def test_who_is_killed_at_any_moment_goes_on(
    relay: Relay,
    tmp_path: Path,
    clear: Any,  # noqa: ANN401 - JSON
) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    name = asked(heron, otter, "--circuit", "frontier")  # some megabytes each way
    assert otter.tries(*ACCEPT, *ONCE).returncode == 5
    both = [heron, otter]
    for turn in range(6):
        # let the one do so much, kill it where it is, and go on with the other
        victim = both[turn % 2]
        running = victim.start("probe", "go", "talks", "--probe", name, *ONCE)
        folder = victim.home / "sittings"
        before = _state(folder)
        until(lambda: _state(folder) != before or running.poll() is not None, "a change")  # noqa: B023
        running.send_signal(KILL)
        running.communicate()
    ours, theirs = in_turn(name, heron, otter)
    assert ours == theirs
    assert agrees(ours, clear)
    assert nothing_left(heron, otter)


def _state(folder: Path) -> list[tuple[str, int]]:
    found = []
    for path in folder.rglob("*"):
        try:
            found.append((path.name, path.stat().st_size))
        except FileNotFoundError:
            continue
    return sorted(found)


def test_a_relay_that_is_away_in_the_middle_only_delays(
    tmp_path: Path,
    clear: Any,  # noqa: ANN401 - JSON
) -> None:
    with Relay(tmp_path / "relay") as relay:
        _, heron, otter = channel_of(relay.address, tmp_path)
        name = asked(heron, otter)
        otter.tries(*ACCEPT, *ONCE)
        waiting = otter.start("probe", "go", "talks")
        with relay.away():
            code, out, errors = finished(waiting)
            assert (code, out) == (5, "")
            assert (
                f"Nothing is lost; try again. Go on later: tracktwo probe go talks --probe {name}"
                in (errors)
            )
            assert heron.tries("probe", "go", "talks", *ONCE).returncode == 5
        ours, theirs = together(name, heron, otter)
        assert ours == theirs
        assert agrees(ours, clear)


def test_who_is_told_no_stops_waiting_and_keeps_nothing(relay: Relay, tmp_path: Path) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    waiting = heron.start(*ASK, "--ask", "exists")
    until(lambda: _hears(otter), "a question")
    declined = otter.json("probe", "decline", "talks", "--because", "Not before the harvest")
    otter.does("sync")
    code, out, errors = finished(waiting)
    assert (code, out) == (3, "")
    assert f"Probe {declined['declined']} was declined: Not before the harvest" in errors
    assert nothing_left(heron, otter)
    for who in (heron, otter):
        (row,) = who.json("probe", "status", "talks")
        assert row["state"] == "declined"
        assert row["stands"] == "declined: Not before the harvest"
        assert row["sittings_left"] == 3
    named = ("--probe", declined["declined"])
    assert "was declined" in heron.refused("probe", "go", "talks", *named, code=3)
    assert "is declined already" in otter.refused(*ACCEPT, *named)


def test_agreeing_and_taking_back_may_cross(relay: Relay, tmp_path: Path) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    name = asked(heron, otter)
    heron.does("probe", "decline", "talks")  # not told yet
    assert otter.tries(*ACCEPT, *ONCE).returncode == 5
    heron.does("sync")
    said = otter.refused("probe", "go", "talks", "--probe", name, code=3)
    assert f"Probe {name} was withdrawn." in said
    all_sync((heron, otter))
    rows = [who.json("probe", "status", "talks")[0] for who in (heron, otter)]
    assert [row["state"] for row in rows] == ["withdrawn", "withdrawn"]
    # it may have told something: it counts
    assert [row["sittings_left"] for row in rows] == [2, 2]
    assert nothing_left(heron, otter)


def test_agreeing_again_draws_no_second_seed(relay: Relay, tmp_path: Path) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    name = asked(heron, otter)
    assert otter.json("status")["talks"]["probes_asked_of_you"] == [name]
    assert f"Probe {name} waits for you: tracktwo probe status talks" in otter.does("sync")
    assert "waits for you: tracktwo probe accept, or decline" in otter.does(
        *("probe", "status", "talks")
    )
    assert "You asked for this one" in heron.refused(*ACCEPT)
    assert "You have not agreed to probe" in otter.refused("probe", "go", "talks")
    otter.tries(*ACCEPT, *ONCE)
    vault = (otter.home / "sittings").rglob("vault.db")
    (before,) = [path.stat().st_ino for path in vault]
    for options in ((), ("--probe", name)):
        said = otter.refused(*ACCEPT, *options)
        assert "tracktwo probe go" in said
    (after,) = [path.stat().st_ino for path in (otter.home / "sittings").rglob("vault.db")]
    assert before == after
    ours, theirs = together(name, heron, otter)
    assert ours == theirs


def test_the_charters_budget_and_breadth_bind_both(relay: Relay, tmp_path: Path) -> None:
    charter = Charter(title="Once", probes=1, breadth="2")
    _, heron, otter = everyone = channel_of(relay.address, tmp_path, charter=charter)
    narrow = ("--breadth", "1")
    said = heron.refused(*ASK, "--ask", "exists", *narrow)
    assert "The charter asks for a breadth of 2 packages at least." in said
    name = asked(heron, otter)
    said = heron.refused(*ASK, "--ask", "exists")
    assert "The charter allows 1 sittings on one version of an agenda" in said
    otter.tries(*ACCEPT, *ONCE)
    ours, theirs = together(name, heron, otter)
    assert ours == theirs
    all_sync(everyone)
    back = ("probe", "ask", "talks", AGENDA, LOWER, "--with", "Heron", "--ask", "exists")
    assert "they are used up" in otter.refused(*back)


def test_two_probes_at_once_do_not_mix(
    relay: Relay,
    tmp_path: Path,
    clear: Any,  # noqa: ANN401 - JSON
) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    first = asked(heron, otter)
    second = asked(heron, otter, ask="exists,best")
    said = otter.refused(*ACCEPT)
    assert "Which probe?" in said
    assert first in said
    assert second in said
    for name in (second, first):
        otter.tries(*ACCEPT, "--probe", name, *ONCE)
    for name in (first, second):
        ours, theirs = together(name, heron, otter)
        assert ours == theirs
        assert agrees(ours, clear)
    assert nothing_left(heron, otter)


def test_a_probe_with_somebody_removed_ends(relay: Relay, tmp_path: Path) -> None:
    convener, heron, otter = everyone = channel_of(relay.address, tmp_path)
    asked(heron, otter)
    convener.does("channel", "remove", "talks", "Otter")
    all_sync(everyone)
    said = heron.refused("probe", "go", "talks", code=3)
    assert "one of the two is not in the channel any more" in said
    assert nothing_left(heron)
    said = heron.refused(*ASK, "--ask", "exists")
    assert "Only another member, who is in the channel now, can be asked." in said
    itself = ("probe", "ask", "talks", AGENDA, UPPER, "--with", "Heron", "--ask", "exists")
    assert "Only another member" in heron.refused(*itself)


def test_a_position_on_something_else_is_refused_before_anything_is_said(
    relay: Relay, tmp_path: Path
) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    other = EXAMPLES / "writers-strike-2023" / "guild.toml"
    wrong = ("probe", "ask", "talks", AGENDA, other, "--with", "Otter", "--ask", "exists")
    assert "another agenda" in heron.refused(*wrong)
    missing = ("probe", "ask", "talks", AGENDA, "none.toml", "--with", "Otter", "--ask", "exists")
    assert "There is no such file." in heron.refused(*missing)
    assert heron.json("probe", "status", "talks") == []
    asked(heron, otter)
    assert "another agenda" in otter.refused("probe", "accept", "talks", other)
    (row,) = otter.json("probe", "status", "talks")
    assert row["state"] == "asked"


def test_burning_a_channel_burns_its_sittings(relay: Relay, tmp_path: Path) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    asked(heron, otter)
    assert not nothing_left(heron)
    heron.does("channel", "burn", "talks", "--yes")
    assert nothing_left(heron)


def test_reading_watching_and_exporting_show_what_became_of_a_probe(
    relay: Relay, tmp_path: Path
) -> None:
    people = channel_of(relay.address, tmp_path)
    convener, heron, otter = people
    name = name_of_probe(heron.tries(*ASK, "--ask", "exists", *ONCE))
    otter.does("sync")
    otter.does("probe", "decline", "talks", "--because", "Not before the harvest")
    all_sync(people)
    said = [
        ("Heron", "probe.ask", f"asks Otter for probe {name} on “Two villages, one canal”:"),
        ("Otter", "probe.decline", f"says no to probe {name}: “Not before the harvest”"),
    ]
    out = tmp_path / "talks.json"
    convener.does("export", "talks", out)
    watched = heron.does("watch", "talks", "--seconds", "0", "--json").splitlines()
    for lines in (
        json.loads(out.read_text("utf-8"))["lines"],
        [json.loads(line) for line in watched],
        convener.json("read", "talks"),
    ):
        found = [(x["from"], x["kind"], x["text"]) for x in lines if "probe" in x["kind"]]
        assert [row[:2] for row in found] == [row[:2] for row in said]
        assert all(row[2].startswith(each[2]) for row, each in zip(found, said, strict=True))
    assert convener.json("status", "talks")["talks"]["unread"] == 0

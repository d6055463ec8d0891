"""The probe command: two processes, every exit code, and nothing said that should not be."""

from __future__ import annotations

import json
from typing import Any

import pytest

from commands import EXAMPLES, SECRETS, Place, Run

ALL = "exists,how-much,where,best"
WHERE = {
    "water": {"north": False, "south": False, "turns": True},
    "fence": {"stays": False, "goes": True},
}
ANSWERS = {
    "exists": True,
    "how-much": {"at_least": 1, "below": 2},
    "where": WHERE,
    "best": {"package": {"water": "turns", "fence": "goes"}},
}


def object_of(done: Run) -> Any:  # noqa: ANN401 - JSON
    return json.loads(done.stdout)


def play(place: Place, *, ask: str = "exists", limit: int = 10) -> list[Run]:
    """Turns of both sides until both have ended; the last of each."""
    last: dict[str, Run] = {}
    for _ in range(limit):
        for side in ("north", "south"):
            if side not in last or last[side].returncode == 5:
                last[side] = place.turn(side, ask=ask)
    return [last["north"], last["south"]]


def test_two_processes_get_the_same_answer_as_one_json_object_each(place: Place) -> None:
    first, second = place.both("--json", ask=ALL)
    assert (first.returncode, second.returncode) == (0, 0)
    a, b = object_of(first), object_of(second)
    assert a["answers"] == b["answers"] == ANSWERS
    assert set(a) == {"asked", "refused", "answers", "circuit", "cost", "sitting", "kept"}
    assert a["asked"] == ["exists", "how-much", "where", "best"]
    assert (a["refused"], a["circuit"], a["sitting"]) == (None, "enumeration", 1)
    assert set(a["cost"]) == {
        *("packages", "and_gates", "bytes_sent", "bytes_received", "seconds"),
        "peak_memory_bytes",
    }
    assert a["cost"]["packages"] == 5
    assert a["cost"]["seconds"] > 0


def test_the_answer_is_given_in_words(place: Place) -> None:
    for done in place.both(ask=ALL):
        said = " ".join(done.stdout.split())
        assert "Yes: at least one package of this agenda version is acceptable to both" in said
        assert "Exactly 1 of 5 packages is acceptable to both." in said
        assert "not south The south" in said
        assert "best turns By turns" in said
        assert "fence=goes Goes" in said


def test_no_room_is_never_called_no_deal(place: Place) -> None:
    path = place.path / "south.toml"
    path.write_text(path.read_text("utf-8").replace("40.246813", "99"), encoding="utf-8")
    for done in place.both(ask="exists,best"):
        assert done.returncode == 0
        said = " ".join((done.stdout + done.stderr).split())
        assert "No package of this agenda version is acceptable to both, under these" in said
        assert "no deal" not in said.lower()


def test_a_single_question_is_answered_alone(place: Place) -> None:
    done = place.both("--json", ask="where")
    assert [object_of(d)["answers"] for d in done] == [{"where": WHERE}] * 2


def test_the_egalitarian_rule_is_played_when_both_name_it(place: Place) -> None:
    done = place.both("--json", "--rule", "egalitarian", ask="best")
    assert [object_of(d)["answers"] for d in done] == [{"best": ANSWERS["best"]}] * 2


def test_breadth_that_is_not_reached_is_exit_code_3_and_an_object_of_refusal(place: Place) -> None:
    for done in place.both("--json", "--breadth", "4", ask=ALL):
        assert done.returncode == 3
        said = object_of(done)
        assert (said["refused"], said["answers"]) == ("breadth", {})


def test_a_refusal_in_words_does_not_say_whose_it_is(place: Place) -> None:
    first, second = place.both("--breadth", "4")
    assert (first.returncode, second.returncode) == (3, 3)
    assert "one side or both accept fewer than 4 packages" in " ".join(first.stdout.split())
    refusals = [done.stdout.partition(".")[0] for done in (first, second)]
    assert refusals[0] == refusals[1]


def test_breadth_that_is_reached_answers(place: Place) -> None:
    assert [done.returncode for done in place.both("--breadth", "3")] == [0, 0]


def test_sides_that_are_never_there_together_come_to_the_answer(place: Place) -> None:
    first, second = play(place)
    assert (first.returncode, second.returncode) == (0, 0)
    assert "Yes:" in first.stdout
    assert "Yes:" in second.stdout


def test_waiting_in_vain_is_exit_code_5_with_nothing_printed(place: Place) -> None:
    done = place.turn("north", "--json")
    assert (done.returncode, done.stdout) == (5, "")
    assert "The other side owes a message." in done.stderr


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (["--rule", "egalitarian"], "rule"),
        (["--breadth", "1"], "breadth"),
        (["--ask", "best"], "questions"),
    ],
)
def test_terms_that_differ_are_exit_code_4_and_named(
    place: Place, options: list[str], what: str
) -> None:
    place.turn("north")
    done = place.turn("south", *options)
    assert (done.returncode, done.stdout) == (4, "")
    assert f"The two sides differ in: {what}." in done.stderr


def test_agendas_that_differ_are_exit_code_4(place: Place) -> None:
    place.turn("north")
    path = place.path / "agenda.toml"
    path.write_text(path.read_text("utf-8").replace("Two wells", "Three wells"), encoding="utf-8")
    done = place.turn("south")
    assert (done.returncode, done.stdout) == (4, "")
    assert "differ in: agenda" in done.stderr


def test_one_side_is_one_process(place: Place) -> None:
    waiting = place.start(*place.probe("north"), home="north.home")
    assert waiting.stderr is not None
    for line in waiting.stderr:
        if "It takes" in line:  # the last of what is said before anything is sent
            break
    second = place.turn("north")
    waiting.kill()
    waiting.communicate()
    assert (second.returncode, second.stdout) == (2, "")
    assert "Another process runs this side of the folder." in second.stderr


def test_a_message_that_grew_is_exit_code_4_with_nothing_printed(place: Place) -> None:
    for side in ("north", "south"):
        place.turn(side)
    (message,) = place.folder.glob("*-2.msg")
    with message.open("ab") as file:
        file.write(b"\0")
    done = place.turn("north", "--json")
    assert (done.returncode, done.stdout) == (4, "")
    assert "message 2 is too long" in done.stderr


def test_a_check_that_fails_is_exit_code_4_for_good(place: Place) -> None:
    for side in 6 * ("south", "north"):
        place.turn(side)
        if last := list(place.folder.glob("*-5.msg")):
            break
    (message,) = last
    message.write_bytes(bytes(byte ^ 1 for byte in message.read_bytes()))
    reader = "north" if message.name in own_messages(place, "south") else "south"
    for _ in range(2):
        done = place.turn(reader)
        assert (done.returncode, done.stdout) == (4, "")
        assert done.stderr.splitlines()[-1].startswith("tracktwo: ")


def own_messages(place: Place, side: str) -> list[str]:
    from tracktwo.probe.session import tag_of

    return [name for name in place.messages() if tag_of(side.capitalize()) in name]


def test_the_same_command_again_shows_the_same_answer(place: Place) -> None:
    before = [object_of(done) for done in place.both("--json", ask=ALL)]
    messages = place.messages()
    again = place.turn("north", "--json", ask=ALL)
    assert again.returncode == 0
    assert object_of(again)["answers"] == before[0]["answers"]
    assert (object_of(again)["sitting"], object_of(again)["kept"]) == (1, True)
    assert "--again begins a new one" in again.stderr
    assert place.messages() == messages


def test_a_new_sitting_is_counted_in_sight(place: Place) -> None:
    place.both()
    done = place.turn("north", "--again")
    assert "Sitting 2 of this folder" in done.stderr
    assert "1 sitting came before it here" in done.stderr


def test_what_the_answer_may_tell_is_said_before_anything_is_sent(place: Place) -> None:
    said = " ".join(place.turn("north", ask=ALL).stderr.split())
    for words in (
        "Sitting 1 of this folder: Two wells, 5 packages",
        'A "no" tells it much: that you refuse every one of them.',
        "to a factor of two",
        "For each of the 5 options",
        "the first by the Nash rule",
        "bits",
        "The breadth is 0",
        "at most one bit more",
        "take for a failed check",
        "Nobody is promised fairness",
        "gates each way",
    ):
        assert words in said


def test_a_breadth_is_explained_in_place_of_the_warning(place: Place) -> None:
    said = " ".join(place.turn("north", "--breadth", "2").stderr.split())
    assert "The breadth is 2: nothing is answered unless" in said
    assert "The breadth is 0" not in said


def test_a_position_is_never_printed_by_a_probe_nor_written_into_the_folder(place: Place) -> None:
    for done in place.both(ask=ALL):
        printed = done.stdout + done.stderr
        assert not [secret for secret in SECRETS if secret in printed]
    written = b"".join(path.read_bytes() for path in place.folder.iterdir())
    names = " ".join(path.name for path in place.folder.iterdir())
    assert not [secret for secret in SECRETS if secret.encode() in written or secret in names]


def test_a_real_case_by_two_processes_answers_as_its_readme_says(place: Place) -> None:
    case = EXAMPLES / "writers-strike-2023"
    ask = "exists,how-much,where"
    running = [
        place.start(
            *("probe", case / "agenda.toml", case / f"{side}.toml", "--side", side, "--ask", ask),
            *("--folder", "shared", "--json"),
            home=side,
        )
        for side in ("guild", "studios")
    ]
    answers = [json.loads(process.communicate(timeout=120)[0])["answers"] for process in running]
    assert answers[0] == answers[1]
    assert answers[0]["how-much"] == {"at_least": 2_048, "below": 4_096}
    assert all(all(options.values()) for options in answers[0]["where"].values())

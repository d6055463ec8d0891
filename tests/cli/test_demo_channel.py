"""The demonstration of a whole channel: what `make demo` begins with."""

from __future__ import annotations

import pytest

from commands import Place

SCENES = {
    "They meet by a code said over the telephone": ["Heron$ tracktwo channel join", "You are in"],
    "The delegates compare their keys": ["Otter is verified.", "Heron is verified."],
    "They talk": ["Guarantees that act. Shall we see whether there is room?"],
    "The relay is killed; talk waits on the machines and goes on": [
        "The relay does not answer",
        "Kept here; it goes out with the next sync.",
        "Heron Yes. I prepare our position.",  # as Otter reads it
    ],
    "They probe": [
        "(the same answer)",
        "Yes: at least one package of this agenda version is acceptable to both",
        "The best package by the Nash rule",
    ],
    "What the convener knows of it: that it was held, and not what it said": [
        "over: both have the answer",
    ],
}


@pytest.mark.timeout(900)
def test_a_whole_channel_is_played_from_the_code_to_one_answer_for_both(place: Place) -> None:
    process = place.start("demo", "two-villages", "--channel")
    told, errors = process.communicate(timeout=880)
    assert (process.returncode, errors) == (0, "")
    scenes: dict[str, str] = {}
    for line in told.splitlines():
        if line and not line.startswith(" "):
            scenes[line] = ""
        elif scenes:
            scenes[list(scenes)[-1]] += f" {line.strip()}"
    *titles, last = scenes
    assert titles == list(SCENES)
    assert last.startswith("Real processes throughout")
    for title, words in SCENES.items():
        said = " ".join(scenes[title].split())
        assert [each for each in words if each not in said] == []
    assert "acceptable" not in scenes[titles[-1]]

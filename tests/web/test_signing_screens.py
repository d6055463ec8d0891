"""Signing on the page: what is signed was read and meant; a file of it is checked there too."""

from __future__ import annotations

import html
import json
from pathlib import Path

import pytest

from nodes import PASSPHRASE, Person, all_sync, channel_of
from tracktwo.channel.signed_text import read_file
from visits import Visit, faults_in

TEXT = "Both villages keep the well.\nDone at the well, on the first of May."


@pytest.fixture
def people(tmp_path: Path) -> tuple[Person, ...]:
    return channel_of("", tmp_path)


def at(person: Person) -> tuple[Visit, str]:
    """Somebody at the page, and where texts are signed there."""
    visit, channel = Visit.of(person.home, PASSPHRASE)
    return visit, f"{channel}/sign"


def test_two_sign_the_same_text_and_the_file_says_so_to_a_third(
    people: tuple[Person, ...],
) -> None:
    (heron, here), (otter, there) = at(people[1]), at(people[2])
    assert heron.goes(heron.post(here, {"text": TEXT, "sure": "yes"})) == here
    all_sync(people)
    shown = otter.get(there).text
    assert "Heron" in shown
    place = shown.partition("/sign/")[2].partition("/file")[0]
    otter.goes(otter.post(there, {"place": place, f"sure-{place}": "yes"}))
    file = otter.get(f"{there}/{place}/file").content
    signed = read_file(file)
    assert (signed.text, len(signed.signatures)) == (TEXT, 2)
    checked = otter.post(f"{there}/check", {}, file).text
    assert checked.count("the signature is right.") == 2
    changed = json.loads(file) | {"text": TEXT.replace("first", "last")}
    checked = otter.post(f"{there}/check", {}, json.dumps(changed).encode()).text
    assert checked.count("the signature is wrong.") == 2
    assert "the signature is right." not in checked


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"text": TEXT}, "sure"),
        ({"text": " ", "sure": "yes"}, "text"),
        ({"text": "a\u202eb", "sure": "yes"}, "text"),
        ({"text": "x" * 150_001, "sure": "yes"}, "text"),
        ({"place": "1", "sure-1": "yes"}, ""),
        ({"place": "9" * 40, "sure-" + "9" * 40: "yes"}, ""),
    ],
)
def test_what_is_not_meant_or_cannot_be_signed_is_said_and_kept(
    people: tuple[Person, ...], fields: dict[str, str], at_fault: str
) -> None:
    visit, here = at(people[1])
    answer = visit.post(here, fields)
    assert answer.status_code == 422
    assert at_fault in faults_in(answer)
    if fields.get("text", "").strip():
        assert fields["text"] in html.unescape(answer.text)
    assert "No text is signed." in visit.get(here).text


def test_a_text_too_long_to_be_shown_whole_says_so_and_is_whole_in_its_file(
    people: tuple[Person, ...],
) -> None:
    visit, here = at(people[1])
    long = "A clause. " * 5000
    visit.goes(visit.post(here, {"text": long, "sure": "yes"}))
    shown = visit.get(here).text
    assert len(shown) < 300_000
    assert "This is its beginning alone." in shown
    place = shown.partition("/sign/")[2].partition("/file")[0]
    assert read_file(visit.get(f"{here}/{place}/file").content).text == long


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"\xff" * 100, b'{"format": "tracktwo signed text 1"}']
)
def test_what_is_no_signed_text_is_said_at_the_file(
    people: tuple[Person, ...], data: bytes
) -> None:
    visit, here = at(people[1])
    answer = visit.post(f"{here}/check", {}, data)
    assert (answer.status_code, "file" in faults_in(answer)) == (422, True)

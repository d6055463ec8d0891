"""What was agreed to, as the page says it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tracktwo.channel.charter import Charter
from visits import Visit, faults_in

CHARTER = Charter(title="The talks", languages=("ar", "en", "ru"))


def charter_of(folder: Path, charter: Charter, code: str) -> str:
    """How the page of a convener shows a charter, in this language."""
    visit = Visit.at(folder)
    visit.house.tell(language=code)
    with visit.house.node() as node:
        node.found("talks", charter, relay="", pseudonym="Wren", side="", role="convener")
        (ident,) = node.idents()
    shown = visit.get(f"/c/{ident}/charter").text
    return re.sub(r"<[^>]+>|[\u2068\u2069]", "", shown.partition("<main")[2])


def test_a_list_has_the_comma_of_the_language(tmp_path: Path) -> None:
    sealed = replace(CHARTER, retention="archive", custodians=("Heron", "Otter"))
    assert "ar، en، ru" in charter_of(tmp_path / "ar", sealed, "ar")
    assert "Heron، Otter" in charter_of(tmp_path / "two", sealed, "ar")
    assert "ar, en, ru" in charter_of(tmp_path / "id", CHARTER, "id")


@pytest.mark.parametrize(
    ("breadth", "code", "told"),
    [
        ("20points", "en", "20 points"),
        ("20points", "ru", "20 баллов"),
        ("5", "en", "5 packages"),
        ("0", "en", ""),
        ("", "en", ""),
    ],
)
def test_the_least_breadth_is_said_in_words_and_none_is_not(
    tmp_path: Path, breadth: str, code: str, told: str
) -> None:
    shown = charter_of(tmp_path, replace(CHARTER, breadth=breadth), code)
    assert told in shown
    assert ("Least breadth" in shown) == (bool(told) and code == "en")
    assert "20points" not in shown


def test_what_a_charter_cannot_be_is_said_in_the_language_of_the_page(tmp_path: Path) -> None:
    visit = Visit.at(tmp_path)
    visit.house.tell(language="ru")
    fields = {"name": "talks", "pseudonym": "Heron", "probes": "101", "retention": "delete"}
    told = faults_in(visit.post("/begin", fields))
    assert re.findall("[A-Za-z]+", told["probes"] + told["days"]) == []
    assert "100" in told["probes"]


def test_words_are_listed_with_any_comma(tmp_path: Path) -> None:
    visit = Visit.at(tmp_path)
    fields = {"name": "talks", "pseudonym": "Heron", "languages": "ar، en, ru"}
    visit.goes(visit.post("/begin", fields))
    with visit.house.node() as node, node.channel("talks") as replica:
        assert replica.charter.languages == ("ar", "en", "ru")

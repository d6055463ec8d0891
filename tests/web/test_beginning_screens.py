"""Channels begun, joined and opened to others: what is wrong is said at its own field."""

from __future__ import annotations

from pathlib import Path

import pytest

from nodes import PASSPHRASE, channel_of
from tracktwo.channel.charter import Charter
from visits import Visit, faults_in, typed_in

BEGUN = {"name": "wells", "pseudonym": "Wren", "role": "convener"}
KNOCK = {
    "code": "41377-harbor-violin",
    "relay": "http://127.0.0.1:9",
    "name": "wells",
    "pseudonym": "Wren",
}


@pytest.fixture
def visit(tmp_path: Path) -> Visit:
    return Visit.at(tmp_path)


def charter_of(visit: Visit) -> Charter:
    with visit.house.node() as node, node.channel("wells") as replica:
        return replica.charter


@pytest.mark.parametrize("breadth", ["", "20", "5points"])
def test_the_least_breadth_of_a_probe_is_agreed_to_at_the_beginning(
    visit: Visit, breadth: str
) -> None:
    visit.goes(visit.post("/begin", {**BEGUN, "breadth": breadth}))
    visit.leaves()
    assert charter_of(visit).breadth == breadth


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("title", "a\u202eb"),
        ("title", "x" * 300),
        ("breadth", "wide"),
        ("breadth", "9" * 5000),
        ("retention", "burn"),
        ("goal", "x" * 2001),
    ],
)
def test_every_field_of_a_charter_says_what_is_wrong_with_it(
    visit: Visit, field: str, typed: str
) -> None:
    answer = visit.post("/begin", {**BEGUN, field: typed})
    assert answer.status_code == 422
    assert set(faults_in(answer)) - {""} == {field}
    with visit.house.node() as node:
        assert node.names() == []


def test_a_code_without_a_relay_is_refused_where_one_chooses_how(tmp_path: Path) -> None:
    convener = channel_of("", tmp_path)[0]
    visit, channel = Visit.of(convener.home, PASSPHRASE)
    answer = visit.post(f"{channel}/invite", {"role": "observer", "by": "code"})
    assert "A code needs a relay" in faults_in(answer)["by"]


def test_under_one_name_one_knocks_once_and_begins_nothing(visit: Visit) -> None:
    visit.goes(visit.post("/join", KNOCK))
    other = {**KNOCK, "code": "12345-harbor-violin"}
    for path, fields in (("/join", other), ("/begin", BEGUN)):
        answer = visit.post(path, fields)
        assert "You are knocking under this name already" in faults_in(answer)["name"]
        assert "wells" in typed_in(answer)
    visit.leaves()
    visit._app._app.state.errands.knocks.end()

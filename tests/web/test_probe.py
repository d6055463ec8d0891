"""A probe by two pages, in a real browser: asked, agreed to, held, and the same answer for both."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, expect

from commands import EXAMPLES
from nodes import Person, Relay, channel_of, opened, until
from pages import Desk, Desks
from settled import has_papers
from tracktwo.probe.correspondence import outcome
from tracktwo.probe.proposal import proposals
from tracktwo.probe.question import Answer

VILLAGES = EXAMPLES / "two-villages"
AGENDA, UPPER, LOWER = (VILLAGES / f"{name}.toml" for name in ("agenda", "upper", "lower"))


def answers(person: Person) -> Any:  # noqa: ANN401 - JSON
    with opened(person) as replica:
        (proposal,) = proposals(replica)
        found = outcome(replica, proposal)
        assert isinstance(found, Answer)
        return found.as_json(proposal.question)


def rows(desk: Desk) -> list[list[str]]:
    """The answer's table."""
    found = desk.page.get_by_role("region", name="The answer as a table").locator("tr")
    return [row.locator("th, td").all_inner_texts() for row in found.all()]


def comes(desk: Desk, what: Locator) -> None:
    """Who has no script looks again and again."""
    until(lambda: desk.page.reload() and what.count(), "what should be on the page")


def test_two_pages_hold_a_probe_and_show_the_same_answer_as_the_clear_function(
    desks: Desks, relay: Relay, tmp_path: Path
) -> None:
    _, heron, otter = channel_of(relay.address, tmp_path)
    has_papers(heron, "upper")
    has_papers(otter, "lower")
    one, two = desks.sit(heron), desks.sit(otter, script=False)
    one.goes("talks", "Probes", "Ask for a probe")
    one.chooses("Two villages").chooses("Otter")
    for asked in ("where it is", "the best package"):
        one.page.get_by_role("checkbox", name=asked).check()
    one.presses("See what it may tell").sees("that you refuse every one of them")
    one.presses("Ask for it").sees("Say that you have read this")
    one.page.get_by_role("checkbox").check()
    one.presses("Ask for it").sees("Otter has not agreed yet")

    two.goes("talks", "Probes")
    link = two.page.get_by_role("link", name=re.compile("^Probe "))
    comes(two, link)
    link.click()
    two.goes("Read what it may tell, and agree").sees("Who keeps the gate")
    two.page.get_by_role("checkbox").check()
    two.presses("Agree to it")

    one.goes("See the answer").sees("In the best package")
    answer = two.page.get_by_role("link", name="See the answer")
    comes(two, answer)
    two.goes("See the answer")
    assert rows(one) == rows(two)
    assert len(rows(one)) == 10
    expect(one.page.get_by_role("img", name="The room of")).to_be_visible()
    one.goes("Talk").sees("asks Otter for probe").sees("agrees to probe")

    for desk in (one, two):
        desk.stops()
    clear = json.loads(Person("Mediator", tmp_path).does("study", AGENDA, UPPER, LOWER, "--json"))
    found = answers(heron)
    assert found == answers(otter)
    assert (found["exists"], found["where"]) == (
        clear["probe"]["exists"],
        clear["probe"]["where"],
    )
    assert found["best"]["package"] in clear["probe"]["best"]["nash"]

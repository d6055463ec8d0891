"""The answer of a probe, for who needs it large, on paper, or without colours."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from commands import EXAMPLES
from nodes import Person, channel_of, opened
from pages import Desk, Desks
from tracktwo.deal.agenda import Agenda, read_agenda
from tracktwo.encoding import encode
from tracktwo.probe.proposal import ASK, proposals
from tracktwo.probe.question import Answer

TEXT = (EXAMPLES / "ukraine-nine-issues" / "agenda.toml").read_bytes()
AGENDA = read_agenda(TEXT, "agenda")
HALF = {"width": 640, "height": 360}  # as a browser of 1280 by 720 has it at 200 %
PAPER = {"width": 718, "height": 1040}  # A4 within its margins

# What is cut or has to be moved sideways: of elements, and of the drawing's letters and boxes.
_CUT = """() => [
  ...[...document.querySelectorAll("html, main, main *:not(svg *)")].filter((e) =>
    e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0 &&
    !["inline", "contents"].includes(getComputedStyle(e).display)),
  ...[...document.querySelectorAll("svg.plot text")].filter((text) => {
    const at = text.getBoundingClientRect(), map = text.closest("svg").getBoundingClientRect();
    const boxes = [...text.closest("svg").querySelectorAll("rect")].map((e) =>
      e.getBoundingClientRect()).filter((e) => at.left > e.left - 1 && at.left < e.right &&
      at.top > e.top - 1 && at.top < e.bottom);
    return [map, ...boxes].some((e) => at.left < e.left - 1 || at.right > e.right + 1 ||
      at.bottom > e.bottom + 1);
  }),
].map((e) => e.tagName + ": " + e.textContent.trim().slice(0, 60))"""
# Each box of the drawing: its outline, whether it is tinted, and the first words in it.
_MARKS = """() => [...document.querySelectorAll("svg.plot rect[stroke]")].map((box) => {
  const style = getComputedStyle(box), next = box.nextElementSibling;
  const isTinted = next.tagName === "rect";
  const said = isTinted ? next.nextElementSibling : next;
  return [said.textContent, `${style.strokeWidth} ${style.strokeDasharray} ${isTinted}`,
    style.fill];
})"""
_HEIGHTS = """[...document.querySelectorAll("svg.plot, tr")].map((e) =>
  e.getBoundingClientRect().height)"""


def answer_of(agenda: Agenda) -> Answer:
    """Every second option is in the room, and the first of each issue in the best package."""
    where = {i.id: {o.id: n % 2 == 0 for n, o in enumerate(i.options)} for i in agenda.issues}
    return Answer(
        False, exists=True, where=where, best={i.id: i.options[0].id for i in agenda.issues}
    )


@pytest.fixture
def answered(tmp_path: Path) -> tuple[Person, str]:
    """Somebody whose probe was answered, and where they see it."""
    heron = channel_of("", tmp_path)[1]
    with opened(heron) as replica:
        (other,) = (m for m in replica.roster.others() if m.card.pseudonym == "Otter")
        asked = {"asked": ["exists", "where", "best"], "rule": "nash", "breadth": 0}
        more = {"unit": "packages", "circuit": "enumeration", "to": other.id}
        ident = replica.say(ASK, {**asked, **more, "agenda": TEXT.decode()})
        plain = encode(["answered", answer_of(AGENDA).as_plain()])
        replica.store.keep(f"probe {ident.hex()} outcome", plain)
        (proposal,) = proposals(replica)
    return heron, f"probes/{proposal.place}/answer"


def goes_there(desk: Desk, path: str) -> Desk:
    desk.goes("talks").page.goto(f"{desk.page.url}/{path}")
    return desk.looks().sees("In the best package")


def test_twice_as_large_nothing_of_an_answer_is_cut_or_lies_beside(
    desks: Desks, answered: tuple[Person, str]
) -> None:
    person, path = answered
    desk = goes_there(desks.sit(person, viewport=HALF, device_scale_factor=2), path)
    assert desk.page.evaluate(_CUT) == []
    for issue in AGENDA.issues:
        rows = desk.page.locator("tbody", has=desk.page.get_by_role("rowheader", name=issue.name))
        expect(rows.locator("tr")).to_have_count(len(issue.options))


def test_on_paper_an_answer_has_its_map_and_its_table_and_needs_no_colour(
    desks: Desks, answered: tuple[Person, str]
) -> None:
    person, path = answered
    desk = goes_there(desks.sit(person, viewport=PAPER, color_scheme="dark"), path)
    desk.page.emulate_media(media="print", color_scheme="dark")
    for kind in ("nav", "footer", "form", "button", "input", "main a"):
        assert desk.page.locator(kind).filter(visible=True).count() == 0, kind
    expect(desk.page.get_by_role("img", name="The room of")).to_be_visible()
    table = desk.page.get_by_role("table", name="The answer as a table")
    assert table.locator("td").filter(visible=True).count() == table.locator("td").count() > 0
    assert desk.page.evaluate(_CUT) == []
    marks = desk.page.evaluate(_MARKS)
    assert len(marks) == sum(len(issue.options) for issue in AGENDA.issues)
    drawn = {said: outline for said, outline, _ in marks}
    assert set(drawn) == {"IN, BEST", "IN", "not"}
    assert len(set(drawn.values())) == 3
    assert {outline for _, outline, _ in marks} == set(drawn.values())
    assert {fill for _, _, fill in marks} == {"rgb(255, 255, 255)"}
    heights = desk.page.evaluate(_HEIGHTS)  # what is higher than a sheet is cut by its end
    assert max(heights) < PAPER["height"]
    assert desk.page.pdf(format="A4").startswith(b"%PDF")

"""The probe's screens: nothing is asked or agreed to unread, faults are told at their fields."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from commands import EXAMPLES
from nodes import PASSPHRASE, Person, all_sync, channel_of, opened, until
from tracktwo.channel.charter import Charter
from tracktwo.channel.verify import compare, number_of
from tracktwo.deal.fitting import blank
from tracktwo.encoding import encode
from tracktwo.probe import proposal
from tracktwo.probe.correspondence import outcome
from tracktwo.probe.proposal import ASK, proposals
from tracktwo.probe.question import Answer
from tracktwo.said import as_plain, said
from tracktwo.show.progress import Pace
from tracktwo.web import matters
from tracktwo.web.house import House
from tracktwo.web.sittings import CARRYING, COMPUTING, Sittings
from visits import Visit, faults_in, hidden_in, items_in, typed_in

VILLAGES = EXAMPLES / "two-villages"
ASKED = {"ask-exists": "yes", "rule": "nash", "breadth": "0", "unit": "packages"}
ASK_BODY = {
    "asked": ["exists"],
    "rule": "nash",
    "breadth": 0,
    "unit": "packages",
    "circuit": "divination",
}


class Seat:
    """A delegate at the page, of a channel without a relay."""

    def __init__(self, person: Person) -> None:
        self.person = person
        self.visit = Visit(House(person.home), PASSPHRASE)
        self.visit.comes_in()
        self.visit.begins()
        with self.visit.house.node() as node:
            (self.ident,) = node.idents()
        self.probes = f"/c/{self.ident}/probes"

    def brings(self, position: str) -> str:
        """The agenda and a position on it among the papers; the agenda's ident."""
        agenda = (VILLAGES / "agenda.toml").read_bytes()
        path = self.visit.goes(self.visit.post("/agendas", {}, agenda))
        data = (VILLAGES / f"{position}.toml").read_bytes()
        self.visit.goes(self.visit.post(f"{path}/own", {}, data))
        return path.removeprefix("/a/")

    def member(self, name: str) -> str:
        with opened(self.person) as replica:
            (who,) = [m for m in replica.roster.everyone() if m.card.pseudonym == name]
            return who.id.hex()

    def states(self) -> list[str]:
        with opened(self.person) as replica:
            return [probe.state for probe in proposals(replica)]

    def answer(self) -> Answer | str | None:
        with opened(self.person) as replica:
            (probe,) = proposals(replica)
            return outcome(replica, probe)


@pytest.fixture
def people(tmp_path: Path) -> tuple[Person, ...]:
    return channel_of("", tmp_path, charter=Charter(title="The talks", probes=1))


@pytest.fixture
def seats(people: tuple[Person, ...]) -> Iterator[tuple[Seat, Seat]]:
    both = Seat(people[1]), Seat(people[2])
    yield both
    for seat in both:
        seat.visit.leaves()


def consents(seat: Seat, paper: str) -> dict[str, str]:
    """What is sent to ask Otter, once what the answer may tell was read."""
    fields = {**ASKED, "paper": paper, "member": seat.member("Otter")}
    shown = seat.visit.post(f"{seat.probes}/ask", fields)
    assert shown.status_code == 200, faults_in(shown)
    hidden = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]+)"', shown.text)
    return {**fields, **dict(hidden), "do": "ask", "sure": "yes", "meant": "yes"}


def agrees(seat: Seat, path: str, paper: str) -> dict[str, str]:
    """What is sent to agree, once it and the own position were read."""
    shown = seat.visit.get(f"{path}/accept")
    return {**hidden_in(shown), "paper": paper, "sure": "yes", "meant": "yes"}


def asks(seat: Seat) -> str:
    """Ask Otter; where the probe is shown."""
    fields = consents(seat, seat.brings("upper"))
    return seat.visit.goes(seat.visit.post(f"{seat.probes}/ask", fields))


def asked_of(seat: Seat, other: Seat, people: tuple[Person, ...]) -> str:
    """A probe asked by one seat; where the other finds it."""
    asks(seat)
    all_sync(people)
    text = other.visit.get(other.probes).text
    (place,) = re.findall(r"/probes/(\d+)", text)
    return f"{other.probes}/{place}"


def test_every_field_of_asking_says_what_is_wrong_with_it(seats: tuple[Seat, Seat]) -> None:
    heron, _ = seats
    heron.brings("upper")
    wrong = {"paper": "none", "member": "x", "rule": "best", "breadth": "wide", "unit": "litres"}
    answer = heron.visit.post(f"{heron.probes}/ask", wrong)
    assert answer.status_code == 422
    assert set(faults_in(answer)) >= {*wrong, "asks"}
    assert "wide" in typed_in(answer)
    assert heron.states() == []


def test_a_breadth_of_thousands_of_figures_is_refused_at_its_field(
    seats: tuple[Seat, Seat],
) -> None:
    heron, _ = seats
    fields = {**ASKED, "paper": heron.brings("upper"), "member": heron.member("Otter")}
    answer = heron.visit.post(f"{heron.probes}/ask", {**fields, "breadth": "9" * 5000})
    assert answer.status_code == 422
    assert "whole number" in faults_in(answer)["breadth"]


def test_how_far_a_sitting_is_is_shown_in_bytes_and_in_time(seats: tuple[Seat, Seat]) -> None:
    heron, _ = seats
    path = asks(heron)
    heron.visit.leaves()
    with opened(heron.person) as replica:
        (probe,) = proposals(replica)
    sitting = heron.visit._app._app.state.errands.sittings._sittings[heron.ident, probe.id]
    assert "Waiting for the other side" in heron.visit.get(path).text
    for doing, said_so in ((COMPUTING, "Computing"), (CARRYING, "On the line")):
        sitting._pace = Pace(time.monotonic() - 3)
        sitting.doing = doing
        sitting.note(doing, 10_000_000, 400_000_000)
        text = heron.visit.get(path).text
        assert f"<p>{said_so}: 10 MB of 400 MB, about 39 s to go.</p>" in text
        assert 'max="400000000" value="10000000"' in text


def test_what_the_answer_may_tell_is_shown_before_anything_is_asked(
    seats: tuple[Seat, Seat],
) -> None:
    heron, _ = seats
    fields = {**ASKED, "paper": heron.brings("upper"), "member": heron.member("Otter")}
    shown = heron.visit.post(f"{heron.probes}/ask", fields)
    assert "that you refuse every one of them" in shown.text
    assert "In all an answer tells at most 1 bits." in shown.text
    assert "gates each way by the" in shown.text
    assert "None came before it here." in shown.text
    assert "You have not compared keys with them" in shown.text
    assert "--" not in re.sub(r'<!--.*?-->|="[^"]*"', "", shown.text.partition("<main")[2])
    unsure = heron.visit.post(f"{heron.probes}/ask", {**fields, "do": "ask"})
    assert (unsure.status_code, set(faults_in(unsure)) - {""}) == (422, {"sure", "meant"})
    assert heron.states() == []
    changed = heron.visit.post(f"{heron.probes}/ask", {**fields, "do": "change"})
    assert changed.status_code == 200
    assert len(re.findall(r" checked", changed.text)) == 5


def test_no_breadth_is_shown_where_none_was_asked(seats: tuple[Seat, Seat]) -> None:
    heron, _ = seats
    paper = heron.brings("upper")
    fields = {**ASKED, "paper": paper, "member": heron.member("Otter")}
    assert "0 packages" not in heron.visit.post(f"{heron.probes}/ask", fields).text
    broad = heron.visit.post(f"{heron.probes}/ask", {**fields, "breadth": "2"}).text
    assert "<dt>Breadth</dt><dd>2 packages</dd>" in broad
    path = heron.visit.goes(heron.visit.post(f"{heron.probes}/ask", consents(heron, paper)))
    assert "<dt>Breadth</dt>" not in heron.visit.get(path).text


def test_why_a_sitting_was_stopped_is_said_in_the_language_of_the_page(
    seats: tuple[Seat, Seat],
) -> None:
    heron, _ = seats
    path = asks(heron)
    heron.visit.leaves()
    heron.visit.house.tell(language="uk")
    with opened(heron.person) as replica:
        (probe,) = proposals(replica)
        name = f"probe {probe.id.hex()} outcome"
        for kept in (
            "The other side left this sitting.",
            as_plain(said("The other side's message {message} is cut short.", message=3)),
        ):
            replica.store.keep(name, encode(["stopped", kept]))
            shown = heron.visit.get(path).text.partition("<strong>")[2].partition("</strong>")[0]
            assert shown
            assert re.findall("[A-Za-z]+", shown) == []


def test_the_budget_is_kept_to(seats: tuple[Seat, Seat]) -> None:
    heron, _ = seats
    asks(heron)
    assert heron.states() == ["asked"]
    again = {**ASKED, "paper": heron.brings("upper"), "member": heron.member("Otter")}
    refused = heron.visit.post(f"{heron.probes}/ask", again)
    assert "they are used up" in faults_in(refused)["paper"]
    assert "The charter leaves 0 more probes on this version." in heron.visit.get(heron.probes).text


def test_a_form_sent_twice_asks_once(tmp_path: Path) -> None:
    heron = Seat(channel_of("", tmp_path, charter=Charter(title="The talks", probes=9))[1])
    fields = consents(heron, heron.brings("upper"))
    assert heron.visit.post(f"{heron.probes}/ask", fields).status_code == 303
    again = heron.visit.goes(heron.visit.post(f"{heron.probes}/ask", fields))
    assert "This form was sent already." in heron.visit.get(again).text
    assert heron.states() == ["asked"]
    heron.visit.leaves()


def test_what_was_not_read_is_not_asked(seats: tuple[Seat, Seat]) -> None:
    heron, _ = seats
    paper = heron.brings("upper")
    fields = consents(heron, paper)
    with heron.visit.house.node() as node:
        agenda = matters.agenda_in(node, paper)
        matters.change(node, paper, replace(agenda, title="Another canal"))
    refused = heron.visit.post(f"{heron.probes}/ask", fields)
    assert refused.status_code == 422
    assert "The agenda or your position has changed" in faults_in(refused)["sure"]
    assert "Another canal" in refused.text
    assert " checked" not in refused.text
    assert heron.states() == []


def test_the_log_is_read_once_for_all_budgets(
    seats: tuple[Seat, Seat], monkeypatch: pytest.MonkeyPatch
) -> None:
    heron, _ = seats
    text = (VILLAGES / "agenda.toml").read_text("utf-8")
    with opened(heron.person) as replica:
        for number in range(3):
            body = {**ASK_BODY, "agenda": text.replace("Two villages", f"{number} villages")}
            replica.say(ASK, {**body, "to": bytes.fromhex(heron.member("Otter"))})
    read = []
    events = proposal._events
    monkeypatch.setattr(proposal, "_events", lambda replica: read.append(1) or events(replica))
    shown = heron.visit.get(heron.probes).text
    assert shown.count("The charter leaves 0 more probes on this version.") == 3
    assert len(read) == 1


def test_who_is_asked_reads_the_agenda_and_the_same_words_and_says_no(
    seats: tuple[Seat, Seat], people: tuple[Person, ...]
) -> None:
    heron, otter = seats
    path = asked_of(heron, otter, people)
    shown = otter.visit.get(f"{path}/accept").text
    for part in ("Who keeps the gate", "A keeper from each", "that you refuse every one of them"):
        assert part in shown
    long = "x" * 501
    refused = otter.visit.post(path, {"because": long})
    assert "at most 500" in faults_in(refused)["because"]
    assert long in typed_in(refused)
    assert "sure" in faults_in(otter.visit.post(path, {"because": "By mistake"}))
    assert otter.states() == ["asked"]
    no = {"because": "Not before the harvest", "sure": "yes"}
    otter.visit.goes(otter.visit.post(path, no))
    all_sync(people)
    for seat in seats:
        assert seat.states() == ["declined"]
        assert "says no to probe" in seat.visit.get(f"/c/{seat.ident}").text
        assert "declined: Not before the harvest" in seat.visit.get(seat.probes).text
    assert 'name="sure"' not in otter.visit.get(path).text
    over = otter.visit.post(path, {"because": "", "sure": "yes"})
    assert over.status_code == 422
    assert "over already" in over.text


def test_who_asked_takes_it_back_and_nothing_of_it_stays(
    seats: tuple[Seat, Seat], people: tuple[Person, ...]
) -> None:
    heron, otter = seats
    path = asks(heron)
    until(lambda: "Waiting for the other side" in heron.visit.get(path).text, "a sitting")
    heron.visit.goes(heron.visit.post(path, {"because": "", "sure": "yes"}))
    all_sync(people)
    assert heron.states() == otter.states() == ["withdrawn"]
    until(lambda: not list((heron.person.home / "sittings").iterdir()), "it is tidied up")


def test_agreeing_wants_a_position_on_this_very_agenda_and_a_word(
    seats: tuple[Seat, Seat], people: tuple[Person, ...]
) -> None:
    heron, otter = seats
    path = asked_of(heron, otter, people)
    workshop = otter.visit.goes(otter.visit.post(f"{path}/take", {}))
    assert re.fullmatch(r"/a/\w+/own", workshop)
    assert workshop in otter.visit.get(f"{path}/accept").text
    nothing = otter.visit.post(f"{path}/accept", {"sure": "yes"})
    assert nothing.status_code == 422
    assert "Choose an agenda on which you have a position." in nothing.text
    otter.visit.goes(otter.visit.post(workshop, {}, (VILLAGES / "lower.toml").read_bytes()))
    paper = workshop.split("/")[2]
    unsure = otter.visit.post(f"{path}/accept", {"paper": paper})
    assert set(faults_in(unsure)) >= {"sure"}
    assert otter.states() == ["asked"]
    assert heron.visit.post(path + "/accept", {"paper": paper, "sure": "yes"}).status_code >= 400


def test_who_owes_a_message_is_not_told_to_wait_for_the_other(
    seats: tuple[Seat, Seat], people: tuple[Person, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    heron, otter = seats
    monkeypatch.setattr(Sittings, "_take_part", lambda *_: None)
    path = asked_of(heron, otter, people)
    paper = otter.brings("lower")
    otter.visit.goes(otter.visit.post(f"{path}/accept", agrees(otter, path, paper)))
    assert "Waiting for the other side" in sitting_in(otter.visit.get(path))
    all_sync(people)
    heron.visit.leaves()
    shown = sitting_in(heron.visit.get(path_of_first(heron)))
    assert "you owe the next message" in shown
    assert "Waiting for the other side" not in shown


def sitting_in(answer: httpx.Response) -> str:
    return answer.text.partition('id="sitting"')[2].partition("</div>")[0]


def path_of_first(seat: Seat) -> str:
    (place,) = re.findall(r"/probes/(\d+)", seat.visit.get(seat.probes).text)
    return f"{seat.probes}/{place}"


def test_a_sitting_goes_on_after_a_restart_until_both_have_the_answer(
    seats: tuple[Seat, Seat], people: tuple[Person, ...]
) -> None:
    heron, otter = seats
    path = asked_of(heron, otter, people)
    heron.visit.leaves()
    heron.visit.comes_in()
    heron.visit.begins()
    paper = otter.brings("lower")
    otter.visit.goes(otter.visit.post(f"{path}/accept", agrees(otter, path, paper)))

    def answered() -> bool:
        all_sync(people)
        return all(seat.answer() is not None for seat in seats)

    until(answered, "an answer")
    assert heron.answer() == otter.answer() == Answer(refused=False, exists=True)
    shown = otter.visit.get(f"{path}/answer")
    assert "at least one package of this agenda version is acceptable to both" in shown.text
    assert "See the answer" in otter.visit.get(path).text


def test_what_is_asked_by_no_circuit_is_a_sentence(
    seats: tuple[Seat, Seat], people: tuple[Person, ...]
) -> None:
    heron, otter = seats
    with opened(heron.person) as replica:
        body = {**ASK_BODY, "agenda": (VILLAGES / "agenda.toml").read_text("utf-8")}
        replica.say(ASK, {**body, "to": bytes.fromhex(heron.member("Otter"))})
        replica.say(ASK, {**body, "agenda": "no", "to": bytes.fromhex(heron.member("Otter"))})
    all_sync(people)
    text = otter.visit.get(otter.probes).text
    assert "an agenda that cannot be read" in text
    for place in set(re.findall(r"/probes/(\d+)", text)):
        assert otter.visit.get(f"{otter.probes}/{place}").status_code == 200
        refused = otter.visit.get(f"{otter.probes}/{place}/accept")
        assert refused.status_code == 404
    for nonsense in ("1", "x", "9" * 30):
        assert otter.visit.get(f"{otter.probes}/{nonsense}").status_code == 404


def rewords(seat: Seat, paper: str) -> None:
    """Give two options of the first issue each other's words."""
    with seat.visit.house.node() as node:
        agenda = matters.agenda_in(node, paper)
        first, *rest = agenda.issues
        one, two, *more = first.options
        swapped = (replace(one, name=two.name), replace(two, name=one.name), *more)
        changed = replace(agenda, issues=(replace(first, options=swapped), *rest))
        matters.change(node, paper, changed)


def test_nothing_is_asked_with_scores_whose_words_changed(seats: tuple[Seat, Seat]) -> None:
    heron, _ = seats
    paper = heron.brings("upper")
    fields = consents(heron, paper)
    rewords(heron, paper)
    refused = heron.visit.post(f"{heron.probes}/ask", fields)
    assert refused.status_code == 422
    assert "other words since you scored it" in refused.text
    assert heron.states() == []
    shown = heron.visit.get(f"{heron.probes}/ask").text
    assert f"/a/{paper}/own" in shown
    assert f'value="{paper}"' not in shown
    read = hidden_in(heron.visit.get(f"/a/{paper}/own"))["read"]
    heron.visit.goes(heron.visit.post(f"/a/{paper}/own/again", {"read": read, "meant": "yes"}))
    consents(heron, paper)


def test_nothing_is_agreed_to_with_scores_whose_words_changed(
    seats: tuple[Seat, Seat], people: tuple[Person, ...]
) -> None:
    heron, otter = seats
    path = asked_of(heron, otter, people)
    paper = otter.brings("lower")
    sent = agrees(otter, path, paper)
    rewords(otter, paper)
    with otter.visit.house.node() as node:
        matters.looked_at(node, paper, "own")
    rewords(otter, paper)  # so that it is the agenda that is asked about
    shown = otter.visit.get(f"{path}/accept").text
    assert "The agenda has other words since you scored it" in shown
    assert "Agree to it" not in shown
    refused = otter.visit.post(f"{path}/accept", sent)
    assert "other words since you scored it" in refused.text
    assert otter.states() == ["asked"]


def test_the_own_position_stands_beside_what_the_answer_tells(
    seats: tuple[Seat, Seat], people: tuple[Person, ...]
) -> None:
    heron, otter = seats
    paper = heron.brings("upper")
    heron.visit.goes(
        heron.visit.post(
            f"/a/{paper}/own/red-lines", {"never-water": first_option(heron, paper, "water")}
        )
    )
    fields = {**ASKED, "paper": paper, "member": heron.member("Otter")}
    shown = heron.visit.post(f"{heron.probes}/ask", fields)
    assert re.search(r"You accept \d+ of \d+ packages\.", shown.text)
    assert [line for line in items_in(shown) if line.startswith("Red line 1: Never")]
    assert "is fixed for this probe" in shown.text
    assert "Turns need a gate that neither village keeps alone." in shown.text
    path = asked_of(heron, otter, people)
    otter.brings("lower")
    agreeing = otter.visit.get(f"{path}/accept")
    assert re.search(r"You accept \d+ of \d+ packages\.", agreeing.text)
    assert "is fixed for this probe" in agreeing.text
    assert "Turns need a gate that neither village keeps alone." in agreeing.text


def first_option(seat: Seat, paper: str, issue: str) -> str:
    with seat.visit.house.node() as node:
        return matters.agenda_in(node, paper).issue(issue).options[0].id


def half_made(seat: Seat, paper: str) -> None:
    """Put a position in place that says nothing of any option, and takes everything."""
    with seat.visit.house.node() as node:
        agenda = matters.agenda_in(node, paper)
        matters.keep_position(node, paper, "own", agenda, blank(agenda))


def test_a_half_made_position_is_sealed_only_if_one_says_it_is_meant(
    seats: tuple[Seat, Seat], people: tuple[Person, ...]
) -> None:
    heron, otter = seats
    paper = heron.brings("upper")
    half_made(heron, paper)
    fields = consents(heron, paper)
    sent = {name: value for name, value in fields.items() if name != "meant"}
    refused = heron.visit.post(f"{heron.probes}/ask", sent)
    assert set(faults_in(refused)) - {""} == {"meant"}
    assert "Is this meant so?" in refused.text
    assert heron.states() == []
    path = asked_of(heron, otter, people)
    paper = otter.brings("lower")
    half_made(otter, paper)
    sent = {k: v for k, v in agrees(otter, path, paper).items() if k != "meant"}
    refused = otter.visit.post(f"{path}/accept", sent)
    assert "meant" in faults_in(refused)
    assert otter.states() == ["asked"]


def test_a_position_that_changed_since_it_was_read_is_read_again(
    seats: tuple[Seat, Seat], people: tuple[Person, ...]
) -> None:
    heron, otter = seats
    paper = heron.brings("upper")
    fields = consents(heron, paper)
    heron.visit.goes(heron.visit.post(f"/a/{paper}/own/line", {"accept_from": "1", "notes": ""}))
    refused = heron.visit.post(f"{heron.probes}/ask", fields)
    assert "your position has changed" in faults_in(refused)["sure"]
    path = asked_of(heron, otter, people)
    paper = otter.brings("lower")
    sent = agrees(otter, path, paper)
    otter.visit.goes(otter.visit.post(f"/a/{paper}/own/line", {"accept_from": "1", "notes": ""}))
    refused = otter.visit.post(f"{path}/accept", sent)
    assert "your position has changed" in faults_in(refused)["sure"]
    assert otter.states() == ["asked"]


def test_who_is_verified_is_not_said_to_be_anybody(seats: tuple[Seat, Seat]) -> None:
    heron, _ = seats
    fields = {**ASKED, "paper": heron.brings("upper"), "member": heron.member("Otter")}
    at = f"{heron.probes}/ask"
    assert "Until you have compared keys" in heron.visit.post(at, fields).text
    with opened(heron.person) as replica:
        (otter,) = [m for m in replica.roster.everyone() if m.card.pseudonym == "Otter"]
        compare(replica, otter, number_of(replica))
    assert "Until you have compared keys" not in heron.visit.post(at, fields).text

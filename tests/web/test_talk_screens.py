"""Talk and all channels without a browser: no member's event shuts them, and no alarm is hidden."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from nodes import PASSPHRASE, Person, all_sync, channel_of, opened
from tracktwo.channel import parting
from tracktwo.channel.node import Node
from tracktwo.channel.talk import say
from tracktwo.web.idle_lock import HIDDEN, LOOK
from visits import Visit

FAR = 3600 * 10**11
"""A second of the year 11,407,955."""


@pytest.fixture
def people(tmp_path: Path) -> tuple[Person, ...]:
    """A convener and two delegates in a channel without a relay."""
    return channel_of("", tmp_path)


def page_of(person: Person) -> tuple[Visit, str]:
    """Somebody's page, and where their channel is."""
    return Visit.of(person.home, PASSPHRASE)


def says_at(person: Person, second: int, text: str) -> None:
    """Say something on a machine whose clock tells this."""
    node = Node(person.home, PASSPHRASE, lambda: second)
    with closing(node), node.channel("talks") as replica:
        say(replica, text)


def test_an_event_of_an_hour_no_calendar_has_shuts_nothing(people: tuple[Person, ...]) -> None:
    says_at(people[1], FAR, "From afar.")
    all_sync(people)
    visit, here = page_of(people[2])
    for path in (here, f"{here}/lines"):
        shown = visit.get(path)
        assert shown.status_code == 200
        assert "From afar." in shown.text
    written = visit.post(f"{here}/carry/export", {"kind": "text"})
    assert "From afar." in written.text
    assert "2999" in people[2].does("read", "talks", "--all")


def warns(person: Person) -> None:
    """Something is wrong in somebody's copy."""
    with opened(person) as replica:
        (other,) = [m for m in replica.roster.others() if m.card.pseudonym == "Heron"]
        replica.log.alarm("fork", other.id, other.id, "", 1)


def test_an_alarm_and_being_removed_are_in_the_part_that_is_looked_at_again(
    people: tuple[Person, ...],
) -> None:
    visit, here = page_of(people[2])
    for path in (here, f"{here}/lines"):
        text = visit.get(path).text
        assert 'id="attention"' in text
        assert "said two different things" not in text
        assert "You are not in this channel now" not in text
    warns(people[2])
    with opened(people[0]) as replica:
        (otter,) = [m for m in replica.roster.others() if m.card.pseudonym == "Otter"]
        parting.remove(replica, otter)
    all_sync(people)
    for path in (here, f"{here}/lines"):
        text = visit.get(path).text
        assert "Heron has said two different things" in text.partition('id="attention"')[2]
        assert "You are not in this channel now" in text.partition('id="attention"')[2]
    assert "data-draft" not in visit.get(here).text


def test_what_is_not_delivered_is_said_until_an_answer_comes(people: tuple[Person, ...]) -> None:
    visit, here = page_of(people[1])
    visit.goes(visit.post(here, {"text": "Good evening."}))
    assert "Not delivered yet to:" in visit.get(here).text
    all_sync(people)
    with opened(people[2]) as replica:
        say(replica, "And to you.")
    all_sync(people)
    text = visit.get(here).text
    assert "And to you." in text
    assert "Not delivered yet to:" not in text


def test_what_a_hidden_page_fetches_by_itself_is_not_read(people: tuple[Person, ...]) -> None:
    visit, here = page_of(people[2])
    with opened(people[1]) as replica:
        say(replica, "Is anybody there?")
    all_sync(people)
    hidden, shown = ({LOOK: of} for of in (HIDDEN, "1"))
    for path in (here, f"{here}/lines"):
        assert "Is anybody there?" in visit.get(path, hidden).text
        assert "1 unread" in visit.get("/").text
    assert "Is anybody there?" in visit.get(f"{here}/lines", shown).text
    assert "unread" not in visit.get("/").text.replace("unverified", "")


def test_all_channels_say_last_contact_what_is_unread_and_what_needs_attention(
    people: tuple[Person, ...],
) -> None:
    visit, here = page_of(people[2])
    before = visit.get("/").text
    assert "unread" not in before
    assert "attention" not in before
    with opened(people[2]) as replica:
        replica.store.do(
            "UPDATE member SET heard = NULL WHERE card IS NOT NULL AND id != ?", replica.own
        )
    assert visit.get("/").text.count("Last contact: never") == 2
    with opened(people[1]) as replica:
        say(replica, "One.")
        say(replica, "Two.")
    all_sync(people)
    warns(people[2])
    text = visit.get("/").text
    assert "2 unread" in text
    assert "1 thing needs your attention" in text
    heron = text.partition("<bdi>Heron</bdi>")[2]
    assert heron.partition("</div>")[0].count("Last contact: just now") == 1
    visit.get(here)
    assert "2 unread" not in visit.get("/").text

"""From nothing to an answer, by the pages alone: no command but `tracktwo open`.

In one language, another with each seed; in the soak in all.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from effort import some
from nodes import PASSPHRASE, Person, Relay, person
from pages import Desk, Desks
from settled import EXAMPLE
from tracktwo.said import said
from tracktwo.web.language import LANGUAGES


@pytest.mark.always
@pytest.mark.parametrize("code", some(list(LANGUAGES), len(LANGUAGES)))
def test_two_people_come_from_nothing_to_the_same_answer(
    desks: Desks, relay: Relay, tmp_path: Path, code: str
) -> None:
    wren = desks.come(Person("Wren", tmp_path / "Wren"), locale=code)
    heron = desks.sit(person("Heron", tmp_path), locale=code)
    makes_a_node(wren)
    meet(wren, heron, relay.address)
    compare_keys(wren, heron)
    talk(wren, heron)
    for desk, side in ((wren, "upper"), (heron, "lower")):
        lays_out_the_matter(desk, side)
    probe(wren, heron)
    weighs(wren)
    rehearses(wren)


def makes_a_node(desk: Desk) -> None:
    desk.looks().shows("make-a-node")
    desk.fills("New passphrase", PASSPHRASE).fills("The same once more", PASSPHRASE)
    desk.presses("Make it").sees("Your node is made.")


def meet(wren: Desk, heron: Desk, relay: str) -> None:
    wren.goes("Begin a channel").fills("What you call it", "talks")
    wren.fills("What the others call you", "Wren").chooses("delegate")
    wren.fills("The side you speak for", "South").fills("Address of the relay", relay)
    wren.shows("begin-a-channel")
    wren.presses("Begin the channel").sees("The channel stands. Now invite somebody.")
    wren.fills("The side a delegate speaks for", "North").presses("Invite").shows("invite")
    code = wren.page.locator(".code").inner_text()
    assert re.fullmatch(r"\d{5}-[a-z]+-[a-z]+", code)

    heron.goes("Come into a channel").fills("The code you were told", code)
    heron.fills("Address of the relay", relay).fills("What you call it", "wells")
    heron.fills("What the others call you", "Heron").shows("join").presses("Come in")
    heron.goes("Read the charter and come in").shows("invited").presses("Come in")
    heron.page.get_by_role("link", name="wells").wait_for()
    entry = {"who": "Heron", "role": said("delegate"), "side": "North"}
    heron.goes("wells").sees("{who} comes in: {role} for {side}.", **entry)
    wren.goes("Talk").sees("{who} comes in: {role} for {side}.", **entry)


def compare_keys(wren: Desk, heron: Desk) -> None:
    number = number_on(wren)
    assert number_on(heron) == number
    heron.fills("The number you heard", number[::-1]).presses("Compare")
    heron.shows("numbers-differ").sees_no("%(name)s is verified.", name="Wren")
    heron.fills("The number you heard", number).presses("Compare")
    heron.shows("verified").sees("%(name)s is verified.", name="Wren")


def number_on(desk: Desk) -> str:
    return " ".join(desk.goes("Verify").page.locator(".number li").all_inner_texts())


def talk(wren: Desk, heron: Desk) -> None:
    heron.goes("Talk").fills("Say to all", "Good evening.").presses("Say it")
    wren.goes("Talk").sees("Good evening.").sees("unverified")
    # an answer says that it has come
    wren.fills("Say to all", "And to you.").presses("Say it").shows("talk")
    heron.sees("And to you.").sees_no("Not delivered yet to:").shows("talk-delivered")
    heron.goes("Channels").shows("channels")


def lays_out_the_matter(desk: Desk, side: str) -> None:
    desk.goes("Agendas").brings("A file with an agenda", EXAMPLE / "agenda.toml")
    desk.presses("Bring it in").sees("Who keeps the gate").shows("agenda")
    desk.goes("Your position").brings(
        "A file with a position on this agenda", EXAMPLE / f"{side}.toml"
    )
    desk.presses("Bring it in").sees("The position was brought in.").shows("position")


def probe(wren: Desk, heron: Desk) -> None:
    """Asked, agreed to, computed; the same answer on both sides, and on paper."""
    wren.goes("Channels", "talks", "Probes", "Ask for a probe")
    wren.chooses("Two villages, one canal").chooses("Heron")
    for what in ("whether there is room", "where it is", "the best package"):
        wren.ticks(what)
    wren.shows("ask").presses("See what it may tell").shows("before-you-ask")
    wren.ticks("I have read what the answer may tell, and want it")
    wren.ticks("I know what my position says above, and ask all the same")
    wren.presses("Ask for it").sees("It is asked.").shows("asked")

    heron.goes("Channels", "wells", "Probes")
    heron.page.locator("#probes").get_by_role("link").first.click()
    heron.goes("Read what it may tell, and agree").shows("before-you-agree")
    heron.presses("Agree to it").sees("Say that you have read this and want it.")
    heron.ticks("I have read what the answer may tell, and want it")
    heron.ticks("I know what my position says above, and agree all the same").presses("Agree to it")
    answers = [answer(desk) for desk in (wren, heron)]
    assert answers[0] == answers[1]
    assert "A keeper from each" in answers[0]


def answer(desk: Desk) -> str:
    desk.goes("See the answer").shows("answer")
    desk.page.emulate_media(media="print")
    desk.shows("answer-on-paper")
    desk.page.emulate_media(media="screen")
    return desk.page.locator("main table").inner_text()


def weighs(desk: Desk) -> None:
    desk.goes("Agendas", "Two villages, one canal", "Your position")
    desk.goes("Scores").shows("scores").goes("What counts most").shows("swings")
    desk.goes("Red lines").shows("red-lines").goes("The line").shows("line")
    desk.fills("I accept from", "60").presses("Keep it").sees("The position is kept.")
    desk.goes("Packages to judge")
    for package in desk.page.get_by_role("group").all()[:6]:  # behind them is one of a red line
        package.get_by_label(desk.says("I would take it"), exact=True).check()
    desk.presses("Keep my answers").shows("judging")
    desk.presses("Take this line").sees("Your answers and your position go together.")


def rehearses(desk: Desk) -> None:
    desk.goes("Their position, supposed")
    desk.brings("A file with a position on this agenda", EXAMPLE / "lower.toml")
    desk.presses("Bring it in").goes("Rehearsal").sees("What both could accept").shows("rehearsal")

"""What the program says of a sitting: what it may tell, what it told, what it cost.

All of it from public facts, so both sides and a printed page read the same words. An empty room is
"no package of this agenda version, under these sealed positions", never "no deal".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tracktwo.deal.agenda import Agenda
from tracktwo.deal.package import OutcomeSpace
from tracktwo.errors import BadInput
from tracktwo.probe.question import Answer, Question, most_bits

if TYPE_CHECKING:  # it brings in all of the secure computation, which not every command needs
    from tracktwo.probe.choice import Offer
    from tracktwo.probe.cost import Cost

RULES = {"nash": "the Nash rule", "egalitarian": "the egalitarian rule"}
MESSAGES = 6  # of each side: its terms and the five of mpc/party.py
NO_ROOM = (
    "No package of this agenda version is acceptable to both, under these sealed positions."
    " That says nothing of another agenda or of other positions."
)


def size(count: float) -> str:
    """A number of bytes."""
    if count < 1000:
        return f"{count:.0f} bytes"
    value, unit = (count / 1e6, "MB") if count >= 1e6 else (count / 1e3, "kB")
    return f"{value:,.0f} {unit}" if value >= 10 else f"{value:.1f} {unit}"


def duration(seconds: float) -> str:
    """A length of time."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    minutes, hours = seconds / 60, seconds / 3600
    return f"{minutes:.0f} min" if minutes < 90 else f"{hours:.1f} h"


def counted(count: int, noun: str) -> str:
    """`1 package`, `2,958 packages`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def by_voice(digest: bytes) -> str:
    """Four groups of five figures that stand for a digest: 66 of its bits."""
    number = int.from_bytes(digest, "big") % 10**20
    figures = f"{number:020d}"
    return " ".join(figures[start : start + 5] for start in range(0, 20, 5))


# Before


def telling(question: Question, packages: OutcomeSpace) -> list[tuple[str, str]]:
    """For each question asked, what its answer lets the other side know of this one."""
    options = sum(len(issue.options) for issue in packages.agenda.issues)
    sentences = {
        "exists": "Whether you accept any package that it accepts."
        ' A "no" tells it much: that you refuse every one of them.',
        "how-much": "How many packages both of you accept, to a factor of two (0, 1, 2-3, 4-7,"
        ' ...). 0 tells it as much as that "no".',
        "where": f"For each of the {options} options, whether you accept a package that has it and"
        ' that the other side accepts too. "Not" tells it that you refuse every such package.',
        "best": f"One package that you accept: of all that both accept, the first by"
        f" {RULES[question.rule]}. That shows what you care for, without a figure. None tells it"
        ' as much as that "no".',
    }
    return [(ask, sentences[ask]) for ask in question.asked]


FOLDER, CHANNEL = "folder", "channel"
_WHO_SEES = {
    FOLDER: "Whoever can write into the folder can stand in for the other side. Whoever can read it"
    " sees the names, the questions, the rule and the breadth; no position and no answer.",
    CHANNEL: "All in the channel see that it is held, the agenda, the questions, the rule and the"
    " breadth; no position and no answer. Until you have compared keys, who let you in could stand"
    " in for the other side.",
}


def cautions(
    question: Question, packages: OutcomeSpace, circuit: str, way: str = FOLDER
) -> list[str]:
    """How much it can be in all, and what no computation can prevent. `way`: FOLDER or CHANNEL."""
    bits = most_bits(question, packages)
    return [
        f"In all an answer tells at most {bits:.1f} bits. Each further sitting tells more: what"
        " differs between two answers points at what was changed between them.",
        _on_breadth(question, packages, circuit),
        "A side that cheats can learn at most one bit more: whether one thing it picks about your"
        " position is so. If it is not, you get no answer: the sitting stops, or the other side"
        " falls silent at its end, which you should take for a failed check.",
        "Nobody is promised fairness: one side comes to the answer first and may leave then.",
        _WHO_SEES[way],
    ]


def _on_breadth(question: Question, packages: OutcomeSpace, circuit: str) -> str:
    if not question.breadth and circuit == "frontier":
        return (
            "The breadth is 0, so a side that accepts one single package learns whether you accept"
            " that one. With --breadth Mpoints, the same on both sides, nothing is answered unless"
            " each side's best package lies at least M points above its line."
        )
    if not question.breadth:
        return (
            "The breadth is 0, so a side that accepts one single package learns whether you accept"
            " that one. With --breadth M, the same on both sides, nothing is answered unless each"
            " side accepts at least M packages."
        )
    if question.unit == "points":
        agenda = packages.agenda
        enough = (agenda.points + len(agenda.issues) // 2) // len(agenda.issues)
        return (
            f"The breadth is {counted(question.breadth, 'point')}: nothing is answered unless each"
            " side's best package lies at least so far above its line. That does not count the"
            " packages a side accepts: by red lines it may still be a single one, and on this"
            f" agenda by scores too if the breadth is below {enough}. A refusal tells a side that"
            " is broad enough that the other is not."
        )
    return (
        f"The breadth is {question.breadth:,}: nothing is answered unless each side accepts at"
        f" least {counted(question.breadth, 'package')}. A refusal tells a side that accepts enough"
        " that the other does not."
    )


def never_broad(question: Question, packages: OutcomeSpace) -> str | None:
    """That no side can be as broad as asked, if so."""
    points = question.unit == "points"
    most = packages.agenda.points if points else packages.count
    if question.breadth <= most:
        return None
    there = counted(most, "point" if points else "package")
    return f"The agenda has {there}: a breadth of {question.breadth:,} is never met."


def expected(cost: Cost) -> str:
    """What a sitting will take."""
    return (
        f"It takes {cost.and_gates:,} gates each way by the {cost.circuit} circuit,"
        f" {size(cost.bytes_sent)} to send and {size(cost.bytes_received)} to receive, in"
        f" {MESSAGES} messages each way."
    )


def expected_time(cost: Cost, pace: float, megabits: float) -> str:
    """How long that will be, at `pace` seconds a ciphertext and on a line of so many Mbit/s."""
    return (
        f"That is about {duration(cost.seconds(pace))} of computing on this machine, and"
        f" {duration(cost.seconds_of_line(megabits))} for the messages on a line of"
        f" {megabits:g} Mbit/s (--line)."
    )


def instead(offers: Mapping[str, Offer | BadInput], chosen: Cost, *, all_taken: bool) -> list[str]:
    """Of each circuit not taken, what it would take or why it cannot be.

    `all_taken`: the frontier circuit takes every position that the agenda permits.
    """
    said = []
    for name, offer in offers.items():
        if name == chosen.circuit:
            continue
        if isinstance(offer, BadInput):
            said.append(f"The {name} circuit cannot answer this. {offer.what}")
            continue
        cost = offer.cost
        sentence = (
            f"The {name} circuit would take {cost.and_gates:,} gates each way and"
            f" {size(cost.bytes_sent)} to send."
        )
        if not all_taken and cost.bytes_sent < chosen.bytes_sent:
            sentence += (
                " It is not taken by itself, because the agenda does not declare which issues red"
                " lines may join: add linked to it, or insist with --circuit frontier."
            )
        said.append(sentence)
    return said


# After


def is_empty(answer: Answer) -> bool:
    """Whether the answer says that no package is acceptable to both."""
    if answer.refused or answer.best is not None:
        return False
    if answer.exists is not None:
        return not answer.exists
    if answer.how_much is not None:
        return answer.how_much[1] == 1
    if answer.where is not None:
        return not any(any(of.values()) for of in answer.where.values())
    return True  # only "best" was asked, and there is none


def answered(question: Question, packages: int, answer: Answer) -> list[str]:
    """The answer in sentences, but for the lists that `where` and `best` give."""
    if answer.refused:
        return [refusal(question)]
    if is_empty(answer):
        return [NO_ROOM]
    sentences = []
    if answer.exists:
        sentences.append(
            "Yes: at least one package of this agenda version is acceptable to both, under these"
            " sealed positions."
        )
    if answer.how_much is not None:
        sentences.append(_how_much(*answer.how_much, packages))
    return sentences


def refusal(question: Question) -> str:
    """That breadth was not reached."""
    if question.unit == "points":
        lacking = (
            "the best package of one side or both lies fewer than"
            f" {counted(question.breadth, 'point')} above its line"
        )
    else:
        lacking = f"one side or both accept fewer than {counted(question.breadth, 'package')}"
    return f"Refused: {lacking}, so nothing is answered. Which side it is was not computed."


def _how_much(at_least: int, below: int, packages: int) -> str:
    if below - at_least == 1:
        return f"Exactly {at_least} of {counted(packages, 'package')} is acceptable to both."
    return (
        f"Between {at_least:,} and {min(below - 1, packages):,} of"
        f" {counted(packages, 'package')} are acceptable to both."
    )


def best_by(question: Question) -> str:
    """What the best package is best by."""
    return f"The best package by {RULES[question.rule]} (computed, not advised)"


def mark_of(answer: Answer, issue: str, option: str) -> str:
    """What is known of an option: "best", "in" the room, "not" in it; or nothing."""
    if answer.best is not None and answer.best[issue] == option:
        return "best"
    if answer.where is None:
        return ""
    return "in" if answer.where[issue][option] else "not"


def spent(cost: Cost, seconds: float, memory: int | None) -> str:
    """What a sitting took."""
    peak = "" if memory is None else f", {size(memory)} of memory"
    return (
        f"{duration(seconds)}, {cost.and_gates:,} gates each way, {size(cost.bytes_sent)} sent,"
        f" {size(cost.bytes_received)} received{peak}."
    )


def choices(agenda: Agenda, package: dict[str, str]) -> str:
    """A package by ids, in the order of the agenda: `alignment=neutral, trigger=later`."""
    return ", ".join(f"{issue.id}={package[issue.id]}" for issue in agenda.issues)

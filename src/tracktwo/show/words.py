"""What the program says of a sitting: what it may tell, what it told, what it cost.

All of it from public facts, so both sides and a printed page read the same words. An empty room is
"no package of this agenda version, under these sealed positions", never "no deal".
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from tracktwo.deal.agenda import Agenda
from tracktwo.deal.package import OutcomeSpace
from tracktwo.errors import BadInput
from tracktwo.probe.question import Answer, Question, most_bits
from tracktwo.said import Said, counted, said

if TYPE_CHECKING:  # it brings in all of the secure computation, which not every command needs
    from tracktwo.probe.choice import Circuits, Offer
    from tracktwo.probe.cost import Cost

RULES = {"nash": said("the Nash rule"), "egalitarian": said("the egalitarian rule")}
MESSAGES = 6  # of each side: its terms and the five of mpc/party.py
NO_ROOM = said(
    "No package of this agenda version is acceptable to both, under these sealed positions."
    " That says nothing of another agenda or of other positions."
)


def size(count: float) -> Said:
    """A number of bytes."""
    if count < 1000:
        return said("{number} bytes", number=round(count))
    value, unit = (count / 1e6, "MB") if count >= 1e6 else (count / 1e3, "kB")
    number = round(value) if value >= 10 else Decimal(f"{value:.1f}")
    if unit == "MB":
        return said("{number} MB", number=number)
    return said("{number} kB", number=number)


def duration(seconds: float) -> Said:
    """A length of time."""
    if seconds < 60:
        whole = Decimal(f"{seconds:.1f}") if seconds < 10 else round(seconds)
        return said("{number} s", number=whole)
    minutes, hours = seconds / 60, seconds / 3600
    if minutes < 90:
        return said("{number} min", number=round(minutes))
    return said("{number} h", number=Decimal(f"{hours:.1f}"))


def so_many_packages(count: int) -> Said:
    """`1 package`, `2,958 packages`."""
    return counted("{count} package", "{count} packages", count)


def so_many_points(count: int) -> Said:
    """The same of points."""
    return counted("{count} point", "{count} points", count)


def so_broad(breadth: int, unit: str) -> Said:
    """A breadth, in packages or in points."""
    return so_many_points(breadth) if unit == "points" else so_many_packages(breadth)


def by_voice(digest: bytes) -> str:
    """Four groups of five figures that stand for a digest: 66 of its bits."""
    number = int.from_bytes(digest, "big") % 10**20
    figures = f"{number:020d}"
    return " ".join(figures[start : start + 5] for start in range(0, 20, 5))


# Before


def telling(question: Question, packages: OutcomeSpace) -> list[tuple[str, Said]]:
    """For each question asked, what its answer lets the other side know of this one."""
    options = sum(len(issue.options) for issue in packages.agenda.issues)
    sentences = {
        "exists": said(
            "Whether you accept any package that it accepts."
            ' A "no" tells it much: that you refuse every one of them.'
        ),
        "how-much": said(
            "How many packages both of you accept, to a factor of two (0, 1, 2-3, 4-7,"
            ' ...). 0 tells it as much as that "no".'
        ),
        "where": said(
            "For each of the {options} options, whether you accept a package that has it and"
            ' that the other side accepts too. "Not" tells it that you refuse every such package.',
            options=options,
        ),
        "best": said(
            "One package that you accept: of all that both accept, the first by"
            " {rule}. That shows what you care for, without a figure. None tells it"
            ' as much as that "no".',
            rule=RULES[question.rule],
        ),
    }
    return [(ask, sentences[ask]) for ask in question.asked]


def before(number: int) -> Said:
    """How many sittings came before the one of this number."""
    if number == 1:
        return said("None came before it here.")
    return counted(
        "{count} sitting came before it here; each may have told a part.",
        "{count} sittings came before it here; each may have told a part.",
        number - 1,
    )


FOLDER, CHANNEL, PAGE = "folder", "channel", "page"
"""Where a sitting is held, and whether options of a command are of use to who reads."""

_IN_A_CHANNEL = said(
    "All in the channel see that it is held, the agenda, the questions, the rule and the"
    " breadth; no position and no answer."
)
_NOT_COMPARED = said(
    "Until you have compared keys, who let you in could stand in for the other side."
)
_WHO_SEES = {
    FOLDER: said(
        "Whoever can write into the folder can stand in for the other side. Whoever can read it"
        " sees the names, the questions, the rule and the breadth; no position and no answer."
    ),
    CHANNEL: _IN_A_CHANNEL,
    PAGE: _IN_A_CHANNEL,
}


def cautions(
    question: Question,
    packages: OutcomeSpace,
    circuit: str,
    way: str = FOLDER,
    *,
    is_verified: bool = False,
) -> list[Said]:
    """How much it can be in all, and what no computation can prevent.

    `way`: FOLDER or another. `is_verified`: whether keys were compared with the other side.
    """
    bits = most_bits(question, packages)
    return [
        said(
            "In all an answer tells at most {bits} bits. Each further sitting tells more: what"
            " differs between two answers points at what was changed between them.",
            bits=Decimal(f"{bits:.1f}"),
        ),
        _on_breadth(question, packages, circuit),
        said(
            "A side that cheats can learn at most one bit more: whether one thing it picks about"
            " your position is so. If it is not, you get no answer: the sitting stops, or the other"
            " side falls silent at its end, which you should take for a failed check."
        ),
        said("Nobody is promised fairness: one side comes to the answer first and may leave then."),
        _WHO_SEES[way],
        *([] if way == FOLDER or is_verified else [_NOT_COMPARED]),
    ]


def _on_breadth(question: Question, packages: OutcomeSpace, circuit: str) -> Said:
    if not question.breadth and circuit == "frontier":
        return said(
            "The breadth is 0, so a side that accepts one single package learns whether you accept"
            " that one. With a breadth of M points, the same on both sides, nothing is answered"
            " unless each side's best package lies at least M points above its line."
        )
    if not question.breadth:
        return said(
            "The breadth is 0, so a side that accepts one single package learns whether you accept"
            " that one. With a breadth of M, the same on both sides, nothing is answered unless"
            " each side accepts at least M packages."
        )
    if question.unit == "points":
        agenda = packages.agenda
        enough = (agenda.points + len(agenda.issues) // 2) // len(agenda.issues)
        return said(
            "The breadth is {breadth}: nothing is answered unless each"
            " side's best package lies at least so far above its line. That does not count the"
            " packages a side accepts: by red lines it may still be a single one, and on this"
            " agenda by scores too if the breadth is below {enough}. A refusal tells a side that"
            " is broad enough that the other is not.",
            breadth=so_many_points(question.breadth),
            enough=enough,
        )
    return said(
        "The breadth is {breadth}: nothing is answered unless each side accepts at"
        " least {packages}. A refusal tells a side that accepts enough"
        " that the other does not.",
        breadth=question.breadth,
        packages=so_many_packages(question.breadth),
    )


def never_broad(question: Question, packages: OutcomeSpace) -> Said | None:
    """That no side can be as broad as asked, if so."""
    points = question.unit == "points"
    most = packages.agenda.points if points else packages.count
    if question.breadth <= most:
        return None
    there = so_many_points(most) if points else so_many_packages(most)
    return said(
        "The agenda has {there}: a breadth of {breadth} is never met.",
        there=there,
        breadth=question.breadth,
    )


def taking(
    circuits: Circuits, offer: Offer, pace: float, megabits: float, way: str = FOLDER
) -> list[Said]:
    """What a sitting takes, in how much time, and what the other circuit would."""
    offers = circuits.offers(offer.circuit.question)
    return [
        expected(offer.cost),
        _expected_time(offer.cost, pace, megabits, way),
        *_instead(offers, offer.cost, way, all_taken=circuits.is_frontier_for_all),
    ]


def expected(cost: Cost) -> Said:
    """What a sitting will take."""
    return said(
        "It takes {gates} gates each way by the {circuit} circuit,"
        " {sent} to send and {received} to receive, in"
        " {messages} messages each way.",
        gates=cost.and_gates,
        circuit=cost.circuit,
        sent=size(cost.bytes_sent),
        received=size(cost.bytes_received),
        messages=MESSAGES,
    )


def _expected_time(cost: Cost, pace: float, megabits: float, way: str) -> Said:
    """How long that will be, at `pace` seconds a ciphertext and on a line of so many Mbit/s."""
    takes = said(
        "That is about {computing} of computing on this machine, and"
        " {carrying} for the messages on a line of {megabits} Mbit/s",
        computing=duration(cost.seconds(pace)),
        carrying=duration(cost.seconds_of_line(megabits)),
        megabits=f"{megabits:g}",
    )
    end = "." if way == PAGE else " (--line)."
    return said("{sentence}{end}", sentence=takes, end=end)


def _instead(
    offers: Mapping[str, Offer | BadInput], chosen: Cost, way: str, *, all_taken: bool
) -> list[Said]:
    """Of each circuit not taken, what it would take or why it cannot be.

    `all_taken`: the frontier circuit takes every position that the agenda permits.
    """
    found = []
    for name, offer in offers.items():
        if name == chosen.circuit:
            continue
        if isinstance(offer, BadInput):
            found.append(
                said("The {name} circuit cannot answer this. {why}", name=name, why=offer.what)
            )
            continue
        cost = offer.cost
        found.append(
            said(
                "The {name} circuit would take {gates} gates each way and {sent} to send.",
                name=name,
                gates=cost.and_gates,
                sent=size(cost.bytes_sent),
            )
        )
        if not all_taken and cost.bytes_sent < chosen.bytes_sent:
            found[-1] = said("{first} {rest}", first=found[-1], rest=_NOT_LINKED[way])
    return found


_NOT_LINKED_BY_COMMAND = said(
    "It is not taken by itself, because the agenda does not declare which issues red"
    " lines may join: add linked to it, or insist with --circuit frontier."
)
_NOT_LINKED = {
    FOLDER: _NOT_LINKED_BY_COMMAND,
    CHANNEL: _NOT_LINKED_BY_COMMAND,
    PAGE: said(
        "It is not taken, because the agenda does not declare which issues red lines may join."
    ),
}


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


def answered(question: Question, packages: int, answer: Answer) -> list[Said]:
    """The answer in sentences, but for the lists that `where` and `best` give."""
    if answer.refused:
        return [refusal(question)]
    if is_empty(answer):
        return [NO_ROOM]
    sentences = []
    if answer.exists:
        sentences.append(
            said(
                "Yes: at least one package of this agenda version is acceptable to both, under"
                " these sealed positions."
            )
        )
    if answer.how_much is not None:
        sentences.append(_how_much(*answer.how_much, packages))
    return sentences


def refusal(question: Question) -> Said:
    """That breadth was not reached."""
    if question.unit == "points":
        return said(
            "Refused: the best package of one side or both lies fewer than {points} above its"
            " line, so nothing is answered. Which side it is was not computed.",
            points=so_many_points(question.breadth),
        )
    return said(
        "Refused: one side or both accept fewer than {packages}, so nothing is answered. Which"
        " side it is was not computed.",
        packages=so_many_packages(question.breadth),
    )


def _how_much(at_least: int, below: int, packages: int) -> Said:
    there = so_many_packages(packages)
    if below - at_least == 1:
        return said(
            "Exactly {number} of {packages} is acceptable to both.", number=at_least, packages=there
        )
    return said(
        "Between {least} and {most} of {packages} are acceptable to both.",
        least=at_least,
        most=min(below - 1, packages),
        packages=there,
    )


def best_by(question: Question) -> Said:
    """What the best package is best by."""
    return said("The best package by {rule} (computed, not advised)", rule=RULES[question.rule])


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

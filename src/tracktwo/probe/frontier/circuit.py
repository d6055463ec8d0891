"""The frontier circuit (a mpc Program): sections that go along the trellis of an agenda.

docs/spec/frontier.md states what it computes and what it costs. In each run lanes count the
evaluator's losses and hold the garbler's points, so every move of lanes is by a number that the
evaluator knows and costs two ciphertexts a wire. The two runs are thus different circuits of one
function. Sections, in order: the inputs; for `where` a pass from the first issue to the last; a
pass from the last to the first; the ranking; for `best` the way back; the answers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from tracktwo.deal.package import Package
from tracktwo.deal.points import point_table
from tracktwo.deal.position import Position
from tracktwo.deal.trellis import Scoring, Trellis
from tracktwo.encoding import digest, encode
from tracktwo.errors import BadInput, PeerFault
from tracktwo.mpc import arithmetic
from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.garbling import CHUNK
from tracktwo.mpc.gates import Gates, Wires
from tracktwo.mpc.selection import Offsets
from tracktwo.probe.frontier.breadth import is_broad
from tracktwo.probe.frontier.draw import flat
from tracktwo.probe.frontier.inputs import Entries, Layout
from tracktwo.probe.frontier.passes import Entered, Step, beginning, enter
from tracktwo.probe.frontier.ranking import Ranking, over_line
from tracktwo.probe.frontier.tracing import choose_option, follow, marked_options
from tracktwo.probe.question import Question, number_of
from tracktwo.said import said

WORK_LIMIT = 1 << 18
"""Branches of one issue times lanes: some 350 MB of tables, held at once."""


@dataclass(repr=False)
class _Board:
    """What sections leave for later ones. SECRET."""

    entered: Entered
    coin: Wires
    turned: Offsets | None
    """By how many lanes sums of losses are turned against sums of losses."""
    before: list[Wires] = field(default_factory=list)
    """For `where`: at each issue, what must be reached with the issues from it on."""
    sums: Wires | None = None
    wins: dict[int, list[Wires]] = field(default_factory=dict)
    marks: dict[int, Wires] = field(default_factory=dict)
    """For `where`: of each issue, which options are part of a joint package."""
    found: Wires | None = None
    mask: Wires | None = None
    chosen: list[Wires] = field(default_factory=list)


_Section = Callable[[Gates, _Board], None]


class FrontierCircuit:
    """The questions of one sitting along the trellis of an agenda. See Circuit.

    Raises BadInput for a question that needs packages to be listed.
    """

    name = "frontier"

    def __init__(self, question: Question, trellis: Trellis) -> None:
        if "how-much" in question.asked:
            raise BadInput(
                said("How many packages are in the room can only be asked where they are listed."),
                advice="Leave how-much out, or use --circuit enumeration where they can be.",
            )
        if question.breadth and question.unit != "points":
            raise BadInput(
                said("Where packages are not listed, breadth counts points, not packages."),
                advice="Give a number of points, such as --breadth 20points.",
            )
        self.question, self.packages = question, trellis
        self.layout = Layout(trellis, question.breadth)
        self._require_room()
        self._ranking = Ranking(self.layout, question.rule)
        self._sections = self._planned()
        self.shapes = [self.layout.shape, *[(1, 0)] * (len(self._sections) + 1)]
        self.outputs = sum(self.widths.values())
        self.digest = digest(["frontier", CHUNK, question.digest(trellis.agenda)])

    def _require_room(self) -> None:
        layers = zip(self.packages.agenda.issues, self.packages.layers, strict=True)
        for issue, layer in layers:
            if layer.branches * self.layout.lanes > WORK_LIMIT:
                raise BadInput(
                    said(
                        "At {issue} too many options hang together for so many points.",
                        issue=repr(issue.id),
                    ),
                    advice=said(
                        "Link fewer issues, give the agenda fewer points, or put issues that"
                        " hang together next to each other."
                    ),
                )

    @cached_property
    def widths(self) -> dict[str, int]:
        """The output bits of each answer, in order; "refused" first where breadth is asked."""
        widths = {
            "exists": 1,
            "where": sum(self.layout.options),
            "best": 1 + sum(self.layout.index_rows),
        }
        refused = {"refused": 1} if self.question.breadth else {}
        return refused | {ask: widths[ask] for ask in self.question.asked}

    @cached_property
    def _steps(self) -> list[Step]:
        return [Step(self.layout, place) for place in range(len(self.packages.layers))]

    def _planned(self) -> list[_Section]:
        """All sections but the first, which takes the inputs, and the last, which answers."""
        asked, places = self.question.asked, range(len(self.packages.layers))
        sections: list[_Section] = []
        if "where" in asked:
            sections += [self._section(self._forth, place) for place in places]
        sections += [self._section(self._back, place) for place in reversed(places)]
        if {"exists", "best"} & set(asked):
            sections.append(self._rank)
        if "best" in asked:
            sections += [self._section(self._trace, place) for place in places]
        return sections

    def _section(self, work: Callable[[Gates, _Board, int], None], place: int) -> _Section:
        return lambda gates, board: work(gates, board, place)

    # Program

    def run(self, gates: Gates, parts: list[Any], own: Bits | None, seen: Wires) -> Any:  # noqa: ANN401
        """See Program."""
        if not parts:
            return self._enter(gates, own, seen)
        board: _Board = parts[-1]
        self._sections[len(parts) - 1](gates, board)
        return board

    def finish(self, gates: Gates, parts: list[Any], own: Bits | None, seen: Wires) -> Wires:
        """The answers, shown only if breadth allows. See Program."""
        board: _Board = parts[-1]
        answers = []
        for ask in self.question.asked:
            if ask == "exists":
                answers.append(_present(board.found))
            elif ask == "where":
                answers += [board.marks[place] for place in range(len(self._steps))]
            else:
                answers += [_present(board.found), *board.chosen]
        shown = np.concatenate(answers)
        if not self.question.breadth:
            return shown
        enough = is_broad(gates, self.layout, board.entered)
        broad = gates.both_own(board.entered.mine("broad"), enough)
        return np.concatenate([broad ^ gates.one, gates.both(shown, broad)])

    # The sections

    def _enter(self, gates: Gates, own: Bits | None, seen: Wires) -> _Board:
        entered = enter(gates, self.layout, own, seen)
        coin = gates.enter(entered.mine("coin"), 1, 1) ^ entered.seen["coin"]
        turned = None
        if "where" in self.question.asked:
            slack = entered.seen["slack"]
            whole = arithmetic.constant(gates, self.layout.lanes + 1, *slack.shape[:2])
            left = arithmetic.add(gates.both_seen, slack ^ gates.one, whole)[: len(slack)]
            turned = Offsets(gates, left, self.layout.lanes)
        return _Board(entered, coin, turned)

    def _forth(self, gates: Gates, board: _Board, place: int) -> None:
        """What must be reached from an issue on; and, for the next one, the sums with it."""
        sums = beginning(gates, self.layout) if board.sums is None else board.sums
        board.before.append(self._wanted(gates, board, sums))
        if place + 1 < len(self._steps):
            board.sums = self._steps[place].forth(gates, board.entered, sums)
        else:
            board.sums = None

    def _wanted(self, gates: Gates, board: _Board, sums: Wires) -> Wires:
        """What sums of the rest must exceed to be joint with these: (rows + 1, states, lanes, w).

        If these leave u and the line is r, that is 2**rows - 1 + max(0, r - u), and everything
        where these are dead. Lane l pairs with what loses l: turned by the evaluator's slack.
        """
        turned = np.empty_like(sums)
        for state in range(sums.shape[1]):
            moved = _present(board.turned).move(gates, 0, sums[:, state])
            turned[:, state] = moved[:, ::-1]
        here = flat(turned)
        above, reached = over_line(gates, board.entered, here)
        short = reached ^ here[-1:]  # alive and below the line
        low = gates.both(above[:-1], short) ^ gates.one
        return np.concatenate([low, reached ^ gates.one]).reshape(sums.shape)

    def _back(self, gates: Gates, board: _Board, place: int) -> None:
        step = self._steps[place]
        sums = beginning(gates, self.layout) if board.sums is None else board.sums
        candidates = step.candidates(gates, board.entered, sums)
        if board.before:
            wanted = board.before.pop()
            marks = arithmetic.less(
                gates.both,
                flat(wanted[:, step.layer.source]),
                flat(candidates),
                gates.zeros(1, 1),
            ).reshape(1, *candidates.shape[1:])
            board.marks[place] = marked_options(gates, step, marks, self.layout.options[place])
        if place or self._needs_rank:
            board.sums, board.wins[place] = step.by_source.play(gates, candidates, board.coin)

    @property
    def _needs_rank(self) -> bool:
        return self._rank in self._sections

    def _rank(self, gates: Gates, board: _Board) -> None:
        joint, seen, own = self._ranking.joint(gates, board.entered, _present(board.sums))
        if "best" in self.question.asked:
            board.found, best = self._ranking.best(gates, joint, seen, own)
            board.mask = best[:, None]
        else:
            board.found = arithmetic.any_of(gates, gates.collapse(gates.columns(joint), None))

    def _trace(self, gates: Gates, board: _Board, place: int) -> None:
        step, options = self._steps[place], self.layout.options[place]
        mask, wins = _present(board.mask), board.wins.pop(place)
        chosen, taken = choose_option(gates, step, mask, wins, board.coin, options)
        for row in range(self.layout.index_rows[place]):
            held = [option for option in range(options) if option >> row & 1]
            board.chosen.append(np.bitwise_xor.reduce(chosen[held], axis=0, keepdims=True))
        if place + 1 < len(self._steps):
            board.mask = follow(gates, board.entered, step, taken, chosen)

    # What a side brings

    def take(self, position: Position) -> Scoring:
        """A position's points, line and red lines on the trellis.

        Raises BadInput for a red line that joins issues which the trellis does not hold together.
        """
        table = point_table(self.packages.agenda, position)
        try:
            return Scoring(table, self.packages.allowed(position.red_lines))
        except BadInput as refusal:
            other = said(
                "Where the packages can be listed, --circuit enumeration takes it as it is."
            )
            advice = said("{first} {rest}", first=refusal.advice, rest=other)
            raise BadInput(refusal.what, advice=advice) from None

    def sealed(self, private: Scoring) -> bytes:
        """See Circuit."""
        points = [of.tobytes() for of in private.table.points]
        allowed = [of.tobytes() for of in private.allowed]
        return encode([points, private.table.line, allowed])

    def entries(self, private: Scoring, coin: int) -> Entries:
        """See Circuit."""
        return Entries(self.layout, private, coin)

    def package(self, bits: tuple[int, ...]) -> Package:
        """See Circuit."""
        options, start = [], 0
        for rows in self.layout.index_rows:
            options.append(number_of(bits[start : start + rows]))
            start += rows
        if not self.packages.holds(options):
            raise PeerFault("The two runs agree on a package that does not exist.")
        return self.packages.package(options)


def _present(value: Any) -> Any:  # noqa: ANN401
    """What an earlier section left."""
    if value is None:
        raise TypeError("a section runs before what it needs")
    return value

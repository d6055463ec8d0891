"""Taking part in sittings in the background, so that no page waits for one.

A thread for each sitting, as long as its channel is on the line. What it needs to go on is kept by
the sitting itself, so it goes on after the program was ended. Letters come by rounds.py: a thread
here waits until they have, and carries only what is too large for one.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tracktwo.channel.post import Post
from tracktwo.channel.replica import Replica
from tracktwo.errors import TrackTwoError, Unreachable
from tracktwo.probe.asking import decline, say_no
from tracktwo.probe.correspondence import NotHeld, converse, outcome, place_of, tidy
from tracktwo.probe.proposal import Proposal, ours, proposals
from tracktwo.said import said
from tracktwo.show.progress import Pace
from tracktwo.web.house import House
from tracktwo.web.rounds import Line, Rounds

COMPUTING, CARRYING, WAITING = "computing", "carrying", "waiting"
_LOOK = 0.5  # seconds between looks for news
_LOOK_FOR_LARGE = 2.0  # seconds after which a relay is asked for the rest of something large
_AGAIN = 10.0  # seconds after which a relay that was away is tried again
_log = logging.getLogger("tracktwo.web")


class _Left(Exception):
    """The channel went off the line; the sitting goes on another time."""


@dataclass
class Sitting:
    """How one stands. `done` of `total` bytes are computed or carried; `fault`: why it waits."""

    doing: str = WAITING
    done: int = 0
    total: int = 0
    fault: TrackTwoError | None = None
    given_up: bool = False
    thread: threading.Thread | None = None
    _pace: Pace = field(default_factory=lambda: Pace(time.monotonic()))

    def note(self, doing: str, done: int, total: int) -> None:
        """So many bytes of so many are done."""
        if doing != self.doing:
            self._pace = Pace(time.monotonic())
        self._pace.note(time.monotonic(), done)
        self.doing, self.done, self.total, self.fault = doing, done, total, None

    @property
    def seconds_left(self) -> float:
        """About how long what it does now will take; 0 where nobody can tell."""
        return self._pace.seconds_left(self.done, self.total)

    @property
    def is_at_work(self) -> bool:
        """Whether a thread is at it."""
        return self.thread is not None and self.thread.is_alive()


class Sittings:
    """See the module."""

    def __init__(self, house: House, rounds: Rounds) -> None:
        self._house, self._rounds = house, rounds
        self._sittings: dict[tuple[str, bytes], Sitting] = {}
        self._lock = threading.Lock()
        rounds.followers.append(self._begin)

    def go_on(self, ident: str, probe: bytes) -> None:
        """Take part in a probe of the channel of this ident, from now until it ends."""
        with self._lock:
            before = self._sittings.get((ident, probe))
            now = self._sittings[ident, probe] = Sitting()
            arguments = (ident, probe, now, before)
            now.thread = threading.Thread(target=self._take_part, args=arguments, daemon=True)
            now.thread.start()

    def are_at_work(self) -> bool:
        """Whether any is under way."""
        return any(sitting.is_at_work for sitting in list(self._sittings.values()))

    def sitting(self, ident: str, probe: bytes) -> Sitting:
        """How a probe's sitting stands."""
        return self._sittings.get((ident, probe)) or Sitting()

    def give_up(self, ident: str, replica: Replica, proposal: Proposal, text: str) -> None:
        """Say no to it, take it back or give it up; what takes part in it stops and tidies up."""
        sitting = self.sitting(ident, proposal.id)
        sitting.given_up = True
        if sitting.is_at_work:
            say_no(replica, proposal, text)
        else:
            decline(replica, self._house.home, proposal, text)

    def _begin(self, ident: str, line: Line) -> None:
        """Go on with all sittings of a channel that came on the line."""
        try:
            with self._house.node() as node, node.channel(node.idents().get(ident, "")) as replica:
                probes = [p for p in ours(replica) if _is_open(replica, self._house.home, p)]
        except TrackTwoError:
            return  # the line says why
        for probe in probes:
            if not line.ended.is_set():
                self.go_on(ident, probe.id)

    def _take_part(self, ident: str, probe: bytes, now: Sitting, before: Sitting | None) -> None:
        if before is not None and before.thread is not None:
            before.thread.join()  # it has left, or is about to
        line = self._rounds.line(ident)
        try:
            with (
                self._house.node() as node,
                node.channel(node.idents().get(ident, "")) as replica,
                self._rounds.post(node) as post,
            ):
                part = _Part(replica, self._house.home, post, line, now)
                part.until_ended(next(p for p in proposals(replica) if p.id == probe))
        except _Left:
            return
        except TrackTwoError as error:
            now.fault = error
        except Exception as error:  # its words may hold what is secret
            _log.error("a fault of a sitting: %s", type(error).__name__)
            now.fault = TrackTwoError(said("This is a fault of the program; nothing is lost."))
        self._rounds.nudge(ident)  # the last letter


def _is_open(replica: Replica, home: Path, proposal: Proposal) -> bool:
    is_agreed = proposal.state == "accepted" or proposal.asker.id == replica.own
    is_here = place_of(home, proposal.id).is_dir()
    return is_agreed and is_here and outcome(replica, proposal) is None


@dataclass
class _Part:
    """Our part of one sitting, in its thread."""

    replica: Replica
    home: Path
    post: Post
    line: Line
    sitting: Sitting
    _known: tuple[int, int] = (-1, -1)

    def until_ended(self, proposal: Proposal) -> None:
        """Go on until it has ended. Raises _Left, and as `converse` does."""
        post = self.post if self.replica.relay else None
        while True:
            try:
                answer = converse(
                    self.replica,
                    self.home,
                    proposal,
                    post,
                    progress=self._computing,
                    carrying=self._carrying,
                    waiting=self._waiting,
                    listen=self._listen,
                )
            except Unreachable as error:
                self.sitting.fault = error
                self.line.ended.wait(_AGAIN)
                self._require_wanted()
            except NotHeld:
                tidy(self.replica, self.home, proposal, post)
                raise
            else:
                if answer is not None:
                    return
                self._waiting()  # for a courier
                self._listen()

    def _computing(self, done: int, total: int) -> None:
        self._require_wanted()
        self.sitting.note(COMPUTING, done, total)

    def _carrying(self, done: int, total: int) -> None:
        self._require_wanted()
        self.sitting.note(CARRYING, done, total)

    def _waiting(self) -> None:
        self.sitting.note(WAITING, self.sitting.done, self.sitting.total)

    def _listen(self) -> bool:
        """Wait until something came since we last looked."""
        store = self.replica.store
        is_coming = store.one("SELECT 1 FROM blob WHERE state IN ('coming', 'sending')")
        end = time.monotonic() + _LOOK_FOR_LARGE
        while self._known == (now := self._seen()):
            self.line.ended.wait(_LOOK)
            self._require_wanted()
            if is_coming and self.replica.relay and time.monotonic() >= end:
                return False
        self._known = now
        return True

    def _seen(self) -> tuple[int, int]:
        """What changes when something comes."""
        carried = self.home / "carried"
        place: int = self.replica.store.one("SELECT max(place) FROM event") or 0
        return place, len(list(carried.iterdir())) if carried.is_dir() else 0

    def _require_wanted(self) -> None:
        if self.line.ended.is_set():
            raise _Left
        if self.sitting.given_up:
            raise NotHeld(said("You gave this up."))

"""The node locks itself where nobody has done anything at the page for a while.

What a page does by itself, to be up to date, is not done by anybody: it says so in a header. While
somebody waits for what goes on behind the page, the page alone is closed: whoever comes wants the
passphrase, and the node is locked once nobody waits any more.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tracktwo.web.errands import Errands
from tracktwo.web.house import House

LOOK = "tracktwo-look"
"""The header of a request that nobody made by hand."""

HIDDEN = "hidden"
"""What it says where nobody can see the page either."""

CHOICES = (5, 15, 30, 60, 240, 0)
"""Minutes one may settle on; 0 is never."""

_MINUTES = 30
_KEPT = "idle minutes"
_PAUSE = 5.0  # seconds; short, for a machine that slept is looked at only when it has woken


class IdleLock:
    """See the module. Every method may be called from any thread."""

    def __init__(
        self,
        house: House,
        errands: Errands,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`clock`: one that goes on while the machine is asleep."""
        self._house, self._errands, self._clock = house, errands, clock
        self._minutes, self._seen = _MINUTES, clock()
        self._watch: threading.Thread | None = None
        self._starting = threading.Lock()

    def begin(self) -> None:
        """Watch from now on; called when the node was unlocked."""
        with self._house.node() as node:
            kept = node.kept(_KEPT)
        self._minutes = _MINUTES if kept is None else int(kept)
        self._seen = self._clock()
        with self._starting:
            if self._watch is None or not self._watch.is_alive():
                self._watch = threading.Thread(target=self._look, daemon=True)
                self._watch.start()

    @property
    def minutes(self) -> int:
        """After how many minutes it locks; 0 is never."""
        return self._minutes

    def settle(self, minutes: int) -> None:
        """Lock after so many minutes, one of CHOICES, from now on."""
        with self._house.node() as node:
            node.keep(_KEPT, str(minutes).encode())
        self._minutes = minutes

    def lock(self) -> None:
        """Lock now."""
        self._house.lock()  # first: what would begin from now on is refused
        self._errands.end()

    def attend(self, *, by_hand: bool) -> None:
        """Somebody who is in asks for something; if that comes too late, nobody is in."""
        if self._is_over():
            self._shut()
        elif by_hand:
            self._seen = self._clock()

    def _is_over(self) -> bool:
        return 0 < self._minutes * 60 < self._clock() - self._seen

    def _shut(self) -> None:
        self._house.close()
        try:
            is_awaited = self._errands.are_awaited()
        except Exception:  # where nobody can tell, it is locked
            is_awaited = False
        if not is_awaited and self._is_over():  # nobody has unlocked it meanwhile
            self.lock()

    def _look(self) -> None:
        while not self._house.is_locked:
            if self._is_over():
                self._shut()
            time.sleep(_PAUSE)

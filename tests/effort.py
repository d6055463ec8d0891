"""How much of what is left to chance a run tries: a part of it, and in `make soak` all of it.

Which part differs with the seed of pytest-randomly, so that many runs try what one soak does.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Sequence
from typing import TypeVar

_T = TypeVar("_T")

SOAK = os.environ.get("TRACKTWO_SOAK") == "1"
_PART = 6
_seed = 0


def seed(number: int) -> None:
    """Let this choose the part; the same in every process of a run."""
    global _seed
    _seed = number


def examples(whole: int, few: int = 12) -> int:
    """How many examples of Hypothesis to try, of so few all."""
    return whole if SOAK else max(whole // _PART, min(whole, few))


def some(whole: Sequence[_T], every: int) -> Sequence[_T]:
    """One in so many."""
    return whole if SOAK else whole[random.Random(_seed + len(whole)).randrange(every) :: every]


def rests(name: str, every: int) -> bool:
    """Whether something of this name is left out of this run; the seed chooses one in so many."""
    number = int.from_bytes(hashlib.sha256(f"{_seed} {name}".encode()).digest()[:4])
    return not SOAK and number % every != 0

"""Packages: one option for every issue, numbered (DESIGN 4.1).

The first issue varies slowest, options stand in file order, and combinations the agenda excludes
are left out; a package's number is its place, from 0. Counted before leaving out, it is the raw
number: the mixed-radix number whose digits are the option indices.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from tracktwo.deal.agenda import Agenda, Combination
from tracktwo.deal.toml_reading import quoted
from tracktwo.errors import BadInput
from tracktwo.said import said

Package = dict[str, str]
"""Issue id to option id, one for every issue of the agenda."""

PACKAGE_LIMIT = 4_000_000
"""Allowed packages that are listed."""

RAW_LIMIT = 64_000_000
"""Packages before exclusions, up to which they are looked through."""

Whole = TypeVar("Whole", np.int32, np.int64)

_FEWER = said("Take out options nobody would choose, join issues that hang together, or split it.")
_BLOCK = 1 << 16  # packages looked at together: a few small arrays that stay in the cache


class OutcomeSpace(Protocol):
    """The packages an agenda allows, listed (`Packages`) or not (`deal.trellis.Trellis`)."""

    agenda: Agenda

    @property
    def count(self) -> int:
        """How many there are."""
        ...


class Packages:
    """All allowed packages of an agenda. Made by `enumerate_packages`.

    `count` is how many there are. `raw` is None when nothing is excluded, else the raw number of
    each, ascending, (count,) uint32.
    """

    __slots__ = ("_count", "_shape", "_split", "agenda", "raw")

    def __init__(self, agenda: Agenda, raw: NDArray[np.uint32] | None) -> None:
        self.agenda, self.raw = agenda, raw
        self._shape = _shape(agenda)
        self._count = math.prod(self._shape) if raw is None else len(raw)
        self._split = _split(self._shape)

    @property
    def count(self) -> int:
        """See OutcomeSpace."""
        return self._count

    def package(self, number: int) -> Package:
        """The package of that number. Raises IndexError outside 0 to count - 1."""
        if not 0 <= number < self.count:
            raise IndexError(f"there are {self.count} packages, and none is number {number}")
        raw = number if self.raw is None else int(self.raw[number])
        digits = np.unravel_index(raw, self._shape)
        pairs = zip(self.agenda.issues, digits, strict=True)
        return {issue.id: issue.options[int(digit)].id for issue, digit in pairs}

    def number(self, package: Mapping[str, str]) -> int:
        """The number of a package. Raises BadInput if it is incomplete or excluded."""
        self.agenda.require_known(package.items())
        raw = 0
        for issue in self.agenda.issues:
            if issue.id not in package:
                raise BadInput(
                    said("The package has no option for the issue {issue}.", issue=quoted(issue.id))
                )
            raw = raw * len(issue.options) + issue.index(package[issue.id])
        if self.raw is None:
            return raw
        number = int(np.searchsorted(self.raw, np.uint32(raw)))
        if number == self.count or self.raw[number] != raw:
            raise BadInput(said("The agenda excludes this package."))
        return number

    def options(self, start: int, stop: int) -> NDArray[np.uint8]:
        """The option index of each issue in packages start to stop - 1: (stop - start, issues)."""
        raw = self._raw(start, stop)
        indices = np.empty((len(raw), len(self._shape)), np.uint8)
        for column in range(len(self._shape) - 1, -1, -1):
            raw, indices[:, column] = np.divmod(raw, np.uint32(self._shape[column]))
        return indices

    def held(self, issue_index: int) -> NDArray[np.uint8]:
        """The option index of that issue in every package: (count,)."""
        base = np.uint32(math.prod(self._shape[issue_index + 1 :]))
        of_issue = self._raw(0, self.count) // base % np.uint32(self._shape[issue_index])
        return of_issue.astype(np.uint8)

    def containing(self, combination: Combination) -> NDArray[np.bool_]:
        """Which packages hold all of `combination`: (count,). All, if it is empty.

        Raises BadInput if it names what is not on the agenda.
        """
        selector = _selector(self.agenda, combination)
        if self.raw is None:
            return _marked(self._shape, selector).reshape(-1)
        high = _marked(self._shape[: self._split], selector[: self._split]).reshape(-1)
        low = _marked(self._shape[self._split :], selector[self._split :]).reshape(-1)
        held = np.empty(self.count, np.bool_)
        for block, above, below in self._halves():
            np.logical_and(high[above], low[below], out=held[block])
        return held

    def crossing(self, pairs: Sequence[tuple[Combination, Combination]]) -> NDArray[np.bool_]:
        """Which packages hold all of the first of some pair but not all of its second: (count,).

        A pair is a red line, (never, unless); an empty second is held by none. Raises BadInput if
        one names what is not on the agenda.
        """
        crossed = np.zeros(self.count, np.bool_)
        for start in range(0, len(pairs), 64):
            group = pairs[start : start + 64]
            never = self._bits([first for first, _ in group])
            unless = self._bits([second if second else None for _, second in group])
            for block, above, below in self._halves():
                bits = never[0][above] & never[1][below]
                bits &= ~(unless[0][above] & unless[1][below])
                crossed[block] |= bits != 0
        return crossed

    def totals(self, values: Sequence[NDArray[Whole]]) -> NDArray[Whole]:
        """The sum over the issues of the value of the option held: (count,), of their dtype.

        `values` has one array for each issue, with one value for each option. The caller sees to it
        that the sums fit.
        """
        dtype = values[0].dtype
        high, low = _sums(values[: self._split], dtype), _sums(values[self._split :], dtype)
        if self.raw is None:
            return np.add.outer(high, low).reshape(-1)
        sums = np.empty(self.count, dtype)
        for block, above, below in self._halves():
            np.add(high[above], low[below], out=sums[block])
        return sums

    def _bits(
        self, combinations: Sequence[Combination | None]
    ) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
        """For each half of the issues: bit j is set where it agrees with combination j."""
        halves = slice(None, self._split), slice(self._split, None)
        tables = tuple(np.zeros(self._shape[half], np.uint64) for half in halves)
        for bit, combination in enumerate(combinations):
            if combination is not None:
                selector = _selector(self.agenda, combination)
                for table, half in zip(tables, halves, strict=True):
                    table[selector[half]] |= np.uint64(1 << bit)
        return tables[0].reshape(-1), tables[1].reshape(-1)

    def _raw(self, start: int, stop: int) -> NDArray[np.uint32]:
        if not 0 <= start <= stop <= self.count:
            raise IndexError(f"there are {self.count} packages, not {start} to {stop}")
        return np.arange(start, stop, dtype=np.uint32) if self.raw is None else self.raw[start:stop]

    def _halves(self) -> Iterator[tuple[slice, NDArray[np.intp], NDArray[np.intp]]]:
        """Blocks of packages, each raw number split into its leading and its trailing digits."""
        base = np.uint32(math.prod(self._shape[self._split :]))
        for start in range(0, self.count, _BLOCK):
            block = slice(start, min(start + _BLOCK, self.count))
            raw = self._raw(block.start, block.stop)
            above = raw // base
            below = raw - above * base
            # Indexing by intp is several times faster than by uint32.
            yield block, above.astype(np.intp), below.astype(np.intp)


def enumerate_packages(agenda: Agenda, *, limit: int = PACKAGE_LIMIT) -> Packages:
    """The packages of an agenda.

    Raises BadInput when more than `limit` are allowed, more than RAW_LIMIT would be without the
    exclusions, or none is left.
    """
    shape = _shape(agenda)
    total = math.prod(shape)
    if not agenda.exclude:
        _require_few(total, limit)
        return Packages(agenda, None)
    if total > RAW_LIMIT:
        what = said(
            "The agenda has {count} packages before exclusions, too many to look through.",
            count=total,
        )
        raise BadInput(what, advice=_FEWER)
    allowed = np.ones(shape, np.bool_)
    for combination in agenda.exclude:
        allowed[_selector(agenda, combination)] = False
    count = int(np.count_nonzero(allowed))
    _require_few(count, limit)
    if count == 0:
        advice = said("Take out an [[exclude]] that leaves nothing.")
        raise BadInput(said("The exclusions of the agenda leave no package at all."), advice=advice)
    return Packages(agenda, np.flatnonzero(allowed).astype(np.uint32))


def _require_few(count: int, limit: int) -> None:
    if count > limit:
        what = said(
            "The agenda has {count} packages; {limit} can be listed.", count=count, limit=limit
        )
        raise BadInput(what, advice=_FEWER)


def _shape(agenda: Agenda) -> tuple[int, ...]:
    return tuple(len(issue.options) for issue in agenda.issues)


def _split(shape: tuple[int, ...]) -> int:
    """Where to cut the issues in two so that neither half has many combinations."""

    def larger(cut: int) -> int:
        return max(math.prod(shape[:cut]), math.prod(shape[cut:]))

    return min(range(len(shape) + 1), key=larger)


def _selector(agenda: Agenda, combination: Combination) -> tuple[int | slice, ...]:
    """An index into an array of one axis an issue, taking all that holds `combination`."""
    agenda.require_known(combination)
    chosen = dict(combination)
    return tuple(
        issue.index(chosen[issue.id]) if issue.id in chosen else slice(None)
        for issue in agenda.issues
    )


def _marked(shape: tuple[int, ...], selector: tuple[int | slice, ...]) -> NDArray[np.bool_]:
    marked = np.zeros(shape, np.bool_)
    marked[selector] = True
    return marked


def _sums(values: Sequence[NDArray[Whole]], dtype: np.dtype[Whole]) -> NDArray[Whole]:
    """The sums of one value from each array, the last array varying fastest."""
    sums = np.zeros(1, dtype)
    for of in values:
        sums = np.add.outer(sums, of).reshape(-1)
    return sums

"""What a garbler or an evaluator hashes, noted as it goes: which labels, under which tweak and key.

def test_...(monkeypatch):
    hashings = watch(monkeypatch)
"""

from __future__ import annotations

from collections import defaultdict
from typing import ClassVar

import pytest

from tracktwo.mpc import garbling
from tracktwo.mpc.blocks import Blocks, bytes_of
from tracktwo.mpc.cipher import Permutation


def watch(monkeypatch: pytest.MonkeyPatch) -> list[Watched]:
    """Every hashing that is begun from now on: one for each section, garbled or evaluated."""
    everyone: list[Watched] = []
    monkeypatch.setattr(Watched, "everyone", everyone)
    monkeypatch.setattr(garbling, "Permutation", Watched)
    return everyone


class Watched(Permutation):
    """Notes which labels are hashed under which tweak.

    H(x, i) = pi(pi(x) ^ i) ^ pi(x): every second call's input is the first's output and the tweak.
    """

    everyone: ClassVar[list[Watched]] = []

    def __init__(self, key: bytes) -> None:
        super().__init__(key)
        self.key = key
        self.labels: defaultdict[int, list[int]] = defaultdict(list)
        """Tweak -> what was hashed under it."""
        self._first: tuple[Blocks, Blocks] | None = None
        self.everyone.append(self)

    def apply(self, source: Blocks, out: Blocks) -> None:
        before = source.copy()
        super().apply(source, out)
        if self._first is None:
            self._first = before, out[: len(source)].copy()
            return
        labels, middle = self._first
        self._first = None
        for tweak, label in zip(numbers_of(before ^ middle), numbers_of(labels), strict=True):
            self.labels[tweak].append(label)


def numbers_of(blocks: Blocks) -> list[int]:
    data = bytes_of(blocks)
    return [int.from_bytes(data[i : i + 16], "little") for i in range(0, len(data), 16)]


def wire_pairs(hashing: Watched) -> set[int]:
    """The offsets between the two labels of a wire: what tweaks that hashed two labels show.

    Of a wire that products are chosen by, the garbler hashes one label, that of 0.
    """
    assert all(1 <= len(labels) <= 2 for labels in hashing.labels.values())
    pairs = [labels for labels in hashing.labels.values() if len(labels) == 2]
    return {first ^ second for first, second in pairs}

"""Garbling: the clear circuit's answer on labels, the tables' bytes, and what must never happen."""

from __future__ import annotations

import functools
import operator

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given, settings
from hypothesis import strategies as st

from circuits import KINDS, LANES, RandomCircuit, Step, bits_for, circuits
from effort import examples
from one_run import LINEAR, Circuit, Run, clear, garbled, offset, tally
from sample_program import Sample
from tracktwo.mpc import garbling
from tracktwo.mpc.blocks import Bits, Blocks, blocks_of, bytes_of, colours
from tracktwo.mpc.cipher import Stream
from tracktwo.mpc.garbling import CHUNK, Evaluator, Garbler, Table
from tracktwo.mpc.gates import Gates, Wires
from two_parties import Conversation, party, random_inputs
from watching import Watched, numbers_of, watch, wire_pairs

NUMBERS = st.integers(0, 99)
EVERY_KIND = tuple(Step(kind, place, place + 1) for place, kind in enumerate(KINDS))


# The same circuit everywhere


@given(circuits(), NUMBERS)
@settings(max_examples=examples(150))
def test_a_garbled_circuit_gives_what_the_circuit_gives_in_the_clear(
    circuit: RandomCircuit, number: int
) -> None:
    own, other = bits_for(circuit, number)
    run = garbled(circuit, own, other, seed=number)
    assert np.array_equal(run.bits, clear(circuit, own, other))


@pytest.mark.parametrize("lanes", [lanes for lanes in LANES if lanes % 8 == 0])
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_all_operations_together_agree_with_the_clear(rows: int, lanes: int) -> None:
    circuit = RandomCircuit(rows, lanes, EVERY_KIND + EVERY_KIND, 5)
    own, other = bits_for(circuit, lanes)
    assert np.array_equal(garbled(circuit, own, other).bits, clear(circuit, own, other))


@pytest.mark.parametrize(
    "kind", ["both", "both over one row", "both_own", "both_read", "both_seen", "products"]
)
@pytest.mark.parametrize("lanes", [1, 127, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 1])
def test_a_gate_is_right_on_both_sides_of_the_edge_of_a_chunk(kind: str, lanes: int) -> None:
    circuit = RandomCircuit(2, lanes, (Step(kind, 0, 0), Step(kind, 1, 0)), 0)
    own, other = bits_for(circuit, lanes)
    assert np.array_equal(garbled(circuit, own, other).bits, clear(circuit, own, other))


@given(circuits(), NUMBERS)
def test_a_table_is_exactly_as_long_as_counted(circuit: RandomCircuit, number: int) -> None:
    own, other = bits_for(circuit, number)
    table = Table(tally(circuit, own, other).ciphertexts + 1)
    room = table.begin(tally(circuit, own, other).ciphertexts + 1)
    room[:] = b"\xaa" * len(room)
    random = np.random.default_rng(number)
    seen = random.integers(0, 1 << 64, (*other.shape, 2), np.uint64) & garbling._NO_COLOUR
    circuit(Garbler(offset(random), bytes(16), Stream(bytes(16)), LINEAR, table), own, seen)
    spare = table.take(1)
    assert bytes_of(spare) == b"\xaa" * 16, "the garbler wrote beyond what was counted"
    assert np.shares_memory(spare, table.blocks[-1:]), "the garbler took less than was counted"


def test_a_table_gives_its_room_again_to_the_next_section() -> None:
    table = Table(4)
    table.begin(4)[:] = bytes(range(64))
    assert bytes_of(table.take(3)) == bytes(range(48))
    assert len(table.begin(2)) == 32
    assert bytes_of(table.take(2)) == bytes(range(32))


# Labels


@given(circuits(LANES[:4]), NUMBERS)
def test_labels_of_zero_and_one_differ_by_the_offset_in_colour_too(
    circuit: RandomCircuit, number: int
) -> None:
    run = garbled(circuit, *bits_for(circuit, number), seed=number)
    assert not np.any(colours(run.zeros) == colours(run.ones))
    differ = run.held ^ run.zeros
    assert np.all(np.all(differ == 0, axis=-1) | np.all(differ == run.delta, axis=-1))


def seen_only(gates: Gates, own: Bits | None, seen: Wires) -> Wires:
    """Everything that can be made from wires the evaluator reads, staying so."""
    first = gates.both_seen(seen[:1], seen[1:])
    second = gates.both_seen(first ^ seen[:1] ^ gates.one, seen[1:] ^ gates.one)
    return np.concatenate([seen, first, second, gates.zeros(1, seen.shape[1]) ^ gates.one])


@pytest.mark.parametrize("lanes", [1, 128, CHUNK + 1])
def test_the_colour_of_a_seen_wire_is_its_value(lanes: int) -> None:
    random = np.random.default_rng(lanes)
    own, other = random.integers(0, 2, (2, 2, lanes), np.uint8)
    run = garbled(seen_only, own, other)
    assert np.array_equal(colours(run.held), clear(seen_only, own, other))
    assert not colours(run.zeros).any()


def test_the_evaluators_labels_for_the_garblers_bits_do_not_depend_on_them() -> None:
    def entered(gates: Gates, own: Bits | None, seen: Wires) -> Wires:
        return gates.enter(own, *seen.shape[:2])

    other = np.zeros((2, 8), np.uint8)
    runs = [garbled(entered, np.full((2, 8), bit, np.uint8), other) for bit in (0, 1)]
    assert np.array_equal(runs[0].held, runs[1].held)
    assert np.array_equal(runs[0].zeros, runs[1].ones)


# The bytes of a table, from the papers


def encrypted(key: bytes, block: int) -> int:
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
    return int.from_bytes(cipher.update(block.to_bytes(16, "little")), "little")


def hashed(key: bytes, label: int, tweak: int) -> int:
    """TMMO of one label."""
    once = encrypted(key, label)
    return encrypted(key, once ^ tweak) ^ once


class SlowGarbler:
    """Half gates one at a time in Python integers (Zahur, Rosulek, Evans 2015, figure 2)."""

    def __init__(self, key: bytes, delta: int) -> None:
        self.key, self.delta, self.tweak = key, delta, 0

    def both(self, lefts: list[int], rights: list[int]) -> tuple[list[int], list[int]]:
        """The table of a chunk and the zero labels of its results."""
        of_garbler, of_evaluator, zeros = [], [], []
        for gate, (a, b) in enumerate(zip(lefts, rights, strict=True)):
            j, k = self.tweak + gate, self.tweak + len(lefts) + gate
            a0, a1 = hashed(self.key, a, j), hashed(self.key, a ^ self.delta, j)
            b0, b1 = hashed(self.key, b, k), hashed(self.key, b ^ self.delta, k)
            first = a0 ^ a1 ^ (self.delta if b & 1 else 0)
            second = b0 ^ b1 ^ a
            of_garbler.append(first)
            of_evaluator.append(second)
            zeros.append(a0 ^ (first if a & 1 else 0) ^ b0 ^ (second ^ a if b & 1 else 0))
        self.tweak += 2 * len(lefts)
        return of_garbler + of_evaluator, zeros

    def both_own(self, own: list[int], rights: list[int]) -> tuple[list[int], list[int]]:
        """The garbler's half gate: it knows the left bit."""
        table, zeros = [], []
        for gate, (bit, b) in enumerate(zip(own, rights, strict=True)):
            b0, b1 = (hashed(self.key, x, self.tweak + gate) for x in (b, b ^ self.delta))
            table.append(b0 ^ b1 ^ (self.delta if bit else 0))
            zeros.append(b0 ^ (table[-1] if b & 1 else 0))
        self.tweak += len(rights)
        return table, zeros

    def both_read(self, lefts: list[int], rights: list[int]) -> tuple[list[int], list[int]]:
        """The evaluator's half gate: it knows the left bit, which is the colour."""
        table, zeros = [], []
        for gate, (a, b) in enumerate(zip(lefts, rights, strict=True)):
            a0, a1 = (hashed(self.key, x, self.tweak + gate) for x in (a, a ^ self.delta))
            table.append(a0 ^ a1 ^ b)
            zeros.append(a0)
        self.tweak += len(lefts)
        return table, zeros

    def both_seen(self, lefts: list[int], rights: list[int]) -> tuple[list[int], list[int]]:
        """The same, with a result whose colour is its value."""
        table, zeros = self.both_read(lefts, rights)
        return table, [zero & ~1 for zero in zeros]

    def products(self, choices: list[int], wires: list[int]) -> tuple[list[int], list[int]]:
        """One-hot garbling (Heath, Kolesnikov 2021): the products' zero labels are the streams."""
        seeds = [hashed(self.key, a, self.tweak + at) for at, a in enumerate(choices)]
        start = (int.from_bytes(self.key[:8], "big") ^ self.tweak) << 64
        self.tweak += len(choices)
        streams = [
            [encrypted_counter(seed.to_bytes(16, "little"), start + at) for at in range(len(wires))]
            for seed in seeds
        ]
        table = [
            functools.reduce(operator.xor, of, wire)
            for *of, wire in zip(*streams, wires, strict=True)
        ]
        return table, [block for stream in streams for block in stream]


def encrypted_counter(key: bytes, counter: int) -> int:
    """A block of the stream: AES of the counter, the first byte the highest."""
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
    return int.from_bytes(cipher.update(counter.to_bytes(16, "big")), "little")


def test_a_garbler_writes_the_half_gates_of_the_papers_bit_for_bit() -> None:
    random = np.random.default_rng(8)
    delta, key = offset(random), random.bytes(16)
    x, y = random.integers(0, 1 << 64, (2, 1, 5, 2), np.uint64)
    own = random.integers(0, 2, (1, 5), np.uint8)
    seen = random.integers(0, 1 << 64, (2, 1, 5, 2), np.uint64) & garbling._NO_COLOUR
    table = Table(100)
    room = table.begin(35)
    gates = Garbler(delta, key, Stream(bytes(16)), LINEAR, table)
    results = [
        gates.both(x, y),
        gates.both_own(own, x),
        gates.both_seen(*seen),
        gates.both_read(seen[0], x),
        gates.products(seen[0].reshape(5, 1, 2), y),
    ]
    slow = SlowGarbler(key, numbers_of(delta)[0])
    expected = [
        slow.both(numbers_of(x), numbers_of(y)),
        slow.both_own(own[0].tolist(), numbers_of(x)),
        slow.both_seen(numbers_of(seen[0]), numbers_of(seen[1])),
        slow.both_read(numbers_of(seen[0]), numbers_of(x)),
        slow.products(numbers_of(seen[0]), numbers_of(y)),
    ]
    written = numbers_of(blocks_of(room)[:30])
    assert written == [block for part, _ in expected for block in part]
    assert [numbers_of(result) for result in results] == [zeros for _, zeros in expected]


# What must never happen


@given(circuits(LANES[:6]), st.integers(0, 2**32 - 1), st.sampled_from((0, 255, None)))
def test_an_evaluator_never_fails_whatever_the_table_and_the_labels_hold(
    circuit: RandomCircuit, seed: int, filling: int | None
) -> None:
    own, other = bits_for(circuit, 0)
    size = tally(circuit, own, other).ciphertexts
    random = np.random.default_rng(seed)
    table = Table(size)
    table.begin(size)[:] = (
        random.bytes(16 * size) if filling is None else bytes([filling]) * 16 * size
    )
    labels = random.integers(0, 1 << 64, (*other.shape, 2), np.uint64)
    held = circuit(Evaluator(random.bytes(16), Stream(bytes(16)), LINEAR, table), None, labels)
    assert held.shape == (*clear(circuit, own, other).shape, 2)


@pytest.mark.parametrize("gate", ["both", "both_own", "both_read", "both_seen"])
def test_one_wrong_bit_in_a_table_spoils_only_labels_of_one_colour(gate: str) -> None:
    """The selective failure a cheating garbler can cause, which ends in the equality test."""

    def circuit(gates: Gates, own: Bits | None, seen: Wires) -> Wires:
        if gate == "both_own":
            return gates.both_own(own, seen[:1])
        return getattr(gates, gate)(seen[:1], seen[1:])

    def hits(bit: int) -> int:
        other = np.full((2, 1), bit, np.uint8)
        spoilt = _evaluated_with_a_flip(circuit, np.ones((1, 1), np.uint8), other)
        return int(np.any(spoilt.held != spoilt.zeros) and np.any(spoilt.held != spoilt.ones))

    assert [hits(0), hits(1)] == [0, 1]


def _evaluated_with_a_flip(circuit: Circuit, own: Bits, other: Bits) -> Run:
    """A run whose table has bit 7 of its first byte wrong on the way."""

    class Flipping(Table):
        made = 0

        def __init__(self, largest: int) -> None:
            super().__init__(largest)
            Flipping.made += 1
            self._read = Flipping.made == 2  # the garbler's table is made first

        def take(self, count: int) -> Blocks:
            taken = super().take(count)
            if self._read:
                taken[0, 0] ^= np.uint64(128)
                self._read = False
            return taken

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("one_run.Table", Flipping)
        return garbled(circuit, own, other)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> list[Watched]:
    return watch(monkeypatch)


def test_within_a_run_every_tweak_hashes_the_two_labels_of_one_wire(watched: list[Watched]) -> None:
    circuit = RandomCircuit(2, CHUNK + 8, EVERY_KIND + EVERY_KIND, 5)
    run = garbled(circuit, *bits_for(circuit, 1))
    garbler, evaluator = watched
    assert wire_pairs(garbler) == {numbers_of(run.delta)[0]}
    assert all(len(labels) == 1 for labels in evaluator.labels.values())
    assert garbler.labels.keys() == evaluator.labels.keys()
    delta = numbers_of(run.delta)[0]
    for tweak, (label,) in evaluator.labels.items():
        of_garbler = garbler.labels[tweak]
        assert label in (of_garbler[0], of_garbler[0] ^ delta)
    products = sum(step.kind == "products" for step in circuit.steps)
    assert [len(labels) for labels in garbler.labels.values()].count(1) == 2 * products


def test_in_a_whole_conversation_no_tweak_is_used_again_under_its_key(
    watched: list[Watched],
) -> None:
    program = Sample()
    talk = Conversation.between(
        party(program, random_inputs(program, 1), 0), party(program, random_inputs(program, 2), 1)
    )
    assert len(talk.outcomes) == 2
    garblers = [hashing for hashing in watched if len(hashing.labels[0]) == 2]
    evaluators = [hashing for hashing in watched if len(hashing.labels[0]) == 1]
    keys = {hashing.key for hashing in garblers}
    assert len(keys) == len(garblers) == len(evaluators) == 4  # two sections, both directions
    assert keys == {hashing.key for hashing in evaluators}
    offsets = [wire_pairs(hashing) for hashing in garblers]
    assert all(len(of_section) == 1 for of_section in offsets)
    assert len(set.union(*offsets)) == 2  # a side's own in both of its sections
    for hashing in evaluators:
        assert all(len(labels) == 1 for labels in hashing.labels.values())


def test_secrets_do_not_show_in_a_garbler_or_an_evaluator() -> None:
    table = Table(1)
    garbler = Garbler(offset(np.random.default_rng(1)), bytes(16), Stream(bytes(16)), LINEAR, table)
    evaluator = Evaluator(bytes(16), Stream(bytes(16)), LINEAR, table)
    assert f"{garbler} {garbler!r}" == "Garbler(<secret>) Garbler(<secret>)"
    assert f"{evaluator} {evaluator!r}" == "Evaluator(<secret>) Evaluator(<secret>)"


def test_a_garbler_without_its_own_bits_is_refused() -> None:
    table = Table(1)
    gates = Garbler(offset(np.random.default_rng(1)), bytes(16), Stream(bytes(16)), LINEAR, table)
    with pytest.raises(TypeError):
        gates.enter(None, 1, 1)
    with pytest.raises(TypeError):
        gates.both_own(None, gates.zeros(1, 1))

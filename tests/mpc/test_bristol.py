"""Circuits others wrote: AES-128 and SHA-256, in the clear and garbled; and texts that are none.

The bit order of these files, found by trying them against the standards: a value of n bits is one
big-endian number, and its first wire is the lowest bit. So wire 0 of a value is the lowest bit of
its last byte. AES-128 takes the key, then the plaintext; SHA-256 a block, then the hash value it
starts from. docs/vectors.md says it too.
"""

from __future__ import annotations

import functools
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import example, given, settings
from hypothesis import strategies as st

from effort import examples
from one_run import clear, garbled
from tracktwo.errors import BadInput
from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.bristol import Circuit, read_circuit
from tracktwo.mpc.gates import Clear, Gates, Wires
from two_parties import Conversation, Given, OneSection, party

VECTORS = Path(__file__).parents[1] / "vectors"
AES = json.loads((VECTORS / "aes.json").read_text())["blocks"]
SHA = json.loads((VECTORS / "sha256.json").read_text())
SHARED = Path(__file__).parents[2].parent / "shared" / "vectors" / "bristol"


@functools.cache
def circuit(name: str) -> Circuit:
    file = SHARED / name
    if not file.exists():
        pytest.skip(f"the circuits others wrote are not beside this repository: no {name}")
    return read_circuit(file.read_text(), name)


def source(vector: dict[str, str]) -> str:
    return vector["source"]


def bits_of(value: bytes) -> Bits:
    """The wires of a value: the lowest bit of its last byte first."""
    return np.unpackbits(np.frombuffer(value, np.uint8)[::-1], bitorder="little")


def bytes_of(bits: Bits) -> bytes:
    return np.packbits(bits, bitorder="little")[::-1].tobytes()


def run_in_clear(circuit: Circuit, *values: bytes) -> bytes:
    wires = np.concatenate([bits_of(value) for value in values]).reshape(-1, 1, 1)
    return bytes_of(circuit.run(Clear(bytes(16)), wires).reshape(-1))


def padded(message: bytes) -> bytes:
    """The only block of a message of under 56 bytes (FIPS 180-4, section 5.1.1)."""
    block = message + b"\x80"
    return block.ljust(56, b"\0") + (8 * len(message)).to_bytes(8, "big")


INITIAL = bytes.fromhex(SHA["initial"]["value"])


# In the clear


def test_the_circuits_are_as_large_as_their_files_say() -> None:
    aes, sha = circuit("aes_128.txt"), circuit("sha256.txt")
    assert (aes.inputs, aes.outputs, ands(aes)) == ((128, 128), (128,), 6400)
    assert (sha.inputs, sha.outputs, ands(sha)) == ((512, 256), (256,), 22573)


def ands(circuit: Circuit) -> int:
    return sum(len(level.out) for level in circuit.levels if level.kind == "AND")


@pytest.mark.parametrize("vector", [v for v in AES if len(v["plaintext"]) == 32], ids=source)
def test_in_the_clear_the_aes_circuit_gives_the_published_answers(vector: dict[str, str]) -> None:
    key, plaintext = bytes.fromhex(vector["key"]), bytes.fromhex(vector["plaintext"])
    assert run_in_clear(circuit("aes_128.txt"), key, plaintext).hex() == vector["ciphertext"]


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=16, max_size=16))
@settings(max_examples=10)
def test_in_the_clear_the_aes_circuit_is_aes(key: bytes, plaintext: bytes) -> None:
    cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
    assert run_in_clear(circuit("aes_128.txt"), key, plaintext) == cipher.update(plaintext)


@pytest.mark.parametrize("vector", SHA["messages"], ids=source)
def test_in_the_clear_the_sha_circuit_gives_the_published_answers(vector: dict[str, str]) -> None:
    block = padded(bytes.fromhex(vector["message"]))
    assert run_in_clear(circuit("sha256.txt"), block, INITIAL).hex() == vector["digest"]


def test_blocks_of_a_longer_message_chain() -> None:
    message = bytes(range(100))
    tail = message[64:] + b"\x80" + bytes(19) + (800).to_bytes(8, "big")
    first = run_in_clear(circuit("sha256.txt"), message[:64], INITIAL)
    last = run_in_clear(circuit("sha256.txt"), tail, first)
    assert last == hashlib.sha256(message).digest()


# Garbled, between two parties: each holds one share of the input, of which the other knows nothing


def shared_input(circuit: Circuit, name: str, public: Bits) -> OneSection:
    """The circuit on the XOR of both sides' bits, and then on public bits."""
    private = circuit.inputs[0] if len(public) else sum(circuit.inputs)

    def run(gates: Gates, own: Bits | None, seen: Wires) -> Wires:
        rows = private // 128
        shared = (gates.enter(own, rows, 128) ^ seen).reshape(private, 1, -1)
        constants = gates.zeros(len(public), 1)
        constants[public == 1] ^= gates.one
        return circuit.run(gates, np.concatenate([shared, constants]))

    return OneSection(name, (private // 128, 128), sum(circuit.outputs), run)


def between_two(program: OneSection, value: Bits) -> bytes:
    """The value split in two, one part to each party; the answer both give."""
    share = np.random.default_rng(1).integers(0, 2, len(value), np.uint8)
    inputs = [Given([part.reshape(program.shape)]) for part in (share, share ^ value)]
    talk = Conversation.between(party(program, inputs[0], 0), party(program, inputs[1], 1))
    first, second = talk.outcomes
    assert first == second
    return bytes_of(np.array(first.bits, np.uint8))


@pytest.mark.parametrize("vector", [v for v in AES if len(v["plaintext"]) == 32], ids=source)
def test_two_parties_with_a_shared_key_encrypt_as_fips_197_does(vector: dict[str, str]) -> None:
    program = shared_input(circuit("aes_128.txt"), "aes", np.zeros(0, np.uint8))
    value = [bits_of(bytes.fromhex(vector[name])) for name in ("key", "plaintext")]
    assert between_two(program, np.concatenate(value)).hex() == vector["ciphertext"]


@pytest.mark.parametrize("vector", SHA["messages"], ids=source)
def test_two_parties_with_a_shared_message_hash_as_fips_180_4_does(vector: dict[str, str]) -> None:
    program = shared_input(circuit("sha256.txt"), "sha", bits_of(INITIAL))
    block = padded(bytes.fromhex(vector["message"]))
    assert between_two(program, bits_of(block)).hex() == vector["digest"]


# Reading

ADDER = """3 5
2 1 1
1 2

2 1 0 1 4 AND
1 1 0 2 INV
2 1 0 1 3 XOR
"""


def test_a_small_circuit_is_read_and_runs_in_every_lane() -> None:
    adder = read_circuit(ADDER, "adder")
    assert (adder.wires, adder.inputs, adder.outputs) == (5, (1, 1), (2,))
    lanes = np.array([[0, 0, 1, 1], [0, 1, 0, 1]], np.uint8)[..., None]
    assert adder.run(Clear(bytes(16)), lanes)[..., 0].tolist() == [[0, 1, 1, 0], [0, 0, 0, 1]]


def test_gates_may_wait_for_each_other_through_many_levels() -> None:
    text = "4 6\n1 2\n1 1\n\n2 1 0 1 2 AND\n1 1 2 3 INV\n2 1 3 0 4 XOR\n2 1 4 2 5 AND\n"
    chain = read_circuit(text, "chain")
    assert [level.kind for level in chain.levels] == ["AND", "INV", "XOR", "AND"]
    for a, b in np.ndindex(2, 2):
        both = a & b
        expected = ((1 - both) ^ a) & both
        wires = np.array([a, b], np.uint8).reshape(2, 1, 1)
        assert chain.run(Clear(bytes(16)), wires).item() == expected


def test_levels_are_garbled_like_any_gates() -> None:
    adder = read_circuit(ADDER, "adder")

    def run(gates: Gates, own: Bits | None, seen: Wires) -> Wires:
        return adder.run(gates, np.concatenate([gates.enter(own, 1, seen.shape[1]), seen]))

    own, other = np.random.default_rng(2).integers(0, 2, (2, 1, 500), np.uint8)
    assert np.array_equal(garbled(run, own, other).bits, clear(run, own, other))


def test_blank_lines_and_spaces_do_not_matter() -> None:
    spaced = "\n\n" + ADDER.replace("\n", "  \n\n").replace(" ", "\t ")
    small, same = read_circuit(ADDER, "adder"), read_circuit(spaced, "adder")
    assert [level.out.tolist() for level in small.levels] == [
        level.out.tolist() for level in same.levels
    ]


BAD = {
    "nothing": ("", None),
    "two lines": ("1 3\n2 1 1\n", None),
    "letters for numbers": (ADDER.replace("3 5", "x 5", 1), 1),
    "a negative number": (ADDER.replace("0 1 4", "0 -1 4"), 5),
    "a number in other digits": (ADDER.replace("3 5", "٣ 5", 1), 1),
    "one number too many": (ADDER.replace("3 5", "3 5 7", 1), 1),
    "a width too few": (ADDER.replace("2 1 1\n1 2", "2 1\n1 2", 1), 2),
    "a width too many": (ADDER.replace("2 1 1\n1 2", "2 1 1\n1 1 1", 1), 3),
    "fewer gates than said": (ADDER.replace("3 5", "4 5", 1), None),
    "more gates than said": (ADDER.replace("3 5", "2 5", 1), None),
    "too many wires": (ADDER.replace("3 5", "3 10000001", 1), 1),
    "more values than wires": (ADDER.replace("2 1 1", "2 9 9", 1), 1),
    "a gate of another format": (ADDER.replace("INV", "EQW"), 6),
    "an empty gate": (ADDER.replace("1 1 0 2 INV", "INV"), 6),
    "a wire too few": (ADDER.replace("2 1 0 1 4 AND", "2 1 0 4 AND"), 5),
    "a gate of two outputs": (ADDER.replace("2 1 0 1 4 AND", "2 2 0 1 4 AND"), 5),
    "a wire out of range": (ADDER.replace("2 1 0 1 4", "2 1 0 1 5"), 5),
    "an input set by a gate": (ADDER.replace("1 1 0 2 INV", "1 1 0 1 INV"), 6),
    "a wire set twice": (ADDER.replace("1 1 0 2 INV", "1 1 0 4 INV"), 6),
    "a wire used before it is set": (ADDER.replace("2 1 0 1 4", "2 1 0 3 4"), 5),
    "a gate that feeds itself": (ADDER.replace("2 1 0 1 4", "2 1 0 4 4"), 5),
    "an output that nothing sets": (ADDER.replace("3 5", "3 6", 1), None),
    "a number of five thousand digits": (ADDER.replace("3 5", "3 " + "9" * 5000, 1), 1),
    "a wire of five thousand digits": (ADDER.replace("0 1 4", "0 1 " + "9" * 5000), 5),
}


@pytest.mark.parametrize(("text", "line"), BAD.values(), ids=BAD.keys())
def test_a_text_that_is_no_circuit_is_refused_in_words_with_its_line(
    text: str, line: int | None
) -> None:
    with pytest.raises(BadInput) as caught:
        read_circuit(text, "some-circuit.txt")
    assert caught.value.where == "some-circuit.txt"
    assert caught.value.line == line
    assert len(str(caught.value)) < 200


TOKENS = st.sampled_from(
    [
        "0",
        "1",
        "2",
        "3",
        "4",
        "5",
        "99999999999",
        "-1",
        "AND",
        "XOR",
        "INV",
        "EQ",
        "\n",
        "",
        "½",
        "x",
    ]
)


@given(st.lists(st.tuples(st.integers(0, 40), TOKENS), min_size=1, max_size=4))
@example([(1, "9" * 5000)])
@settings(max_examples=examples(300))
def test_a_circuit_with_words_changed_is_read_or_refused_and_nothing_else(
    changes: list[tuple[int, str]],
) -> None:
    words = ADDER.replace("\n", " \n ").split(" ")
    for place, word in changes:
        words[place % len(words)] = word
    assert_read_or_refused(" ".join(words))


@given(st.text(alphabet="0123456789 \nANDXORIV-", max_size=80) | st.text(max_size=40))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    assert_read_or_refused(text)
    assert_read_or_refused("3 5\n2 1 1\n1 2\n" + text)


def assert_read_or_refused(text: str) -> None:
    try:
        made = read_circuit(text, "text")
    except BadInput:
        return
    if made.wires < 1000:
        wires = np.ones((sum(made.inputs), 1, 1), np.uint8)
        outputs = made.run(Clear(bytes(16)), wires)
        assert outputs.shape == (sum(made.outputs), 1, 1)

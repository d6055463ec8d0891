"""Puncturable trees: the sender knows 16 seeds of each of 32 trees, the receiver all but one.

The all-but-one transfer that SoftSpokenOT needs, from base transfers: a GGM tree of depth 4 (Boyle
et al. 2019), with the check of Roy 2022 ("SoftSpokenOT", section 5, malicious PPRF), by which a
sender that lies learns at most bits of the punctured place it risked guessing.

The receiver's four bits of `delta` for a tree are the leaf it lacks. It works in the coordinate
y = x ^ delta, where the missing leaf is always number 0, so that no memory access depends on delta.

    the sender's message, for each of 32 trees
    | level 2: left 16, right 16 | level 3: 32 | level 4: 32 | proofs: sum 32 | hash 32 |
"""

from __future__ import annotations

import hmac

import numpy as np

from tracktwo.errors import PeerFault
from tracktwo.mpc.blocks import Bits, Blocks, blocks_of, bytes_of, spread
from tracktwo.mpc.cipher import derive

TREES = 32
DEPTH = 4
LEAVES = 1 << DEPTH
MESSAGE_BYTES = TREES * ((DEPTH - 1) * 32 + 64)

Seeds = list[list[bytes]]  # [tree][leaf], 16 bytes each


def grow(context: bytes, keys: list[tuple[bytes, bytes]]) -> tuple[Seeds, bytes]:
    """The sender's seeds, [tree][x], and its message; `keys` are the base transfers' pairs."""
    seeds: Seeds = []
    message = b""
    for tree in range(TREES):
        pairs = keys[DEPTH * tree : DEPTH * tree + DEPTH]
        nodes = np.stack([blocks_of(key)[0] for key in pairs[0]])
        for level in range(1, DEPTH):
            children = _children(context, tree, level, nodes)
            masks = np.stack([blocks_of(key)[0] for key in pairs[level]])
            message += bytes_of(np.bitwise_xor.reduce(children, axis=0) ^ masks)
            nodes = children.reshape(-1, 2)
        leaves = [bytes_of(node) for node in nodes]
        proofs = _proofs(context, tree, leaves)
        message += bytes_of(np.bitwise_xor.reduce(proofs, axis=0))
        message += derive("tree check", context, tree, bytes_of(proofs))
        seeds.append(_seeds(context, tree, leaves))
    return seeds, message


def puncture(context: bytes, keys: list[bytes], delta: Bits, message: bytes) -> Seeds:
    """The receiver's seeds, [tree][y] with y = x ^ delta; the seed at y = 0 is zeros, unknown.

    `keys` are the base transfers chosen with `choices_for(delta)`. Raises PeerFault if the
    message's proofs do not fit.
    """
    if len(message) != MESSAGE_BYTES:
        raise PeerFault("The other side's columns have the wrong length.")
    size = MESSAGE_BYTES // TREES
    return [
        _puncture_tree(
            context,
            tree,
            keys[DEPTH * tree : DEPTH * tree + DEPTH],
            delta[DEPTH * tree : DEPTH * tree + DEPTH],
            message[size * tree : size * tree + size],
        )
        for tree in range(TREES)
    ]


def choices_for(delta: Bits) -> Bits:
    """The base choices: on each level, from the root down, the side away from the missing leaf."""
    return (1 - delta.reshape(TREES, DEPTH)[:, ::-1]).reshape(-1).astype(np.uint8)


def _puncture_tree(
    context: bytes, tree: int, keys: list[bytes], delta: Bits, message: bytes
) -> list[bytes]:
    nodes = np.stack([np.zeros(2, np.uint64), blocks_of(keys[0])[0]])
    for level in range(1, DEPTH):
        away = ~_mask(delta, DEPTH - 1 - level)
        left, right = blocks_of(message[32 * level - 32 : 32 * level])
        total = (left & ~away) ^ (right & away) ^ blocks_of(keys[level])[0]
        children = _swap(_children(context, tree, level, nodes), 1, ~away)
        children[0, 0] = 0
        children[0, 1] = total ^ np.bitwise_xor.reduce(children[1:, 1], axis=0)
        nodes = children.reshape(-1, 2)
    leaves = [bytes_of(node) for node in nodes]
    _check_tree(context, tree, leaves, delta, message)
    return [bytes(16), *_seeds(context, tree, leaves)[1:]]


def _check_tree(
    context: bytes, tree: int, leaves: list[bytes], delta: Bits, message: bytes
) -> None:
    proofs = _proofs(context, tree, leaves)
    total = blocks_of(message[-64:-32]).reshape(4)
    proofs[0] = total ^ np.bitwise_xor.reduce(proofs[1:], axis=0)
    natural = proofs.reshape(2, 2, 2, 2, 4)
    for axis in range(DEPTH):
        natural = _swap(natural, axis, _mask(delta, DEPTH - 1 - axis))
    if not hmac.compare_digest(
        derive("tree check", context, tree, bytes_of(natural)), message[-32:]
    ):
        raise PeerFault("The other side's columns fail their check.")


def _children(context: bytes, tree: int, level: int, nodes: Blocks) -> Blocks:
    """Both children of every node, shape (nodes, 2, 2)."""
    both = (derive("tree", context, tree, level, bytes_of(node)) for node in nodes)
    return np.stack([blocks_of(pair) for pair in both])


def _seeds(context: bytes, tree: int, leaves: list[bytes]) -> list[bytes]:
    return [derive("leaf", context, tree, leaf)[:16] for leaf in leaves]


def _proofs(context: bytes, tree: int, leaves: list[bytes]) -> Blocks:
    """32 bytes for every leaf, shape (leaves, 4) words."""
    return blocks_of(
        b"".join(derive("leaf proof", context, tree, leaf) for leaf in leaves)
    ).reshape(-1, 4)


def _mask(delta: Bits, bit: int) -> Blocks:
    return spread(delta[bit : bit + 1].astype(np.uint64))


def _swap(values: Blocks, axis: int, mask: Blocks) -> Blocks:
    """`values` with the two halves along an axis of length 2 exchanged where the mask is ones."""
    first, second = np.split(values, 2, axis=axis)
    moved = (first ^ second) & mask
    return np.concatenate([first ^ moved, second ^ moved], axis=axis)

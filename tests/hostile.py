"""Hypothesis strategies for what a liar may send: any tree, and damaged copies of good bytes.

from hostile import damaged, trees

@given(damaged(good_bytes))
def test_...(data): ...
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tracktwo.encoding import decode, encode

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 1, -1, 2**31, 2**62 - 1, 2**62, 2**63, 2**64, 2**70, -(2**70)]),
    st.integers(),
    st.text(max_size=8),
    st.binary(max_size=40),
    st.sampled_from([b"", bytes(16), bytes(32), b"\xff" * 32, "\x00", "\x1b[2J", "talk"]),
)


def trees() -> st.SearchStrategy[Any]:
    """Any plain tree that the codec writes."""
    return st.recursive(
        LEAVES,
        lambda inner: st.one_of(
            st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=3)
        ),
        max_leaves=8,
    )


@st.composite
def damaged(draw: st.DrawFn, good: bytes) -> bytes:
    """Any bytes; any tree; or the good bytes cut, changed, or with another value somewhere."""
    way = draw(st.sampled_from(["bytes", "tree", "cut", "changed", "other", "longer"]))
    if way == "bytes":
        return draw(st.binary(max_size=300))
    if way == "tree":
        return encode(draw(trees()))
    if way == "cut":
        return good[: draw(st.integers(0, len(good) - 1))]
    if way == "longer":
        return good + draw(st.binary(min_size=1, max_size=9))
    if way == "changed":
        at = draw(st.integers(0, len(good) - 1))
        return good[:at] + bytes([good[at] ^ draw(st.integers(1, 255))]) + good[at + 1 :]
    return encode(_other(draw, decode(good, limit=1 << 20)))


def _other(draw: st.DrawFn, tree: object) -> object:
    """The tree with one value somewhere replaced, one left out, or one too many."""
    if isinstance(tree, list) and tree and draw(st.integers(0, 3)):
        at = draw(st.integers(0, len(tree) - 1))
        return [*tree[:at], _other(draw, tree[at]), *tree[at + 1 :]]
    if isinstance(tree, dict) and tree and draw(st.integers(0, 3)):
        name = draw(st.sampled_from(sorted(tree)))
        return tree | {name: _other(draw, tree[name])}
    if isinstance(tree, list) and draw(st.booleans()):
        return tree[:-1] if draw(st.booleans()) else [*tree, draw(trees())]
    return draw(trees())


def deep(levels: int) -> bytes:
    """Lists in lists."""
    return b"\x81" * levels + b"\x80"

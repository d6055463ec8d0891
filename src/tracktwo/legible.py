"""Text from outside, made safe to show; apart, so that an error is said without the rest."""

from __future__ import annotations


def legible(text: str) -> str:
    """Text with every sign that could steer a terminal written as an escape."""
    return "".join(
        sign if sign.isprintable() else sign.encode("unicode_escape").decode() for sign in text
    )

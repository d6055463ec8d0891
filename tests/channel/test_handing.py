"""An invitation as a file: whatever is in it."""

from __future__ import annotations

import base64

from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from hostile import damaged
from network import card as new_card
from strategies import mutated
from tracktwo.channel.charter import Charter
from tracktwo.channel.handing import from_file, to_file
from tracktwo.channel.invite import Invitation
from tracktwo.errors import Malformed

HEADER = b"tracktwo invitation 1\n"
INVITATION = Invitation(
    *(bytes(16), Charter("The talks"), new_card()[1], bytes(16), bytes(16), bytes(32)),
    role="delegate",
    side="north",
    expires=1_800_000_000,
)


def test_an_invitation_is_read_from_the_file_it_was_written_to() -> None:
    assert from_file(to_file(INVITATION)) == INVITATION


@settings(max_examples=examples(200))
@given(
    st.one_of(
        mutated(to_file(INVITATION)),
        damaged(INVITATION.encode()).map(lambda data: HEADER + base64.encodebytes(data)),
        st.binary(max_size=300).map(lambda data: HEADER + data),
        st.binary(max_size=300),
    )
)
def test_hostile_bytes_are_an_invitation_or_malformed(data: bytes) -> None:
    try:
        found = from_file(data)
    except Malformed:
        return
    assert from_file(to_file(found)) == found

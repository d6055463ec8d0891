"""Removing a member, leaving a channel."""

from __future__ import annotations

from tracktwo.channel.membership import LEAVE, REMOVE
from tracktwo.channel.replica import Replica
from tracktwo.channel.roster import Member
from tracktwo.errors import BadInput


def remove(replica: Replica, member: Member) -> None:
    """Say to all that a member is removed. Raises BadInput if we may not."""
    if not replica.may_convene:
        raise BadInput("Only a convener, or who began the channel, removes.")
    if member.id == replica.own:
        raise BadInput("You cannot remove yourself.", advice="tracktwo channel leave.")
    replica.say(REMOVE, {"member": member.id})


def leave(replica: Replica) -> None:
    """Say to all that we leave. What we have of the channel stays."""
    replica.say(LEAVE, {})

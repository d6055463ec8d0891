"""How a probe of a channel stands, in a sentence."""

from __future__ import annotations

from tracktwo.channel.replica import Replica
from tracktwo.channel.roster import ACTIVE, Member
from tracktwo.channel.view import name_of
from tracktwo.legible import legible
from tracktwo.probe.correspondence import outcome
from tracktwo.probe.proposal import Proposal
from tracktwo.said import Said, said
from tracktwo.show.words import MESSAGES

_ENDED = {"declined": said("declined"), "withdrawn": said("withdrawn")}


def stands(replica: Replica, proposal: Proposal) -> Said:
    """Whether it was answered, how else it ended, or whose turn it is."""
    ended = outcome(replica, proposal)
    if isinstance(ended, str):
        return said("stopped: {why}", why=ended)
    if ended is not None:
        return said("answered")
    if proposal.state in _ENDED:
        how = _ENDED[proposal.state]
        if not proposal.because:
            return how
        return said("{how}: {why}", how=how, why=legible(proposal.because))
    for member in (proposal.asker, proposal.other):
        if member.state != ACTIVE:
            return said("{who} is not in the channel any more", who=name_of(replica, member))
    if proposal.state == "asked":
        if proposal.other.id == replica.own:
            return said("waits for you")
        return said("{who} has not agreed yet", who=name_of(replica, proposal.other))
    return _under_way(replica, proposal)


def owing(proposal: Proposal) -> Member:
    """Whose turn it is: to agree, or to send the next message."""
    if proposal.state == "asked":
        return proposal.other
    counts = _counts(proposal)
    return min((proposal.asker, proposal.other), key=lambda member: counts[member.id])


def _counts(proposal: Proposal) -> dict[bytes, int]:
    """How many messages each side has sent."""
    sides = (proposal.asker, proposal.other)
    return {member.id: len(proposal.parts.get(member.id, {})) for member in sides}


def _under_way(replica: Replica, proposal: Proposal) -> Said:
    if all(count == MESSAGES for count in _counts(proposal).values()):
        return said("over: both have the answer")
    who = owing(proposal)
    if who.id == replica.own:
        return said("under way; you owe the next message")
    return said("under way; {who} owes the next message", who=name_of(replica, who))

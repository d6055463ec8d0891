"""Which issues of an agenda a red line may join: what its `linked` says.

None leaves it open, and then any may be joined where packages are listed. Else a red line joins
those of which each two stand together in one of the groups.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from tracktwo.deal.toml_reading import BadPart, Place, nearest, quoted
from tracktwo.said import said

Group = tuple[str, ...]
"""Ids of issues that one red line may join."""

GROUP_LIMIT = 1000
"""How many an agenda may have."""

_PART: Place = ("linked",)


def joins(linked: Sequence[Group] | None, issue_ids: Iterable[str]) -> bool:
    """Whether a red line may join these issues: each two of them are declared linked."""
    if linked is None:
        return True
    together = [set(group) for group in linked]
    pairs = itertools.combinations(set(issue_ids), 2)
    return all(any(set(pair) <= group for group in together) for pair in pairs)


def require_groups(linked: Sequence[Group] | None, issue_ids: Sequence[str]) -> None:
    """Raise BadPart unless each group has two or more different issues of the agenda's."""
    groups = linked or ()
    if len(groups) > GROUP_LIMIT:
        advice = said("One group may join many issues; leave the rest out.")
        raise BadPart(
            said("There are more than {most} groups in linked.", most=GROUP_LIMIT), _PART, advice
        )
    for group in groups:
        for issue_id in group:
            if issue_id not in issue_ids:
                what = said("The agenda has no issue {issue} to link.", issue=quoted(issue_id))
                raise BadPart(what, _PART, nearest(issue_id, issue_ids))
        if len(group) < 2 or len(set(group)) < len(group):
            advice = said("Write the ids of two or more different issues in each group.")
            if len(group) < 2:
                raise BadPart(said("A group of linked issues names fewer than two."), _PART, advice)
            raise BadPart(said("A group of linked issues names one twice."), _PART, advice)

"""Comparing keys at the page: the number in any figures, and for a camera."""

from __future__ import annotations

import re
from pathlib import Path

import segno

from nodes import PASSPHRASE, channel_of, opened
from tracktwo.channel.verify import number_of
from tracktwo.web.house import House
from visits import Visit, faults_in

ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")


def test_the_number_is_shown_for_a_camera_and_taken_in_any_figures(tmp_path: Path) -> None:
    people = channel_of("", tmp_path)
    visit = Visit(House(people[1].home), PASSPHRASE)
    visit.comes_in()
    with opened(people[1]) as replica:
        number, (member, *_) = number_of(replica), replica.roster.others()
    with visit.house.node() as node:
        (ident,) = node.idents()
    at = f"/c/{ident}/verify"
    drawn = segno.make(number.replace(" ", ""), error="m")
    assert drawn.svg_inline(scale=5, border=4, dark="#000", light="#fff") in visit.get(at).text
    assert " ".join(re.findall(r"<li>(\d{5})</li>", visit.get(at).text)) == number

    typed = {"member": member.id.hex(), "number": number[:-1]}
    assert "59 figures" in faults_in(visit.post(at, typed))["number"]
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert "The numbers differ" in faults_in(visit.post(at, {**typed, "number": wrong}))["number"]
    visit.goes(visit.post(at, {**typed, "number": number.replace(" ", " – ").translate(ARABIC)}))
    with opened(people[1]) as replica:
        assert [m.id for m in replica.roster.others() if m.is_verified] == [member.id]

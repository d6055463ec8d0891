"""GENIUS files: read by the rule of GENIUS, refused with a line, written so that they read back."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from effort import examples
from strategies import agendas, positions
from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.analysis import Rule, study
from tracktwo.deal.genius import read_domain, read_profile
from tracktwo.deal.genius_writing import write_domain, write_profile
from tracktwo.deal.points import point_table
from tracktwo.deal.position import Position, RedLine
from tracktwo.errors import BadInput

DOMAIN = """<negotiation_template number_of_sessions="1">
<agent name="one" class="Agent" utility_space="one.xml"/>
<utility_space number_of_issues="2">
<objective index="1" name="Lease" type="objective" etype="objective">
  <issue index="2" name="Term" vtype="discrete">
    <item index="1" value="2 years"/>
    <item index="2" value="5+ years" cost="7"/>
    <item index="3" value="без срока"/>
  </issue>
  <issue index="3" name="Rent change (%)" etype="discrete" type="discrete">
    <item index="1" value="-2.5"/>
    <item index="2" value="2.5"/>
    <item index="3" value="%"/>
  </issue>
</objective>
</utility_space>
</negotiation_template>
"""

PROFILE = """<utility_space>
<objective index="1" name="Lease" type="objective" etype="objective">
  <weight index="1" value="1.0"/>
  <weight index="2" value="0.75"/>
  <weight index="3" value="2.5E-1"/>
  <issue index="2" name="Term">
    <item index="1" value="2 years" evaluation="1"/>
    <item index="2" value="5+ years" evaluation="2"/>
    <item index="3" value="без срока" evaluation="3"/>
    <similarity_function weight="0.2"><criteria_function weight="1"/></similarity_function>
  </issue>
  <issue index="3" name="Rent change (%)">
    <item index="1" value="-2.5" evaluation="0.4"/>
    <item index="2" value="2.5" evaluation="0"/>
    <item index="3" value="%" evaluation="0.8"/>
  </issue>
</objective>
<reservation value="0.5"/>
</utility_space>
"""


def domain(text: str = DOMAIN) -> Agenda:
    return read_domain(text.encode(), "domain.xml")


def profile(text: str = PROFILE) -> Position:
    return read_profile(text.encode(), "profile.xml", domain())


def refused(text: str, *, line: int | None, says: str, as_domain: bool = False) -> None:
    with pytest.raises(BadInput) as caught:
        domain(text) if as_domain else profile(text)
    assert caught.value.line == line
    assert says in str(caught.value)


def test_a_domain_becomes_an_agenda_whose_ids_read_like_its_names() -> None:
    agenda = domain()
    assert agenda.title == "Lease"
    assert [issue.name for issue in agenda.issues] == ["Term", "Rent change (%)"]
    assert [[(o.id, o.name) for o in issue.options] for issue in agenda.issues] == [
        [("2-years", "2 years"), ("5-years", "5+ years"), ("без-срока", "без срока")],
        [("minus-2.5", "-2.5"), ("2.5", "2.5"), ("option-3", "%")],
    ]
    assert [issue.id for issue in agenda.issues] == ["term", "rent-change"]


def test_evaluations_count_by_the_largest_of_their_issue_even_below_one() -> None:
    position = profile()
    assert position.scores == {
        "term": {
            "2-years": Fraction(100, 3),
            "5-years": Fraction(200, 3),
            "без-срока": Decimal(100),
        },
        "rent-change": {"minus-2.5": Decimal(50), "2.5": Decimal(0), "option-3": Decimal(100)},
    }
    assert position.weights == {"term": Decimal(75), "rent-change": Decimal(25)}
    assert position.accept_from == Decimal(50)
    assert position.notes == ""


def test_thirds_are_exact_in_points() -> None:
    table = point_table(domain(), profile())
    assert [of.tolist() for of in table.points] == [[63, 125, 188], [31, 0, 63]]


def test_an_issue_of_which_nothing_is_wanted_scores_nothing() -> None:
    position = profile(re.sub(r'evaluation="[123]"', 'evaluation="0"', PROFILE))
    assert set(position.scores["term"].values()) == {Decimal(0)}


def test_without_a_reservation_everything_is_acceptable() -> None:
    position = profile(PROFILE.replace('<reservation value="0.5"/>', ""))
    assert position.accept_from == 0


def test_an_option_listed_twice_takes_its_later_evaluation_and_the_notes_say_so() -> None:
    twice = PROFILE.replace(
        '<item index="1" value="2 years" evaluation="1"/>',
        '<item index="1" value="2 years" evaluation="9"/>'
        '<item index="1" value="2 years" evaluation="1"/>',
    )
    position = profile(twice)
    assert position.scores == profile().scores
    assert position.notes.startswith(
        'The GENIUS profile lists "2 years" of "Term" twice; the later'
    )


def test_a_discount_is_left_out_and_the_notes_say_so() -> None:
    discounted = PROFILE.replace("<reservation", '<discount_factor value="0.9"/><reservation')
    assert profile(discounted).notes.startswith("The GENIUS profile discounts")
    for none in ("1.0", "0"):
        assert profile(discounted.replace("0.9", none)).notes == ""


def test_weights_that_do_not_sum_to_one_leave_the_same_packages_acceptable() -> None:
    halved = PROFILE.replace('"0.75"', '"0.375"').replace('"2.5E-1"', '"0.125"')
    halved = halved.replace('<reservation value="0.5"', '<reservation value="0.25"')
    whole, half = profile(), profile(halved)
    assert half.accept_from == whole.accept_from
    assert half.notes.startswith("The weights of the GENIUS profile do not sum to 1")
    a, b = (study(domain(), position, whole, exact=True) for position in (whole, half))
    assert (a.room, a.frontier[0].first(9)) == (b.room, b.frontier[0].first(9))
    named = [[point.first(9) for point in of.best[Rule.NASH]] for of in (a, b)]
    assert named[0] == named[1]


def test_weights_that_miss_one_by_the_noise_of_floating_point_leave_the_line_as_written() -> None:
    position = profile(PROFILE.replace('"0.75"', '"0.7500000000000001"'))
    assert (position.accept_from, position.notes) == (Decimal(50), "")


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("<utility_space>", '<utility_space type="nonlinear">', 1, "not sums over the issues"),
        ('name="Term"', 'name="Term" type="integer"', 6, '"integer"'),
        ("<similarity_function", "<evaluator/><similarity_function", 10, '"evaluator"'),
        ("</objective>", "<utility maxutility='9'/></objective>", 17, '"utility"'),
        ('name="Term"', 'name="Turm"', 6, 'Did you mean "Term"?'),
        ('value="2 years"', 'value="3 years"', 7, "is not an option of the issue"),
        (
            '<item index="2" value="2.5" evaluation="0"/>',
            "",
            12,
            'Nothing is said in [scores.rent-change] about "2.5"',
        ),
        ('evaluation="2"', 'evaluation="-2"', 8, "is not a number that can be used"),
        ('evaluation="2"', 'evaluation="NaN"', 8, "is not a number that can be used"),
        ('evaluation="2"', 'evaluation="1e999999999"', 8, "is not a number that can be used"),
        ('evaluation="2"', "", 8, 'has no "evaluation"'),
        ('<weight index="3" value="2.5E-1"/>', "", 12, "has no weight"),
        ('index="3" value="2.5E-1"', 'index="2" value="1"', 5, "two weights"),
        ('<reservation value="0.5"', '<reservation value="1.5"', 18, "between 0 and 100"),
        ("</utility_space>", '<reservation value="0"/></utility_space>', 19, "two reservations"),
        ('"0.75"', '"0"', None, "is not"),
    ],
)
def test_a_profile_that_cannot_be_taken_is_refused_with_its_line(
    old: str, new: str, line: int | None, says: str
) -> None:
    assert old in PROFILE
    text = PROFILE.replace(old, new)
    if line is None:
        text, line, says = text.replace('"2.5E-1"', '"0"'), 1, "No weight is above 0"
    refused(text, line=line, says=says)


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('name="Term" vtype="discrete"', 'name="Term" vtype="real"', 5, '"real"'),
        ('value="5+ years"', 'value="2 years"', 7, "twice"),
        ('value="5+ years"', 'value=" "', 7, '"name" is empty'),
        ("</objective>", "<constraints/></objective>", 15, '"constraints"'),
        ("negotiation_template", "utility_space", 1, "begins with"),
    ],
)
def test_a_domain_that_cannot_be_taken_is_refused_with_its_line(
    old: str, new: str, line: int, says: str
) -> None:
    refused(DOMAIN.replace(old, new), line=line, says=says, as_domain=True)


def test_a_message_about_a_profile_quotes_no_figure_of_it() -> None:
    for place in ('evaluation="2"', '"0.75"', 'reservation value="0.5"'):
        text = PROFILE.replace(place, re.sub(r'"[^"]*"$', '"-77.123"', place))
        with pytest.raises(BadInput) as caught:
            profile(text)
        assert "77" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><utility_space n="&c;"/>',
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><utility_space>&b;</utility_space>',
        '<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><utility_space/>',
    ],
)
def test_entities_and_document_types_are_refused_unexpanded(text: str) -> None:
    refused(text, line=None, says="document type")
    refused(text, line=None, says="document type", as_domain=True)


def test_a_file_nested_too_deep_is_refused() -> None:
    refused("<objective>" * 10_000, line=1, says="too deep")


def test_files_of_very_many_elements_are_refused_soon() -> None:
    issues = DOMAIN.replace("</objective>", '<issue name="Term"/>' * 40_000 + "</objective>")
    refused(issues, line=15, says="more than 64", as_domain=True)
    items = DOMAIN.replace("</issue>", '<item value="%"/>' * 40_000 + "</issue>", 1)
    refused(items, line=9, says="more than 255", as_domain=True)


def sayable(agenda: Agenda) -> Agenda:
    """The agenda without what GENIUS cannot say: exclusions, and names told apart by id alone."""
    named = [
        replace(
            issue,
            name=f"{issue.name}{n}",
            options=tuple(replace(o, name=f"{o.name}{m}") for m, o in enumerate(issue.options)),
        )
        for n, issue in enumerate(agenda.issues)
    ]
    return replace(agenda, issues=tuple(named), exclude=(), exclude_notes=())


@given(agendas())
def test_an_agenda_written_as_a_domain_reads_back_equal(agenda: Agenda) -> None:
    agenda = sayable(agenda)
    assume(agenda.title != "root")
    assert read_domain(write_domain(agenda), "domain.xml") == agenda


@given(st.data())
def test_a_position_written_as_a_profile_reads_back_to_the_same_points(
    data: st.DataObject,
) -> None:
    agenda = sayable(data.draw(agendas()))
    drawn = data.draw(positions(agenda, max_red_lines=0))
    first = agenda.issues[0].id
    weights = {i.id: Decimal(5) for i in agenda.issues} | {first: Decimal(105)}
    weights[first] -= 5 * len(agenda.issues)
    best = {i.id: {i.options[-1].id: Decimal(100)} for i in agenda.issues}
    scores = {i: {**of, **best[i]} for i, of in drawn.scores.items()}
    position = replace(drawn, weights=weights, scores=scores)
    found = read_profile(write_profile(position, agenda), "profile.xml", agenda)
    assert found.scores == position.scores
    assert found.weights == position.weights
    assert (found.accept_from, found.notes) == (position.accept_from, position.notes)


def two() -> tuple[Agenda, Position]:
    options = (Option("a", "A"), Option("b", "B"))
    agenda = Agenda("Two", (Issue("p", "P", options), Issue("q", "Q", options)))
    scores = {"a": Decimal(100), "b": Decimal(0)}
    weights = {"p": Decimal(30), "q": Decimal(70)}
    return agenda, Position(Decimal(50), weights, {"p": scores, "q": scores})


def test_what_a_domain_cannot_say_is_refused_not_dropped() -> None:
    agenda, _ = two()
    excluding = replace(agenda, exclude=(frozenset({("p", "a"), ("q", "a")}),), exclude_notes=())
    with pytest.raises(BadInput, match="exclude each other"):
        write_domain(excluding)
    (p, q) = agenda.issues
    with pytest.raises(BadInput, match='Two issues are called "P"'):
        write_domain(replace(agenda, issues=(p, replace(q, name="P"))))
    same = replace(p, options=(Option("a", "A"), Option("b", "A")))
    with pytest.raises(BadInput, match="Two options of one issue"):
        write_domain(replace(agenda, issues=(same, q)))


def test_what_a_profile_cannot_say_is_refused_not_dropped() -> None:
    agenda, position = two()
    for change, says in (
        ({"red_lines": (RedLine(frozenset({("p", "a")})),)}, "red lines"),
        ({"weights": {"p": Decimal(1), "q": Decimal(2)}}, "divide evenly"),
        (
            {"scores": {**position.scores, "q": {"a": Decimal(80), "b": Decimal(7)}}},
            '"q" no option',
        ),
        (
            {"scores": {**position.scores, "q": {"a": Decimal(100), "b": Fraction(1, 3)}}},
            "decimals",
        ),
    ):
        with pytest.raises(BadInput, match=says):
            write_profile(replace(position, **change), agenda)  # type: ignore[arg-type]


@settings(max_examples=examples(300))
@given(st.data())
def test_hostile_bytes_raise_bad_input_and_nothing_else(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from([DOMAIN, PROFILE])).encode()
    if data.draw(st.booleans()):
        text = text.decode().encode("utf-16")
    for _ in range(data.draw(st.integers(1, 4))):
        at, end = sorted(data.draw(st.tuples(*[st.integers(0, len(text))] * 2)))
        some = st.one_of(
            st.binary(max_size=6),
            st.sampled_from(
                [b'"', b"<issue ", b"<![CDATA[", b"&amp;", b"&#0;", b'index="2"', b"e9"]
            ),
        )
        text = text[:at] + data.draw(some) + text[data.draw(st.sampled_from([at, end])) :]
    for read in (lambda: read_domain(text, "f.xml"), lambda: read_profile(text, "f.xml", domain())):
        with suppress(BadInput):
            read()

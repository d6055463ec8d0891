"""Positions: the format, every malformation with its place and without a figure, secrecy."""

from __future__ import annotations

import copy
import pickle
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from strategies import agendas, mutated, positions, toml_like
from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.position import (
    Position,
    RedLine,
    read_position,
    require_covers,
    write_position,
)
from tracktwo.errors import BadInput

CORPUS = Path(__file__).parent.parent / "corpus" / "position"

AGENDA = Agenda(
    "Spring 2022",
    (
        Issue("alignment", "Alignment", (Option("neutral", "Neutral"), Option("open", "Open"))),
        Issue("guarantee", "Guarantee", (Option("each-acts", "Each"), Option("all-agree", "All"))),
    ),
)

EXAMPLE = """
accept_from = 55
notes = "ours alone"

[weights]
alignment = 30
guarantee = 45.25

[scores.alignment]
neutral = 80
open = 10.000001

[scores.guarantee]
each-acts = 100
all-agree = 20

[[red_line]]
never = ["alignment=neutral"]
unless = ["guarantee=each-acts"]
note = "from the first day"
"""

READ = Position(
    accept_from=Decimal(55),
    weights={"alignment": Decimal(30), "guarantee": Decimal("45.25")},
    scores={
        "alignment": {"neutral": Decimal(80), "open": Decimal("10.000001")},
        "guarantee": {"each-acts": Decimal(100), "all-agree": Decimal(20)},
    },
    red_lines=(
        RedLine(
            frozenset({("alignment", "neutral")}),
            frozenset({("guarantee", "each-acts")}),
            "from the first day",
        ),
    ),
    notes="ours alone",
)

# Each file of the corpus: the line the message names, and a part of what it says.
BAD = {
    "accept-from-below-0": (1, '"accept_from" is not between 0 and 100'),
    "accept-from-is-a-date": (1, '"accept_from" is not a number that can be used'),
    "accept-from-is-text": (1, "Write a plain number such as 30 or 12.5"),
    "accept-from-is-true": (1, '"accept_from" is not a number that can be used'),
    "accept-from-over-100": (1, '"accept_from" is not between 0 and 100'),
    "an-agenda": (None, "This is an agenda, not a position"),
    "another-agenda": (3, 'for another agenda: none of its issues is on "Spring 2022"'),
    "default-score-over-100": (2, '"default_score" is not between 0 and 100'),
    "empty": (None, '"accept_from" is missing'),
    "escape-in-the-notes": (2, '"notes" contains the invisible sign U+001B'),
    "latin-1": (1, "not UTF-8 text"),
    "no-accept-from": (None, '"accept_from" is missing'),
    "no-value": (13, "What follows the = cannot be read"),
    "no-weights": (None, "No weight is above 0"),
    "red-line-across-issues-not-linked": (19, "joins issues that the agenda does not declare"),
    "red-line-in-one-bracket": (15, "Write [[red_line]], in two brackets"),
    "red-line-of-an-unknown-issue": (16, 'no issue "alinment". Did you mean "alignment"?'),
    "red-line-of-an-unknown-option": (16, 'no option "neutrl". Did you mean "neutral"?'),
    "red-line-of-nothing": (16, "A red line says never to nothing"),
    "red-line-of-one-issue-on-both-sides": (17, "stands in both never and unless"),
    "red-line-of-two-options-of-one-issue": (16, 'Two options of the issue "alignment"'),
    "red-line-unless-across-issues-not-linked": (16, "joins issues that the agenda does not"),
    "red-line-unless-unknown": (17, 'no option "each". Did you mean "each-acts"?'),
    "red-line-with-an-escape-in-its-note": (17, '"note" contains the invisible sign U+009B'),
    "red-line-without-never": (15, '"never" is missing'),
    "score-is-text": (13, '"all-agree" is not a number that can be used'),
    "score-missing": (11, 'Nothing is said in [scores.guarantee] about "all-agree"'),
    "score-negative": (13, '"all-agree" is not between 0 and 100'),
    "score-of-an-unknown-option": (14, '"all-agreed" is not an option of the agenda'),
    "score-over-100": (13, '"all-agree" is not between 0 and 100'),
    "score-twice": (14, "A key stands there twice"),
    "score-with-a-dot-unquoted": (13, "A name with a dot in it needs quotation marks"),
    "score-with-seven-decimals": (13, '"all-agree" has more than 6 decimals'),
    "scores-of-an-issue-missing": (7, 'Nothing is said in [scores] about "guarantee"'),
    "scores-of-an-unknown-issue": (11, '"garantee" is not an issue of the agenda'),
    "scores-without-an-issue": (6, "go under a heading [scores.neutral]"),
    "unknown-key": (1, 'Did you mean "accept_from"?'),
    "unknown-key-in-red-line": (17, 'Did you mean "unless"?'),
    "weight-beyond-decimal": (5, '"guarantee" is not a number that can be used'),
    "weight-enormous": (5, '"guarantee" is not a number that can be used'),
    "weight-infinite": (5, '"guarantee" is not a number that can be used'),
    "weight-minute": (5, '"guarantee" is not a number that can be used'),
    "weight-missing": (3, 'Nothing is said in [weights] about "guarantee"'),
    "weight-negative": (5, '"guarantee" is not between 0 and 1,000,000'),
    "weight-not-a-number": (5, '"guarantee" is not a number that can be used'),
    "weight-of-an-unknown-issue": (6, '"gaurantee" is not an issue of the agenda'),
    "weight-of-many-digits": (None, "A number in it is too long to read"),
    "weight-of-zero-enormous": (5, '"guarantee" is not a number that can be used'),
    "weight-over-a-million": (5, '"guarantee" is not between 0 and 1,000,000'),
    "weights-all-zero": (3, "No weight is above 0"),
    "weights-is-a-number": (3, "go under a heading [weights]"),
}

NOT_LINKED = [name for name in BAD if name.endswith("not-linked")]
"""Files that go with an agenda which links nothing; the others with one that leaves it open."""


def read(text: str, agenda: Agenda = AGENDA) -> Position:
    return read_position(text.encode(), "position.toml", agenda)


def test_a_position_is_read_as_the_design_writes_it() -> None:
    assert read(EXAMPLE) == READ


@pytest.mark.parametrize("name", sorted(BAD))
def test_each_malformation_has_its_line_and_says_what_to_do(name: str) -> None:
    line, said = BAD[name]
    agenda = replace(AGENDA, linked=()) if name in NOT_LINKED else AGENDA
    with pytest.raises(BadInput) as caught:
        read_position((CORPUS / f"{name}.toml").read_bytes(), "position.toml", agenda)
    place = "position.toml: " if line is None else f"position.toml, line {line}: "
    assert str(caught.value).startswith(place)
    assert said in str(caught.value)


def test_every_file_of_the_corpus_is_in_the_table() -> None:
    assert {path.stem for path in CORPUS.iterdir()} == set(BAD)


@pytest.mark.parametrize("name", NOT_LINKED)
def test_what_an_agenda_does_not_link_may_be_joined_where_it_leaves_that_open_or_links_it(
    name: str,
) -> None:
    text = (CORPUS / f"{name}.toml").read_text("utf-8")
    linking = replace(AGENDA, linked=(("guarantee", "alignment"),))
    assert read(text, linking) == read(text)


def test_a_red_line_on_three_issues_needs_each_two_of_them_linked() -> None:
    issues = tuple(replace(AGENDA.issues[0], id=name) for name in "abc")
    text = "accept_from = 0\ndefault_score = 0\nweights = {a = 1, b = 1, c = 1}\n[[red_line]]\n"
    text += 'never = ["a=open", "c=open"]\nunless = ["b=open"]\n'
    for linked in ((("a", "b"), ("b", "c"), ("a", "c")), (("c", "a", "b"),)):
        assert len(read(text, Agenda("Three", issues, linked=linked)).red_lines) == 1
    with pytest.raises(BadInput, match="does not declare linked") as caught:
        read(text, Agenda("Three", issues, linked=(("a", "b"), ("b", "c"))))
    assert "open" not in str(caught.value)


@given(st.data())
def test_what_is_written_reads_back_equal(data: st.DataObject) -> None:
    agenda = data.draw(agendas())
    position = data.draw(positions(agenda))
    assert read(write_position(position, agenda), agenda) == position


@given(st.integers(0, 10**8).map(lambda n: Decimal(n).scaleb(-6)))
def test_numbers_are_read_exactly(score: Decimal) -> None:
    assert read(EXAMPLE.replace("10.000001", f"{score:f}")).scores["alignment"]["open"] == score


def test_a_default_score_stands_for_every_option_not_named() -> None:
    text = EXAMPLE.replace("all-agree = 20\n", "").replace(
        "accept", "default_score = 7.5\naccept", 1
    )
    assert read(text).scores["guarantee"] == {
        "each-acts": Decimal(100),
        "all-agree": Decimal("7.5"),
    }
    without = text.replace("[scores.guarantee]\neach-acts = 100\n", "")
    assert set(read(without).scores["guarantee"].values()) == {Decimal("7.5")}


def test_an_issue_may_be_called_default_or_have_dots() -> None:
    odd = Agenda("Odd", (Issue("default", "D", (Option("a.b", "A"), Option("default", "B"))),))
    text = 'accept_from = 1\n[weights]\ndefault = 1\n[scores.default]\n"a.b" = 1\ndefault = 2\n'
    assert read(text, odd).scores["default"] == {"a.b": Decimal(1), "default": Decimal(2)}


def test_ids_typed_in_another_normal_form_are_the_same_ids() -> None:
    agenda = Agenda("One", (Issue("caf\u00e9", "C", (Option("\u00e9", "E"),)),))
    text = 'accept_from = 1\n[weights]\n"cafe\u0301" = 1\n[scores."cafe\u0301"]\n"e\u0301" = 1\n'
    assert read(text, agenda).scores["caf\u00e9"] == {"\u00e9": Decimal(1)}
    twice = text.replace("[scores", '"caf\u00e9" = 2\n[scores')
    with pytest.raises(BadInput, match=r"line 4: .* stands there twice"):
        read(twice, agenda)


def secrets_of(position: Position) -> set[str]:
    """Figures and words that occur in the position and in no message, repr or name by chance."""
    figures = [
        *position.weights.values(),
        *(s for of in position.scores.values() for s in of.values()),
    ]
    return {f"{figure:f}" for figure in figures} | {position.notes, position.red_lines[0].note}


TELLING = (
    EXAMPLE.replace("55", "73.519371")
    .replace("= 30", "= 40.719377")
    .replace("45.25", "41.719379")
    .replace("= 80", "= 42.719381")
    .replace("10.000001", "43.719383")
    .replace("= 100", "= 44.719385")
    .replace("= 20", "= 45.719387")
    .replace("ours alone", "NOTEWORTHY")
    .replace("from the first day", "REDWORTHY")
)


def test_a_position_shows_nothing_of_itself() -> None:
    position = read(TELLING)
    for thing in (position, position.red_lines[0], [position], {"p": position}):
        for shown in (repr(thing), str(thing), f"{thing}", f"{thing!r}"):
            assert not any(secret in shown for secret in (*secrets_of(position), "719", "neutral"))


def test_a_position_is_no_condition() -> None:
    with pytest.raises(TypeError, match="no truth value"):
        bool(READ)
    with pytest.raises(TypeError, match="no truth value"):
        bool(READ.red_lines[0])


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_position_is_not_pickled(protocol: int) -> None:
    for secret in (READ, READ.red_lines[0]):
        with pytest.raises(TypeError, match="not pickled"):
            pickle.dumps(secret, protocol)
        with pytest.raises(TypeError, match="not pickled"):
            copy.deepcopy(secret)


def test_a_position_cannot_be_changed_from_outside() -> None:
    weights = {"alignment": Decimal(1), "guarantee": Decimal(2)}
    position = replace(READ, weights=weights)
    weights["alignment"] = Decimal(9)
    assert position.weights["alignment"] == Decimal(1)
    with pytest.raises(TypeError):
        position.weights["alignment"] = Decimal(9)  # type: ignore[index]


@settings(max_examples=examples(300))
@given(mutated(TELLING.encode()))
def test_no_message_quotes_a_figure_or_a_note(data: bytes) -> None:
    result = outcome(data)
    if isinstance(result, BadInput):
        said = f"{result!r} {result} {result.__cause__}"
        assert not any(secret in said for secret in ("719", "NOTEWORTHY", "REDWORTHY"))


@settings(max_examples=examples(300))
@given(st.one_of(st.binary(max_size=300), mutated(EXAMPLE.encode()), toml_like()))
def test_hostile_bytes_give_a_position_or_bad_input_and_nothing_else(data: bytes) -> None:
    result = outcome(data)
    if isinstance(result, BadInput):
        assert str(result).startswith("position.toml")
        assert result.line is None or 1 <= result.line <= data.count(b"\n") + 1
    else:
        assert read(write_position(result, AGENDA)) == result


def outcome(data: bytes) -> Position | BadInput:
    try:
        return read_position(data, "position.toml", AGENDA)
    except BadInput as error:
        return error


@given(st.data())
def test_a_position_for_one_agenda_is_refused_for_another(data: st.DataObject) -> None:
    agenda, other = data.draw(agendas()), data.draw(agendas())
    position = data.draw(positions(agenda, max_red_lines=0))
    same = {i.id: {o.id for o in i.options} for i in agenda.issues} == {
        i.id: {o.id for o in i.options} for i in other.issues
    }
    if same:
        require_covers(position, other)
    else:
        with pytest.raises(
            BadInput, match=r"not an (issue|option) of|Nothing is said|another agenda"
        ):
            read(write_position(position, agenda), other)


def test_a_position_made_in_code_keeps_the_same_rules() -> None:
    with pytest.raises(BadInput, match="No weight is above 0"):
        replace(READ, weights={"alignment": Decimal(0)})
    with pytest.raises(BadInput, match='"accept_from" is not between'):
        replace(READ, accept_from=Fraction(301, 3))
    with pytest.raises(BadInput, match="more than 6 decimals"):
        replace(READ, accept_from=Decimal("1.0000001"))
    with pytest.raises(BadInput, match="not a number that can be used"):
        replace(READ, accept_from=Decimal("sNaN"))
    with pytest.raises(BadInput, match="more than 1,000 red lines"):
        replace(READ, red_lines=READ.red_lines * 1001)


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "figure", ["1e999999999", "1e-999999999", "0e999999999", "0x" + "f" * 900_000, "9" * 900_000]
)
@pytest.mark.parametrize("key", ["accept_from = 55", "alignment = 30", "open = 10.000001"])
def test_a_number_made_to_hang_a_reader_is_refused_soon(figure: str, key: str) -> None:
    # Without their guards these take minutes or all memory.
    with pytest.raises(BadInput):
        read(EXAMPLE.replace(key, key.split("=")[0] + "= " + figure))

"""Agendas: the format, every malformation with its place, the digest, and hostile bytes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from strategies import agendas, mutated, toml_like
from tracktwo.deal.agenda import (
    Agenda,
    Issue,
    Option,
    read_agenda,
    read_choice,
    write_agenda,
)
from tracktwo.errors import BadInput

CORPUS = Path(__file__).parent.parent / "corpus" / "agenda"

EXAMPLE = """
title = "Spring 2022"
note = "Two questions of many."

[[issue]]
id = "alignment"
name = "Alignment of Ukraine"
  [[issue.option]]
  id = "neutral"
  name = "Permanent neutrality"
  source = "U1a"
  [[issue.option]]
  id = "open"
  name = "Left open"
  note = "as it was"

[[issue]]
id = "guarantee"
name = "Guarantee"
source = "U2"
  [[issue.option]]
  id = "each-acts"
  name = "Each acts"
  [[issue.option]]
  id = "all-agree"
  name = "All must agree"

[[exclude]]
together = ["alignment=open", "guarantee=all-agree"]
note = "nobody ever proposed it"
"""

READ = Agenda(
    title="Spring 2022",
    issues=(
        Issue(
            "alignment",
            "Alignment of Ukraine",
            (
                Option("neutral", "Permanent neutrality", source="U1a"),
                Option("open", "Left open", note="as it was"),
            ),
        ),
        Issue(
            "guarantee",
            "Guarantee",
            (Option("each-acts", "Each acts"), Option("all-agree", "All must agree")),
            source="U2",
        ),
    ),
    exclude=(frozenset({("alignment", "open"), ("guarantee", "all-agree")}),),
    points=250,
    note="Two questions of many.",
    exclude_notes=("nobody ever proposed it",),
)

# Each file of the corpus: the line the message names, and a part of what it says.
BAD = {
    "a-position": (None, "This is a position, not an agenda. Keep it to yourself"),
    "blank-title": (1, '"title" is empty'),
    "direction-override-in-a-name": (13, '"name" contains the invisible sign U+202E'),
    "dotted-far-too-deep": (1, "nested far too deep"),
    "empty": (None, '"title" is missing'),
    "empty-id": (20, '"" cannot be an id'),
    "escape-in-a-name": (13, '"name" contains the invisible sign U+001B'),
    "exclude-of-an-option-twice": (28, '"alignment=open" stands there twice'),
    "exclude-of-an-unknown-issue": (28, 'no issue "alignement". Did you mean "alignment"?'),
    "exclude-of-an-unknown-option": (28, 'no option "opne". Did you mean "open"?'),
    "exclude-of-nothing": (27, '"together" is missing'),
    "exclude-of-numbers": (28, '"together" is not a list of texts'),
    "exclude-of-one-option": (28, "names fewer than two options"),
    "exclude-of-text": (28, 'Write it as together = ["issue=option", ...]'),
    "exclude-of-two-options-of-one-issue": (28, 'Two options of the issue "alignment"'),
    "exclude-without-a-sign": (28, '"open" does not name an option'),
    "hidden-tag-in-a-note": (2, '"note" contains the invisible sign U+E0041'),
    "id-from-a-dash": (20, '"-each" cannot be an id'),
    "id-too-long": (20, "Use up to 64 letters and digits"),
    "id-with-a-space": (20, '"each acts" cannot be an id'),
    "id-with-an-equals-sign": (20, '"each=acts" cannot be an id'),
    "issue-is-a-table": (2, "Write [[issue]], in two brackets"),
    "issues-over-64": (386, "more than 64 issues"),
    "key-twice": (13, "A key stands there twice"),
    "latin-1": (13, "not UTF-8 text. Save the file as UTF-8"),
    "line-break-in-a-name": (13, '"name" contains a line break'),
    "linked-in-deeper-groups": (2, '"linked" is not a list of groups of ids'),
    "linked-in-two-brackets": (27, 'Write it as linked = [["one", "another"], ...]'),
    "linked-misspelt": (2, '"linkd" is not a key that belongs here. Did you mean "linked"?'),
    "linked-of-a-number-among-ids": (2, '"linked" is not a list of groups of ids'),
    "linked-of-an-option": (2, 'no issue "alignment=open" to link. Did you mean "alignment"?'),
    "linked-of-an-unknown-issue": (2, 'no issue "garantee" to link. Did you mean "guarantee"?'),
    "linked-of-issues-without-a-group": (2, 'Write it as linked = [["one", "another"], ...]'),
    "linked-of-no-issue": (2, "Write the ids of two or more different issues in each group"),
    "linked-of-numbers": (2, '"linked" is not a list of groups of ids'),
    "linked-of-one-issue": (2, "A group of linked issues names fewer than two"),
    "linked-of-one-issue-twice": (2, "two or more different issues in each group"),
    "linked-of-text": (2, '"linked" is not a list of groups of ids'),
    "linked-over-1000": (2, "There are more than 1,000 groups in linked"),
    "linked-true": (2, '"linked" is not a list of groups of ids'),
    "linked-twice": (3, "A key stands there twice"),
    "linked-under-an-issue": (27, '"linked" is not a key that belongs here'),
    "name-too-long": (13, '"name" is longer than 500 characters'),
    "nested-far-too-deep": (None, "nested far too deep"),
    "no-issue": (None, "There is no issue"),
    "no-option": (2, "There is no option"),
    "no-quotation-marks": (13, "Texts go in quotation marks"),
    "no-title": (None, '"title" is missing'),
    "not-closed": (13, "Put a quotation mark at its end"),
    "option-without-id": (11, '"id" is missing'),
    "option-without-name": (11, '"name" is missing'),
    "options-over-255": (770, "more than 255 options"),
    "place-after-a-text-of-several-lines": (16, '"open!" cannot be an id'),
    "points-of-zero": (2, '"points" is not between 1 and 1,000'),
    "points-over-a-thousand": (2, '"points" is not between 1 and 1,000'),
    "points-true": (2, '"points" is not a whole number'),
    "points-with-decimals": (2, '"points" is not a whole number'),
    "title-is-a-number": (1, '"title" is not text. Put it in quotation marks'),
    "two-issues-of-one-id": (16, 'Two issues have the id "alignment"'),
    "two-options-of-one-id": (12, 'Two options have the id "neutral"'),
    "two-options-of-one-id-in-two-normal-forms": (12, 'Two options have the id "café"'),
    "unknown-key": (2, '"tilte" is not a key that belongs here. Did you mean "title"?'),
    "unknown-key-in-exclude": (28, 'Did you mean "together"?'),
    "unknown-key-in-option": (13, 'Did you mean "name"?'),
    "utf-16": (1, "not UTF-8 text"),
}


def read(text: str) -> Agenda:
    return read_agenda(text.encode(), "agenda.toml")


def test_an_agenda_is_read_as_the_design_writes_it() -> None:
    assert read(EXAMPLE) == READ


@pytest.mark.parametrize("name", sorted(BAD))
def test_each_malformation_has_its_line_and_says_what_to_do(name: str) -> None:
    line, said = BAD[name]
    with pytest.raises(BadInput) as caught:
        read_agenda((CORPUS / f"{name}.toml").read_bytes(), "agenda.toml")
    place = "agenda.toml: " if line is None else f"agenda.toml, line {line}: "
    assert str(caught.value).startswith(place)
    assert said in str(caught.value)


def test_every_file_of_the_corpus_is_in_the_table() -> None:
    assert {path.stem for path in CORPUS.iterdir()} == set(BAD)


@given(agendas())
def test_what_is_written_reads_back_equal(agenda: Agenda) -> None:
    back = read(write_agenda(agenda))
    assert back == agenda
    assert back.digest() == agenda.digest()


def test_a_byte_order_mark_and_windows_line_ends_change_nothing() -> None:
    assert read_agenda(b"\xef\xbb\xbf" + EXAMPLE.replace("\n", "\r\n").encode(), "x") == READ


def test_ids_typed_in_another_normal_form_are_the_same_ids() -> None:
    decomposed = EXAMPLE.replace("neutral", "cafe\u0301").replace("=open", "=caf\u00e9")
    assert read(decomposed).exclude == (
        frozenset({("alignment", "caf\u00e9"), ("guarantee", "all-agree")}),
    )


def test_ids_of_linked_issues_typed_in_another_normal_form_are_the_same_ids() -> None:
    text = EXAMPLE.replace("alignment", "cafe\u0301")
    agenda = read('linked = [["caf\u00e9", "guarantee"]]\n' + text)
    assert agenda.linked == (("caf\u00e9", "guarantee"),)


def test_linking_nothing_is_not_the_same_as_not_saying_what_is_linked() -> None:
    assert read(EXAMPLE).linked is None
    assert read("linked = []\n" + EXAMPLE).linked == ()


def test_points_default_to_250_and_are_read_when_given() -> None:
    assert read(EXAMPLE).points == 250
    assert read("points = 1000\n" + EXAMPLE).points == 1000


def test_two_issues_may_share_option_ids() -> None:
    assert (
        read(EXAMPLE.replace("each-acts", "neutral")).issue("guarantee").options[0].id == "neutral"
    )


def test_a_file_over_a_megabyte_is_not_parsed() -> None:
    with pytest.raises(BadInput, match="at most 1,000,000 are read"):
        read_agenda(b"#" * 1_000_001, "agenda.toml")


CHANGES = {
    "title": lambda a: replace(a, title="Autumn"),
    "note": lambda a: replace(a, note=""),
    "points": lambda a: replace(a, points=251),
    "issue order": lambda a: replace(a, issues=a.issues[::-1]),
    "issue name": lambda a: replace(a, issues=(replace(a.issues[0], name="X"), a.issues[1])),
    "issue id": lambda a: replace(
        a, issues=(replace(a.issues[0], id="x"), a.issues[1]), exclude=(), exclude_notes=()
    ),
    "option order": lambda a: replace(
        a, issues=(replace(a.issues[0], options=a.issues[0].options[::-1]), a.issues[1])
    ),
    "option source": lambda a: replace(
        a,
        issues=(
            replace(
                a.issues[0],
                options=(replace(a.issues[0].options[0], source="U1b"), a.issues[0].options[1]),
            ),
            a.issues[1],
        ),
    ),
    "no exclusion": lambda a: replace(a, exclude=(), exclude_notes=()),
    "exclusion note": lambda a: replace(a, exclude_notes=("",)),
}


def test_the_digest_changes_with_everything_in_the_agenda() -> None:
    digests = {READ.digest(), *(change(READ).digest() for change in CHANGES.values())}
    assert len(digests) == len(CHANGES) + 1
    assert all(len(digest) == 32 for digest in digests)


def test_the_digest_is_that_of_the_value_not_of_the_file() -> None:
    spaced = (
        EXAMPLE.replace("  [[", "[[")
        .replace("=", " = ")
        .replace("alignment = open", "alignment=open")
    )
    spaced = spaced.replace("guarantee = all-agree", "guarantee=all-agree")
    assert read("# a comment\n" + spaced).digest() == READ.digest()


def test_the_digest_is_fixed_for_ever() -> None:
    # Both sides must find the same digest, whatever version they run.
    one = Agenda("One", (Issue("i", "I", (Option("o", "O"),)),))
    assert one.digest().hex() == "ad73de1f1661c34ac5fdd244963b0ebe3528a21243bfd7685c7c0681de8ceb07"


def test_an_agenda_made_in_code_keeps_the_same_rules() -> None:
    with pytest.raises(BadInput, match="Two options have the id"):
        Issue("i", "I", (Option("o", "O"), Option("o", "P")))
    with pytest.raises(BadInput, match="cannot be an id"):
        Option("e\u0301", "not in normal form C")
    with pytest.raises(BadInput, match=r"U\+D800"):
        Option("o", "half a pair \ud800")
    with pytest.raises(BadInput, match="one note for each exclusion"):
        replace(READ, exclude_notes=("one", "two"))


@pytest.mark.parametrize(
    "code", [0, 7, 8, 13, 27, 0x7F, 0x85, 0x9B, 0x200B, 0x2028, 0x2066, 0xFEFF]
)
def test_signs_that_steer_or_hide_are_refused_everywhere(code: int) -> None:
    for field in ("name", "note", "source"):
        with pytest.raises(BadInput, match=rf"U\+{code:04X}"):
            Option("o", **{"name": "n", field: f"a{chr(code)}b"})


def test_a_key_that_would_steer_a_terminal_is_shown_harmless() -> None:
    with pytest.raises(BadInput) as caught:
        read('"\\u001b[31m\\u202e" = 1')
    assert "\x1b" not in str(caught.value)
    assert "\u202e" not in str(caught.value)
    assert "\\u001b[31m\\u202e" in str(caught.value)


@pytest.mark.parametrize(
    ("text", "choice"), [("a=b", ("a", "b")), (" a = b ", ("a", "b")), ("é=ü.1", ("é", "ü.1"))]
)
def test_a_choice_is_read_from_issue_and_option(text: str, choice: tuple[str, str]) -> None:
    assert read_choice(text) == choice


@pytest.mark.parametrize("text", ["", "=", "a=", "=b", "ab", "a=b=c"])
def test_anything_else_is_no_choice(text: str) -> None:
    with pytest.raises(BadInput, match="does not name an option"):
        read_choice(text)


def test_options_are_found_by_id_or_not_at_all() -> None:
    assert READ.issue("alignment").option("open").name == "Left open"
    with pytest.raises(KeyError):
        READ.issue("border")
    with pytest.raises(KeyError):
        READ.issue("alignment").option("shut")


@settings(max_examples=examples(300))
@given(st.one_of(st.binary(max_size=300), mutated(EXAMPLE.encode()), toml_like()))
def test_hostile_bytes_give_an_agenda_or_bad_input_and_nothing_else(data: bytes) -> None:
    result = outcome(data)
    if isinstance(result, BadInput):
        assert str(result).startswith("agenda.toml")
        assert result.line is None or 1 <= result.line <= data.count(b"\n") + 1
    else:
        assert read(write_agenda(result)) == result


def outcome(data: bytes) -> Agenda | BadInput:
    try:
        return read_agenda(data, "agenda.toml")
    except BadInput as error:
        return error


MEGABYTE = 990_000


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "data",
    [
        b"a." * (MEGABYTE // 2) + b"a = 1",
        b'"a".' * (MEGABYTE // 4) + b"a = 1",
        b"a = " + b"[" * MEGABYTE,
        b"a = " + b"{a = " * (MEGABYTE // 5),
        b"points = 0x" + b"f" * MEGABYTE,
        b"points = " + b"9" * MEGABYTE,
        b"points = 0." + b"1" * MEGABYTE,
        b"points = 1e999999999",
        b"points = 1e99999999999999999999",
        b"[[issue]]\n[issue.b]\n" * (MEGABYTE // 20),
        b"".join(b"k%d = 1\n" % n for n in range(MEGABYTE // 11)),
        b'a = """\\"""\n' + b'\\"' * (MEGABYTE // 2) + b'"""',
        b"a = '" + b'\\"' * (MEGABYTE // 2) + b"'",
        b'"' + "\u0301\u0316".encode() * (MEGABYTE // 4) + b'" = 1',
        b'title = "' + "\u0301\u0316".encode() * (MEGABYTE // 4) + b'"',
        b'title = "a"\n[[issue]]\nname = "a"\nid = "' + "\u0301\u0316".encode() * 200_000 + b'"',
        b"[[exclude]]\ntogether = [" + b'"a=b",' * (MEGABYTE // 6) + b"]",
        b".''" * (MEGABYTE // 3),
    ],
)
def test_a_megabyte_made_to_hang_a_reader_is_refused_soon(data: bytes) -> None:
    # Each takes 2 s at most; without its guard, one takes minutes and the timeout fails the test.
    with pytest.raises(BadInput):
        read_agenda(data, "agenda.toml")

"""Hypothesis strategies shared by the tests: agendas and positions that keep every rule.

from strategies import agendas, positions

@given(st.data())
def test_...(data):
    agenda = data.draw(agendas())
    position = data.draw(positions(agenda))
"""

from __future__ import annotations

import math
from decimal import Decimal

from hypothesis import strategies as st

from matters import Matter, matters
from tracktwo.deal.agenda import Agenda, Combination, Issue, Option
from tracktwo.deal.linked import Group
from tracktwo.deal.position import Position, RedLine

IDS = st.one_of(
    st.sampled_from(["a", "b", "c", "open", "neutral", "each-acts", "all_agree", "v1.2", "7"]),
    st.text("abcdefgh0123456789", min_size=1, max_size=4),
    st.sampled_from(["мир", "ceasefire.v2", "ö", "हिन्दी", "停火", "default", "a.b.c"]),
)
# One line, not blank, of signs that are allowed; quotes and backslashes to try the TOML writer.
NAMES = st.text("aZ 9'\"\\#=[]{}.,—й中\u200d", min_size=1, max_size=12).filter(str.strip)
NOTES = st.text("aZ 9'\"\\#=\n\tй中", max_size=20)


def decimals(top: int) -> st.SearchStrategy[Decimal]:
    """Decimals from 0 to `top` of at most 6 places: round ones, edges, and any."""
    millionths = st.integers(0, top * 10**6).map(lambda n: Decimal(n).scaleb(-6))
    return st.one_of(
        st.integers(0, top).map(Decimal), st.sampled_from([0, top]).map(Decimal), millionths
    )


@st.composite
def agendas(
    draw: st.DrawFn,
    *,
    min_issues: int = 1,
    max_issues: int = 4,
    max_options: int = 4,
    max_exclusions: int = 3,
    max_points: int = 1000,
    linked: bool = False,
) -> Agenda:
    """Agendas of a few issues, with exclusions that leave at least one package.

    With `linked` they declare which issues red lines may join, which may be none.
    """
    count = draw(st.integers(min_issues, max_issues))
    ids = draw(st.lists(IDS, min_size=count, max_size=count, unique=True))
    issues = tuple(draw(_issues(issue_id, max_options)) for issue_id in ids)
    exclude: list[Combination] = []
    if count > 1:
        wanted = draw(st.integers(0, max_exclusions))
        # The package of first options is spared, so that something is always left.
        for _ in range(wanted):
            combination = draw(combinations(issues, min_size=2))
            firsts = {(issue.id, issue.options[0].id) for issue in issues}
            if not combination <= firsts:
                exclude.append(combination)
    return Agenda(
        title=draw(NAMES),
        issues=issues,
        exclude=tuple(exclude),
        points=draw(st.one_of(st.just(250), st.integers(1, max_points))),
        note=draw(NOTES),
        exclude_notes=tuple(draw(NOTES) for _ in exclude),
        linked=draw(_groups(ids)) if linked else None,
    )


@st.composite
def _groups(draw: st.DrawFn, ids: list[str]) -> tuple[Group, ...]:
    """Groups of two or three issues, anywhere on the agenda; one issue may be in several."""
    if len(ids) < 2:
        return ()
    sizes = draw(st.lists(st.integers(2, min(3, len(ids))), max_size=3))
    return tuple(tuple(draw(st.permutations(ids))[:size]) for size in sizes)


@st.composite
def _issues(draw: st.DrawFn, issue_id: str, max_options: int) -> Issue:
    ids = draw(st.lists(IDS, min_size=1, max_size=max_options, unique=True))
    options = tuple(Option(i, draw(NAMES), draw(NOTES), draw(NOTES)) for i in ids)
    return Issue(issue_id, draw(NAMES), options, draw(NOTES), draw(NOTES))


@st.composite
def combinations(
    draw: st.DrawFn, issues: tuple[Issue, ...], *, min_size: int = 0, max_size: int = 3
) -> Combination:
    """One option each of some of `issues`."""
    size = draw(st.integers(min_size, max(min_size, min(max_size, len(issues)))))
    chosen = draw(st.permutations(issues))[:size]
    return frozenset((issue.id, draw(st.sampled_from(issue.options)).id) for issue in chosen)


@st.composite
def red_lines(draw: st.DrawFn, agenda: Agenda) -> RedLine:
    """Red lines of one or two options, unless none to two others, as the agenda permits."""
    issues = agenda.issues
    if agenda.linked is not None:
        alone = [(issue.id,) for issue in issues]
        together = draw(st.sampled_from([*agenda.linked, *agenda.linked, *alone]))
        issues = tuple(issue for issue in issues if issue.id in together)
    never = draw(combinations(issues, min_size=1, max_size=2))
    named = {issue_id for issue_id, _ in never}
    others = tuple(issue for issue in issues if issue.id not in named)
    return RedLine(never, draw(combinations(others, max_size=2)), draw(NOTES))


@st.composite
def positions(draw: st.DrawFn, agenda: Agenda, *, max_red_lines: int = 3) -> Position:
    """Positions on `agenda`: any weights, scores, line and red lines."""
    weights = {issue.id: draw(decimals(100)) for issue in agenda.issues}
    if not any(weights.values()):
        weights[draw(st.sampled_from(agenda.issues)).id] = Decimal(1)
    scores = {
        issue.id: {option.id: draw(decimals(100)) for option in issue.options}
        for issue in agenda.issues
    }
    return Position(
        accept_from=draw(st.one_of(decimals(100), st.integers(30, 70).map(Decimal))),
        weights=weights,
        scores=scores,
        red_lines=tuple(draw(st.lists(red_lines(agenda), max_size=max_red_lines))),
        notes=draw(NOTES),
    )


@st.composite
def _worded(draw: st.DrawFn) -> Matter:
    agenda = draw(agendas(linked=True))
    return agenda, draw(positions(agenda)), draw(positions(agenda))


def every_kind_of_matter() -> st.SearchStrategy[Matter]:
    """Of a few issues, of many that hang together, and now and then of any texts and figures."""
    kinds = {
        "few": matters(),
        "hanging together": matters(min_issues=5, max_issues=8, max_options=2),
        "worded": _worded(),
    }
    often = ["few"] * 10 + ["hanging together"] * 5 + ["worded"]
    return st.sampled_from(often).flatmap(kinds.__getitem__)


def package_count(agenda: Agenda) -> int:
    """How many packages `agenda` has before its exclusions."""
    return math.prod(len(issue.options) for issue in agenda.issues)


def mutated(text: bytes) -> st.SearchStrategy[bytes]:
    """`text` with a few bytes, or a few lines, changed, deleted, doubled or moved."""
    return st.one_of(_byte_mutations(text), _line_mutations(text))


@st.composite
def _byte_mutations(draw: st.DrawFn, text: bytes) -> bytes:
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        stop = draw(st.integers(start, min(len(text), start + 40)))
        place = draw(st.integers(0, len(text)))
        written = st.sampled_from((text[start:stop], *PIECES)) | st.binary(max_size=3)
        if draw(st.booleans()):
            text = text[:start] + draw(written | st.just(b"")) + text[stop:]
        else:
            text = text[:place] + draw(written) + text[place:]
    return text


@st.composite
def _line_mutations(draw: st.DrawFn, text: bytes) -> bytes:
    lines = text.split(b"\n")
    for _ in range(draw(st.integers(1, 3))):
        place = draw(st.integers(0, len(lines) - 1))
        key, sign, value = lines[place].partition(b" = ")
        change = draw(st.sampled_from(["value", "value", "key", "delete", "move", "double"]))
        if change == "value" and sign:
            lines[place] = key + sign + draw(st.sampled_from(VALUES))
        elif change == "key" and sign:
            lines[place] = draw(st.sampled_from(KEYS)) + sign + value
        else:
            line = lines[place] if change == "double" else lines.pop(place)
            if change != "delete" or not lines:
                lines.insert(draw(st.integers(0, len(lines))), line)
    return b"\n".join(lines)


PIECES = tuple(
    piece.encode()
    for piece in (
        *("[[issue]]", "[[issue.option]]", "[[exclude]]", "[[red_line]]", "[weights]", "[scores]"),
        *("[scores.alignment]", "id", "name", "title", "note", "together", "never", "unless"),
        *("accept_from", "default_score", "=", "\n", '"', "'", '"""', "'''", "[", "]", "{", "}"),
        *(",", ".", "#", "\\u001b", "\\", "-", "1e9", "1e999999999", "nan", "inf", "0x", "true"),
        *("1979-05-27T07:32:00Z", "999999999999999999999", "0.1234567", "é", "\u202e", "\x00"),
        *('"alignment=open"', '"a"', "100", "neutral", "alignment", "guarantee"),
    )
)


VALUES = tuple(
    value.encode()
    for value in (
        *("0", "-1", "100", "100.000001", "0.1234567", "1e3", "1e999999999", "nan", "-inf", "true"),
        *("1979-05-27", "99999999999999999999", '""', '" "', '"neutral"', '"\\u001b"', '"\u202e"'),
        *("[]", "[[]]", "{}", "[{}]", '["alignment=open"]', '["alignment=open", "guarantee=x"]'),
        *('["guarantee=all-agree", "alignment=neutral"]', '["open"]', "{alignment = 1}", "[1]"),
    )
)
KEYS = tuple(
    key.encode()
    for key in (
        *("id", "name", "note", "source", "title", "points", "issue", "option", "exclude", "never"),
        *("unless", "weights", "scores", "alignment", "neutral", "default_score", '"a b"', "a.b"),
    )
)


def toml_like() -> st.SearchStrategy[bytes]:
    """Bytes strung together from what the files are made of."""
    return st.lists(st.sampled_from(PIECES), max_size=40).map(b" ".join)

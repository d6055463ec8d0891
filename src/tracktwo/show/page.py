"""A demonstration as one page to read or print: A4 or Letter, black and white, no script.

Nothing is fetched from anywhere, and every text from outside is escaped.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from tracktwo.show import words
from tracktwo.show.room_map import drawing
from tracktwo.show.story import Settlement, Story

_SAID = {"best": "in, best", "in": "in", "not": "not"}
_STYLE = """
@page { margin: 15mm; }
body { font: 11pt/1.4 Georgia, "Times New Roman", serif; color: #000; background: #fff;
  max-width: 46rem; margin: 1.5rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; line-height: 1.15; } h2 { font-size: 1.15rem; margin-top: 1.6rem; }
h1, h2, h3, th { font-family: Arial, Helvetica, sans-serif; }
h2, h3, caption { break-after: avoid; }
table { border-collapse: collapse; width: 100%; font-size: .85rem; }
caption { text-align: left; font-style: italic; padding-bottom: .3rem; }
th, td { text-align: left; vertical-align: top; border-top: 1px solid #999;
  padding: .15rem .5rem .15rem 0; }
tr, svg, .alone, .short { break-inside: avoid; }
td:last-child { white-space: nowrap; }
.short { border: 2px solid #000; padding: .1rem .8rem; font-weight: bold; }
.alone { border-left: 4px double #000; padding-left: .8rem; }
code { font-size: .8rem; overflow-wrap: anywhere; }
svg { width: 100%; height: auto; }
dt { font-weight: bold; } dd { margin: 0 0 .4rem 1.5rem; }
@media print { body { max-width: none; margin: 0; padding: 0; font-size: 10pt; } }
"""


def page(story: Story) -> bytes:
    """The whole document, UTF-8."""
    title = story.stage.packages.agenda.title
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}: is there room for a deal?</title><style>{_STYLE}</style>"
    )
    parts = [f"<h1>{escape(title)}: is there room for a deal?</h1>", *_parts(story)]
    body = "\n".join(["<main>", *parts, "</main>"])
    whole = f'<html lang="en">\n<head>{head}</head>\n<body>\n{body}\n</body>\n</html>'
    return f"<!doctype html>\n{whole}\n".encode()


def _parts(story: Story) -> Iterable[str]:
    stage, outcome, names = story.stage, story.outcome, story.names
    agenda = stage.packages.agenda
    said = words.answered(stage.question, stage.packages.count, outcome.answer)
    yield f'<div class="short">{_paragraphs(said)}</div>'
    yield _paragraphs(stage.opening())
    yield _part("On the table, seen by both", _paragraphs([agenda.note, *stage.on_the_table()]))
    for view in story.views:
        seen = _part(f"Seen by {view.name} alone", _list(view.sentences))
        yield f'<div class="alone">{seen}</div>'
    told = words.telling(stage.question, stage.packages)
    terms = "".join(f"<dt>{escape(ask)}</dt><dd>{escape(said)}</dd>" for ask, said in told)
    yield _part(
        "What each side reads before anything is sent",
        f"<p>What the answer lets the other side know:</p><dl>{terms}</dl>"
        + _list(stage.cautions()),
    )
    commands = "".join(f"<p><code>{escape(view.command)}</code></p>" for view in story.views)
    yield _part("What each side runs, out of the other's sight", commands)
    yield _part("The answer, the same for both", _answer(story))
    if story.settlement is not None:
        yield _part("What nobody in the sitting could see", _settlement(story.settlement, names))
    cost = words.spent(stage.cost, outcome.seconds, outcome.memory)
    yield _part(
        "What it took, on each side",
        _paragraphs([cost, f"{outcome.messages} messages in all."]),
    )
    yield _part("What neither side learnt", _paragraphs(stage.not_learnt(names)))


def _answer(story: Story) -> str:
    stage, answer = story.stage, story.outcome.answer
    agenda = stage.packages.agenda
    said = [
        story.outcome.both_hold(story.names),
        *words.answered(stage.question, stage.packages.count, answer),
    ]
    if answer.where is None or words.is_empty(answer):
        return _paragraphs(said)
    legend = "IN: part of a package both accept. Not: of none."
    if answer.best is not None:
        legend += " Thick: in the best package, which the line joins."
    rows = [
        (
            issue.name,
            [(o.name, _SAID[words.mark_of(answer, issue.id, o.id)]) for o in issue.options],
        )
        for issue in agenda.issues
    ]
    named = words.best_by(stage.question)
    table = _grouped("The room, option by option", ("Issue", "Option", "Room"), rows)
    return _paragraphs([*said, legend, f"{named} is marked."]) + drawing(agenda, answer) + table


def _settlement(settlement: Settlement, names: Sequence[str]) -> str:
    header = ("Issue", "As settled", *(f"{name}, of 100" for name in names))
    rows = [(row.issue, row.option, *row.scores) for row in settlement.rows]
    rows.append(("All together", "by each side's weights", *settlement.worth))
    rows.append(("The line", "accepts from", *settlement.lines))
    caption = "What the settlement is worth, as a mediator holding both positions sees it"
    return _paragraphs(settlement.sentences(names)) + _table(caption, header, rows)


def _part(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>\n{content}</section>"


def _paragraphs(sentences: Iterable[str]) -> str:
    return "\n".join(f"<p>{escape(sentence)}</p>" for sentence in sentences if sentence)


def _list(sentences: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in sentences)}</ul>"


def _grouped(
    caption: str, header: Sequence[str], groups: Iterable[tuple[str, Sequence[Sequence[str]]]]
) -> str:
    """A table whose first column holds for several rows."""
    body = ""
    for first, rows in groups:
        body += f'<tbody><tr><th scope="rowgroup" rowspan="{len(rows)}">{escape(first)}</th>'
        body += "</tr>\n<tr>".join(_cells(row) for row in rows) + "</tr></tbody>\n"
    return _framed(caption, header, body)


def _table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    body = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{_cells(rest)}</tr>\n' for first, *rest in rows
    )
    return _framed(caption, header, f"<tbody>\n{body}</tbody>")


def _framed(caption: str, header: Sequence[str], body: str) -> str:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>{body}</table>"
    )


def _cells(cells: Sequence[str]) -> str:
    return "".join(f"<td>{escape(cell)}</td>" for cell in cells)

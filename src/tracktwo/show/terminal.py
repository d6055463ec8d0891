"""Everything printed in a terminal.

The rules: answers go to standard output, everything else to standard error; 80 columns are enough
and no colour is needed, so nothing is said by weight or colour alone; rich is told to interpret
nothing in the texts, which may be the other side's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO, TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from tracktwo.deal.agenda import Agenda, Combination
from tracktwo.deal.analysis import Rule, Study
from tracktwo.deal.package import OutcomeSpace, Package
from tracktwo.deal.sentences import Description, PackageView
from tracktwo.probe.question import Answer, Question
from tracktwo.show import words
from tracktwo.show.story import Settlement, Stage, Story, View

if TYPE_CHECKING:  # it brings in all of the secure computation, which not every command needs
    from tracktwo.probe.cost import Cost
    from tracktwo.show.prospect import Prospect

_WIDEST = 100
_NARROWEST = 20
_ALIGNED = 24  # ids longer than this do not push all others aside


def console(file: IO[str]) -> Console:
    """A console that prints what it is given, on lines of a length that reads well."""
    out = Console(file=file, markup=False, highlight=False, emoji=False)
    out.width = min(out.width, _WIDEST)
    return out


def heading(out: Console, text: str) -> None:
    """A line that opens a part."""
    out.print()
    out.print(Text(text, "bold"))


def lines(out: Console, sentences: Iterable[str], indent: int = 2) -> None:
    """Each sentence on a line of its own, wrapped."""
    for sentence in sentences:
        _wrapped(out, " " * indent, sentence)


def columns(out: Console, rows: Iterable[Sequence[str]], *, header: Sequence[str] = ()) -> None:
    """Rows in columns, the last of which is wrapped. A header has one cell for each column."""
    listed = [*([header] if header else []), *rows]
    widths = [max(map(cell_len, cells)) for cells in list(zip(*listed, strict=True))[:-1]]
    for row in listed:
        cells = zip(row[:-1], widths, strict=True)
        start = "  " + "".join(set_cell_size(cell, width) + "  " for cell, width in cells)
        if out.width - cell_len(start) < _NARROWEST:  # no room beside them
            out.print(Text(start.rstrip()), no_wrap=True, overflow="ignore", crop=False)
            start = " " * 6
        _wrapped(out, start, row[-1])


def _wrapped(out: Console, start: str, text: str) -> None:
    """`text` after `start`, its further lines under the first."""
    indent = cell_len(start)
    for line in Text(text).wrap(out, max(_NARROWEST, out.width - indent)) or [Text()]:
        line.rstrip()
        out.print(Text(start) + line, no_wrap=True, overflow="ignore", crop=False)
        start = " " * indent


# An agenda


def show_agenda(
    out: Console,
    packages: OutcomeSpace,
    costs: Sequence[Prospect],
    *,
    sources: bool,
) -> None:
    """An agenda said back, with what a probe of it would take."""
    agenda = packages.agenda
    out.print(Text(agenda.title, "bold"))
    lines(out, filter(None, [agenda.note.strip()]))
    for issue in agenda.issues:
        heading(out, f"{issue.name} ({issue.id})")
        lines(out, _asides(issue.note, issue.source, sources=sources))
        rows: list[tuple[str, str]] = []
        for option in issue.options:
            rows.append((option.id, option.name))
            asides = _asides(option.note, option.source, sources=sources)
            rows.extend(("", f"  {aside}") for aside in asides)
        columns(out, rows)
    if agenda.exclude:
        heading(out, "Never together")
    for combination, note in zip(agenda.exclude, agenda.exclude_notes, strict=True):
        lines(out, [_together(agenda, combination)])
        lines(out, filter(None, [note.strip()]), indent=4)
    if agenda.linked is not None:
        heading(out, "Linked: what red lines may join")
        lines(out, map(" and ".join, agenda.linked or [("none",)]))
    heading(out, f"{words.so_many_packages(packages.count)}, {agenda.points} points a side")
    columns(
        out,
        [
            (
                ",".join(each.question.asked),
                cost.circuit + (" *" if cost == each.chosen else ""),
                f"{cost.and_gates:,}",
                words.size(cost.bytes_sent),
                f"{each.bits:.1f}",
            )
            for each in costs
            for cost in each.costs
        ],
        header=("a probe of", "circuit", "gates", "sends", "bits"),
    )
    lines(
        out,
        [
            "Gates of one run, what each side sends, the most bits an answer tells. *: the circuit"
            " taken unless --circuit says otherwise."
        ],
    )
    heading(out, "To compare with the other side, by voice")
    lines(out, [words.by_voice(agenda.digest())])


def _asides(note: str, source: str, *, sources: bool) -> list[str]:
    return [*filter(None, [note.strip()]), *([f"Source: {source}"] if sources and source else [])]


def _together(agenda: Agenda, combination: Combination) -> str:
    return " and ".join("=".join(choice) for choice in agenda.in_order(combination))


# A position


def show_description(out: Console, agenda: Agenda, description: Description) -> None:
    """A position said back."""
    out.print(Text(f"Your position on {description.title}", "bold"))
    lines(out, ["For your side's eyes alone."], indent=0)
    out.print()
    lines(out, description.sentences())
    if description.remarks:
        heading(out, "Is this meant?")
        lines(out, (remark.sentence for remark in description.remarks))
    for title, views in (
        ("The best packages for you", description.best),
        ("The least you would accept", description.just_above),
        ("What just misses your line", description.just_below),
        ("What only a red line forbids", description.forbidden),
    ):
        if views:
            heading(out, title)
            lines(out, (_package_line(agenda, view) for view in views))


def _package_line(agenda: Agenda, view: PackageView) -> str:
    above = f"{abs(view.above)} {'below' if view.above < 0 else 'above'} your line"
    return f"{view.points} points, {above}: {words.choices(agenda, view.package)}"


# Two positions


def show_study(
    out: Console, found: Study, names: tuple[str, str], probed: dict[str, list[Package | None]]
) -> None:
    """What two positions leave open, for one who holds both."""
    agenda = found.packages.agenda
    out.print(Text(f"A study of {agenda.title}, in the clear", "bold"))
    whom = "For one who holds both positions: a rehearsal, or a mediator both gave theirs to."
    lines(out, [whom], indent=0)
    heading(out, words.so_many_packages(found.packages.count))
    columns(
        out,
        [
            (f"{found.a.acceptable:,}", f"acceptable to {names[0]}"),
            (f"{found.b.acceptable:,}", f"acceptable to {names[1]}"),
            (f"{found.room:,}", "acceptable to both: the room"),
            (f"{sum(p.count for p in found.frontier):,}", "of these that none improves on"),
        ],
    )
    if not found.room:
        lines(out, [words.NO_ROOM])
        return
    marks = [["in" if held else "not" for held in row] for row in found.where]
    _show_map(out, agenda, marks, "in: part of a package of the room.  not: of none.")
    heading(out, "Best, by each rule, among the packages that none improves on")
    for rule in Rule:
        _show_rule(out, found, rule, names)
    heading(out, "What the probe would name as best")
    for name, packages in probed.items():
        lines(out, [f"By {words.RULES[name]}{', as the coin falls' * (len(packages) > 1)}:"])
        lines(out, [words.choices(agenda, package) for package in packages if package], indent=4)


def _show_rule(out: Console, found: Study, rule: Rule, names: tuple[str, str]) -> None:
    points = found.best[rule]
    a, b = (f"{float(100 * share):.1f}" for share in found.shares(points[0]))
    tied = sum(point.count for point in points)
    more = f" ({tied:,} packages tie)" if tied > 1 else ""
    lines(out, [f"{rule.value}: {a} of 100 for {names[0]}, {b} for {names[1]}{more}"])
    (package,) = points[0].first(1)
    lines(out, [words.choices(found.packages.agenda, package)], indent=4)


# A sitting


def show_terms(
    out: Console,
    question: Question,
    packages: OutcomeSpace,
    number: int,
    *,
    cost: Cost,
    takes: Iterable[str],
    way: str = words.FOLDER,
    is_verified: bool = False,
) -> None:
    """What a side must have read before it takes part; `takes` says what the sitting takes."""
    count = words.so_many_packages(packages.count)
    where = "of this folder" if way == words.FOLDER else "on this agenda in the channel"
    out.print(Text(f"Sitting {number} {where}: {packages.agenda.title}, {count}", "bold"))
    lines(out, [words.before(number)], indent=0)
    heading(out, "What the answer lets the other side know of you, and you of it")
    columns(out, words.telling(question, packages))
    out.print()
    lines(out, words.cautions(question, packages, cost.circuit, way, is_verified=is_verified))
    lines(out, takes)


def show_answer(out: Console, question: Question, packages: OutcomeSpace, answer: Answer) -> None:
    """The answer of a sitting: sentences, the room map, the best package."""
    agenda = packages.agenda
    lines(out, words.answered(question, packages.count, answer), indent=0)
    if answer.refused or words.is_empty(answer):
        return
    if answer.where is not None:
        marks = [
            [words.mark_of(answer, issue.id, option.id) for option in issue.options]
            for issue in agenda.issues
        ]
        legend = "in: part of a package both accept.  not: of none."
        if answer.best is not None:
            legend += "  best: in the best one."
        _show_map(out, agenda, marks, legend)
    if answer.best is not None:
        heading(out, words.best_by(question))
        columns(out, _named(agenda, answer.best))


def _named(agenda: Agenda, package: Package) -> list[tuple[str, str]]:
    return [
        (f"{issue.id}={package[issue.id]}", issue.option(package[issue.id]).name)
        for issue in agenda.issues
    ]


def _show_map(out: Console, agenda: Agenda, marks: Sequence[Sequence[str]], legend: str) -> None:
    heading(out, "The room, option by option")
    lines(out, [legend])
    wide = max(len(option.id) for issue in agenda.issues for option in issue.options)
    wide = min(wide, _ALIGNED)
    for issue, row in zip(agenda.issues, marks, strict=True):
        lines(out, [issue.name])
        pairs = zip(row, issue.options, strict=True)
        columns(out, [(f"  {mark:4}", f"{o.id:{wide}}", o.name) for mark, o in pairs])


# A demonstration


def show_stage(out: Console, stage: Stage, views: Sequence[View]) -> None:
    """What is there before the two sides meet: the case, what each sees, what both read."""
    agenda = stage.packages.agenda
    out.print(Text(agenda.title, "bold"))
    lines(out, stage.opening(), indent=0)
    heading(out, "On the table, seen by both")
    lines(out, stage.on_the_table())
    columns(out, [(f"{len(issue.options)} options", issue.name) for issue in agenda.issues])
    for view in views:
        heading(out, f"Seen by {view.name} alone")
        lines(out, view.sentences)
    heading(out, "What each side reads before anything is sent")
    columns(out, words.telling(stage.question, stage.packages))
    out.print()
    lines(out, stage.cautions())
    heading(out, "What each side runs, out of the other's sight")
    lines(out, (view.command for view in views))
    out.print()


def show_outcome(out: Console, story: Story) -> None:
    """What came of it."""
    stage, outcome, names = story.stage, story.outcome, story.names
    heading(out, "The answer, the same for both")
    lines(out, [outcome.both_hold(names)], indent=0)
    show_answer(out, stage.question, stage.packages, outcome.answer)
    if story.settlement is not None:
        show_settlement(out, story.settlement, names)
    heading(out, "What it took, on each side")
    lines(out, [words.spent(stage.cost, outcome.seconds, outcome.memory)])
    lines(out, [f"{outcome.messages} messages in all."])
    heading(out, "What neither side learnt")
    lines(out, stage.not_learnt(names))


def show_settlement(out: Console, settlement: Settlement, names: Sequence[str]) -> None:
    """What a mediator who holds both positions would see of a settlement."""
    heading(out, "What nobody in the sitting could see")
    lines(out, settlement.sentences(names))
    out.print()
    rows = [(*row.scores, f"{row.issue}: {row.option}") for row in settlement.rows]
    rows.append((*settlement.worth, "all together, by each side's weights"))
    columns(out, rows, header=(*names, "as settled"))

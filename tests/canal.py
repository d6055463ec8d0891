"""An agenda of two issues and a position on it, brought to somebody's page.

from canal import AGENDA, POSITION, laid_out

path = laid_out(visit, AGENDA, POSITION)
kept(visit, path)                          # the position, as the page has it now
"""

from __future__ import annotations

from decimal import Decimal

from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.formats import dump_agenda, dump_position, load_position
from tracktwo.deal.position import Position
from visits import Visit

OPTIONS = (Option("half", "Half"), Option("turns", "Turns"))
AGENDA = Agenda(
    "Canal",
    (Issue("water", "Water", OPTIONS), Issue("gate", "Gate", (*OPTIONS, Option("both", "Both")))),
    points=100,
)
POSITION = Position(
    Decimal(50),
    {"water": Decimal(60), "gate": Decimal(40)},
    {
        "water": {"half": Decimal(0), "turns": Decimal(100)},
        "gate": {"half": Decimal(0), "turns": Decimal(50), "both": Decimal(100)},
    },
)


def laid_out(visit: Visit, agenda: Agenda = AGENDA, *positions: Position) -> str:
    """The agenda brought in, with one's own position and a supposed one."""
    path = visit.goes(visit.post("/agendas", {}, dump_agenda(agenda, "toml")))
    for whose, position in zip(("own", "supposed"), positions, strict=False):
        visit.goes(visit.post(f"{path}/{whose}", {}, dump_position(position, agenda, "toml")))
    return path


def kept(visit: Visit, path: str, whose: str = "own") -> Position:
    return load_position(visit.get(f"{path}/{whose}/file/toml").content, "p.toml", AGENDA)

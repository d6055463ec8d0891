"""Draw spring-2022.svg: a real run of the demonstration, and the answer as a terminal shows it.

`python docs/picture/draw.py` from the repository's root, in its environment. Rich makes the
drawing; its frame is replaced by one that fetches no font and says in words what is seen.
"""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme

from tracktwo.demo import play
from tracktwo.show import terminal

CASE = "ukraine-spring-2022"
PICTURE = Path(__file__).with_name("spring-2022.svg")
PAPER = TerminalTheme((255, 255, 255), (20, 20, 20), [(20, 20, 20)] * 8)
FRAME = """\
<svg role="img" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<title>The answer of a probe of the case of spring 2022, as the terminal shows it</title>
<desc>For each option of eleven issues: in the room, not in it, or part of the best package.</desc>
<style>
.{unique_id}-matrix {{ font-family: monospace; font-size: {char_height}px; }}
{styles}
</style>
<defs>{lines}</defs>
<rect width="{width}" height="{height}" fill="#fff" stroke="#888"/>
<g transform="translate({terminal_x}, {terminal_y})">{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g></g>
</svg>
"""


def main() -> None:
    """Play the case with two processes and draw what came of it."""
    story = play(CASE, opened=lambda stage, views: None, quiet=True)
    stage, outcome = story.stage, story.outcome
    out = Console(
        file=io.StringIO(), record=True, width=80, markup=False, highlight=False, emoji=False
    )
    terminal.show_answer(out, stage.question, stage.packages, outcome.answer)
    drawn = out.export_svg(theme=PAPER, code_format=FRAME, unique_id="room")
    PICTURE.write_text(
        "\n".join(line.rstrip() for line in drawn.splitlines()) + "\n", encoding="utf-8"
    )


if __name__ == "__main__":
    main()

"""The workshop in a real browser: from a file to a rehearsal, by keyboard, and without script."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from nodes import person
from pages import Desk, Desks

EXAMPLES = Path(__file__).parents[2] / "examples" / "two-villages"


def brings(desk: Desk, label: str, file: str) -> Desk:
    desk.page.get_by_label(label).set_input_files(EXAMPLES / file)
    return desk.presses("Bring it in")


def goes_through_the_workshop(desk: Desk) -> None:
    desk.goes("Agendas")
    brings(desk, "A file with an agenda", "agenda.toml").sees("Who keeps the gate")
    desk.goes("What goes together").sees("Turns need a gate that neither village keeps alone.")
    desk.goes("Agenda", "Who keeps the gate")
    desk.fills("The issue", "").presses("Keep it").sees("is empty")
    desk.fills("The issue", "Who turns the gate").presses("Keep it").sees("Who turns the gate")
    desk.goes("Their position, supposed")
    brings(desk, "A file with a position on this agenda", "lower.toml").sees("Never")
    desk.goes("Your position")
    brings(desk, "A file with a position on this agenda", "upper.toml").sees("You accept")
    desk.goes("Scores", "What counts most").sees("going from")
    desk.goes("Red lines").sees("unless also")
    desk.goes("The line").fills("I accept from", "sixty").presses("Keep it")
    desk.sees("This is not a number that can be used.")
    desk.fills("I accept from", "60").presses("Keep it")
    desk.goes("Packages to judge")
    for package in desk.page.get_by_role("group").all()[:6]:  # behind them is one of a red line
        package.get_by_label("I would take it").check()
    desk.presses("Keep my answers")
    desk.sees("This does not go together").presses("Take this line").sees("go together")
    desk.goes("Rehearsal").sees("Both would accept")


def test_from_files_to_a_rehearsal(desk: Desk) -> None:
    goes_through_the_workshop(desk)


def test_all_of_it_works_without_script(desks: Desks, tmp_path: Path) -> None:
    goes_through_the_workshop(desks.sit(person("Wren", tmp_path), script=False))


def test_figures_are_slid_by_keyboard_too(desk: Desk) -> None:
    desk.goes("Agendas")
    brings(desk, "A file with an agenda", "agenda.toml").goes("Your position", "The line")
    slider = desk.page.get_by_role("slider", name="I accept from")
    figure = desk.page.get_by_role("textbox", name="I accept from")
    slider.focus()
    for _ in range(3):
        slider.press("ArrowRight")
    expect(figure).to_have_value("53")
    figure.fill("12")
    expect(slider).to_have_value("12")
    desk.presses("Keep it").sees("12 of 100")


def test_a_figure_is_slid_by_mouse_and_kept(desk: Desk) -> None:
    desk.goes("Agendas")
    brings(desk, "A file with an agenda", "agenda.toml").goes("Your position", "Scores")
    score = "One half each"
    slider = desk.page.get_by_role("slider", name=score)
    figure = desk.page.get_by_role("textbox", name=score)
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    assert box is not None
    height = box["y"] + box["height"] / 2
    mouse = desk.page.mouse
    mouse.move(box["x"] + box["width"] * int(slider.input_value()) / 100, height)
    mouse.down()
    mouse.move(box["x"] + box["width"] * 0.3, height, steps=4)
    mouse.move(box["x"] + box["width"] * 0.8, height, steps=4)
    mouse.up()
    typed = figure.input_value()
    assert 70 < int(typed) < 90
    desk.presses("Keep it and go on").goes("Scores")
    expect(figure).to_have_value(typed)


def test_a_slider_shows_the_figure_or_nothing(desk: Desk) -> None:
    desk.goes("Agendas")
    brings(desk, "A file with an agenda", "agenda.toml").goes("Your position", "The line")
    sliders = desk.page.locator("input[type=range]")
    figure = desk.page.get_by_role("textbox", name="I accept from")
    for typed, shown in (("62,5", "63"), ("٦٢", ""), ("", ""), ("101", ""), ("x", ""), ("7.", "")):
        figure.fill(typed)
        expect(sliders).to_be_visible(visible=bool(shown))
        if shown:
            expect(sliders).to_have_value(shown)
    desk.goes("Rehearsal")
    expect(sliders).to_have_attribute("max", "50")

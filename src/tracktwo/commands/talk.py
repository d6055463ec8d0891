"""Talking: say, read, watch, synchronise, see how things stand."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from tracktwo.commands.desk import (
    ago,
    channel,
    example,
    hour_text,
    json_option,
    line_to_relays,
    name_of,
    node,
    passphrase_option,
    print_json,
    probe_lines,
    proxy_option,
    tell_if_none,
)
from tracktwo.errors import BadInput, TrackTwoError, Unreachable
from tracktwo.legible import legible

if TYPE_CHECKING:
    from tracktwo.channel.post import Post
    from tracktwo.channel.replica import Replica
    from tracktwo.channel.roster import Member
    from tracktwo.channel.view import Line


@click.command(
    short_help="Say something to all in a channel.",
    epilog=example('tracktwo say talks "Could you live with a review after five years?"'),
)
@click.argument("name")
@click.argument("text")
@click.option("--offline", is_flag=True, help="Keep it here; a later sync posts it.")
@passphrase_option
@proxy_option
@json_option
def say(
    name: str,
    text: str,
    offline: bool,
    passphrase_fd: int | None,
    proxy: str | None,
    as_json: bool,
) -> None:
    """Say something to all in a channel. TEXT is -, to take it from standard input.

    Once this returns it is kept on this machine, sealed, and goes out as soon as the relay can be
    reached: now, or with the next sync.
    """
    from tracktwo.channel.talk import say as said_to_all

    said = _standard_input() if text == "-" else text
    with channel(passphrase_fd, name) as replica:
        ident = said_to_all(replica, said)
        posted = not offline and bool(replica.relay) and post_queued(replica, proxy)
        place = replica.store.one("SELECT place FROM event WHERE id = ?", ident)
    if as_json:
        print_json({"place": place, "posted": posted})
    elif not posted:
        click.echo("Kept here; it goes out with the next sync.", err=True)


def _standard_input() -> str:
    from tracktwo.channel.talk import LONGEST, require_fit

    data = sys.stdin.buffer.read(LONGEST + 1)
    require_fit(len(data))
    try:
        return data.decode()  # whatever the machine's own encoding
    except UnicodeDecodeError:
        raise BadInput("What is to be said is no text in UTF-8.") from None


def post_queued(replica: Replica, proxy: str | None) -> bool:
    """Post what is queued; whether all of it went."""
    from tracktwo.channel.sync import post_all

    with line_to_relays(proxy) as post:
        report = post_all(replica, post)
    _tell(report.trouble)
    return not report.trouble


def _tell(trouble: list[str]) -> None:
    for sentence in trouble:
        click.echo(sentence, err=True)


@click.command(short_help="Read what was said.", epilog=example("tracktwo read talks"))
@click.argument("name")
@click.option("--all", "everything", is_flag=True, help="From the beginning, not what is new.")
@passphrase_option
@json_option
def read(name: str, everything: bool, passphrase_fd: int | None, as_json: bool) -> None:
    """Read what was said since you last read. Fetches nothing: that is sync."""
    from tracktwo.channel import view

    with channel(passphrase_fd, name) as replica:
        since = 0 if everything else view.read_up_to(replica)
        lines = list(view.lines(replica, since, probe_lines(replica)))
        if as_json:
            print_json([_plain(replica, line) for line in lines])
        for line in lines if not as_json else []:
            _show(replica, line)
        sys.stdout.flush()
        view.mark_read(replica)
        if not as_json:
            if not lines:
                click.echo("Nothing new here. To fetch what came: tracktwo sync", err=True)
            _warn(replica)


def _plain(replica: Replica, line: Line) -> dict[str, object]:
    return {
        "place": line.place,
        "from": name_of(replica, line.author),
        "you": line.author.id == replica.own,
        "verified": line.author.is_verified,
        "hour": line.hour,
        "kind": line.kind,
        "text": line.text,
        "signature": line.signature or None,
        "not_yet_delivered_to": [name_of(replica, member) for member in line.undelivered],
    }


def _show(replica: Replica, line: Line) -> None:
    you = line.author.id == replica.own
    who = "You" if you else name_of(replica, line.author)
    mark = "" if you or line.author.is_verified else " (unverified)"
    waiting = ", ".join(name_of(replica, member) for member in line.undelivered)
    late = f"  [not yet delivered to {waiting}]" if waiting else ""
    click.echo(f"{line.place}  {hour_text(line.hour)}  {who}{mark}{late}")
    for row in line.text.splitlines():
        click.echo(f"    {legible(row)}")
    if line.note:
        click.echo(f"    [{line.note}]")


def _warn(replica: Replica) -> None:
    from tracktwo.channel import view

    for sentence in view.warnings(replica):
        click.echo(f"Attention: {legible(sentence)}", err=True)


@click.command(
    short_help="Post what is queued and fetch what came.", epilog=example("tracktwo sync")
)
@click.argument("name", required=False)
@passphrase_option
@proxy_option
@json_option
def sync(name: str | None, passphrase_fd: int | None, proxy: str | None, as_json: bool) -> int:
    """Post what is queued and fetch what came, in one channel or all.

    Exit code 5 if a relay could not be reached; nothing is lost then. One channel that cannot be
    used stops no other; its exit code comes first.
    """
    from tracktwo.channel.sync import Report, synchronise

    done: dict[str, dict[str, object]] = {}
    codes = [0]
    with node(passphrase_fd) as opened, line_to_relays(proxy) as post:
        tell_if_none(opened.names())
        for each in [name] if name else opened.names():
            with _going_on(each, done, codes, alone=bool(name)), opened.channel(each) as replica:
                try:
                    report = synchronise(replica, post)
                except Unreachable as error:
                    report = Report(trouble=[str(error)])
                done[each] = {
                    "posted": report.posted,
                    "fetched": report.fetched,
                    "trouble": report.trouble,
                }
                codes.append(Unreachable.exit_code if report.trouble else 0)
                if not as_json:
                    click.echo(f"{legible(each)}: {report.posted} out, {report.fetched} in.")
                    _tell_what_to_do(replica, each)
                    _tell(report.trouble)
                    _warn(replica)
    if as_json:
        print_json(done)
    return _gravest(codes)


@contextmanager
def _going_on(
    name: str, rows: dict[str, dict[str, object]], codes: list[int], *, alone: bool
) -> Iterator[None]:
    """What is wrong with one channel of several is said, and the others are gone on with."""
    try:
        yield
    except TrackTwoError as error:
        if alone:
            raise
        codes.append(error.exit_code)
        rows[name] = {"fault": str(error)}
        click.echo(f"{legible(name)}: {legible(str(error))}", err=True)


def _gravest(codes: list[int]) -> int:
    """The exit code of several: the highest, 5, only asks for another try."""
    return min((code for code in codes if code), default=0)


@click.command(
    short_help="Stay on the line and show what comes.", epilog=example("tracktwo watch talks")
)
@click.argument("name")
@click.option("--seconds", type=click.IntRange(min=0), help="Leave after so many seconds.")
@passphrase_option
@proxy_option
@json_option
def watch(
    name: str, seconds: int | None, passphrase_fd: int | None, proxy: str | None, as_json: bool
) -> None:
    """Stay on the line and show what comes, until interrupted. With --json, one object a line.

    What came is acknowledged no more often than every half minute to five, so that the relay can
    hardly tell by the time who hears whom.
    """
    from tracktwo.channel import view

    with channel(passphrase_fd, name) as replica, line_to_relays(proxy) as post:
        if not replica.relay:
            raise BadInput("This channel has no relay: there is nothing to watch.")
        since = view.read_up_to(replica)
        for _ in _rounds(replica, post, seconds):
            for line in view.lines(replica, since, probe_lines(replica)):
                since = line.place
                if as_json:
                    click.echo(json.dumps(_plain(replica, line), ensure_ascii=False))
                else:
                    _show(replica, line)
            sys.stdout.flush()
            view.mark_read(replica, since)


def _rounds(replica: Replica, post: Post, seconds: int | None) -> Iterator[None]:
    """Before anything and after each round; why the relay is away is said once."""
    import time

    from tracktwo.channel.rounds import rounds

    end = None if seconds is None else time.monotonic() + seconds
    told = ""
    yield
    for away in rounds(replica, post, end=end):
        if away is not None and str(away) != told:
            click.echo(str(away), err=True)
        told = "" if away is None else str(away)
        yield


@click.command(short_help="How things stand.", epilog=example("tracktwo status"))
@click.argument("name", required=False)
@passphrase_option
@json_option
def status(name: str | None, passphrase_fd: int | None, as_json: bool) -> int:
    """How things stand: last contact with each, what is not delivered, what needs attention.

    One channel that cannot be used stops no other; the exit code is its.
    """
    from tracktwo.channel import view

    rows: dict[str, dict[str, object]] = {}
    codes = [0]
    with node(passphrase_fd) as opened:
        tell_if_none(opened.names())
        for each in [name] if name else opened.names():
            with _going_on(each, rows, codes, alone=bool(name)), opened.channel(each) as replica:
                rows[each] = _status(replica)
                if not as_json:
                    _show_status(each, rows[each])
                    for sentence in view.warnings(replica):
                        click.echo(f"  Attention: {legible(sentence)}")
    if as_json:
        print_json(rows)
    return _gravest(codes)


def _tell_what_to_do(replica: Replica, name: str) -> None:
    """Say what came that waits for the person."""
    if unread := _unread(replica):
        click.echo(f"  {unread} unread: tracktwo read {legible(name)}")
    for probe in _asked_of_us(replica):
        click.echo(f"  Probe {probe} waits for you: tracktwo probe status {legible(name)}")


def _unread(replica: Replica) -> int:
    from tracktwo.channel import view

    return len(list(view.lines(replica, view.read_up_to(replica), probe_lines(replica))))


def _asked_of_us(replica: Replica) -> list[str]:
    """The probes that wait for our yes or no."""
    if not replica.store.one("SELECT 1 FROM event WHERE kind = 'probe.ask'"):
        return []  # what reads an agenda takes long to import
    from tracktwo.probe.proposal import ours

    return [p.name for p in ours(replica) if p.state == "asked" and p.other.id == replica.own]


def _status(replica: Replica) -> dict[str, object]:
    from tracktwo.channel import signatures, view

    undelivered = view.undelivered(replica)
    me = replica.roster.get(replica.own)
    return {
        "in": replica.is_in,
        "state": "invited" if me is None else me.state,
        "unread": _unread(replica),
        "members": [
            {
                "name": name_of(replica, member),
                "verified": member.is_verified,
                "last_contact": ago(replica.now(), member.heard),
                "not_yet_delivered": undelivered.get(member.id, 0),
            }
            for member in replica.roster.others()
        ],
        "queued": replica.store.one("SELECT count(*) FROM outbox WHERE state = 'queued'"),
        "waiting_for_others": replica.store.one(
            "SELECT count(*) FROM event WHERE state = 'waiting'"
        ),
        "probes_asked_of_you": _asked_of_us(replica),
        "signed_texts": [
            {"place": agreed.place, "signed_by": [_signer(replica, m) for m in agreed.signers]}
            for agreed in signatures.texts(replica)
        ],
        "attention": view.warnings(replica),
    }


def _signer(replica: Replica, member: Member) -> str:
    known = member.is_verified or member.id == replica.own
    return name_of(replica, member) + ("" if known else " (unverified)")


def _show_status(name: str, row: dict[str, object]) -> None:
    click.echo(f"{legible(name)}: {row['unread']} unread, {row['queued']} to post.")
    asked = row["probes_asked_of_you"]
    for probe in asked if isinstance(asked, list) else []:
        click.echo(f"  Probe {probe} waits for you: tracktwo probe status {legible(name)}")
    if row["state"] == "invited":
        click.echo("  You were not let in yet.")
    elif not row["in"]:
        click.echo("  You are not in it any more.")
    texts = row["signed_texts"]
    for text in texts if isinstance(texts, list) else []:
        click.echo(f"  Signed text, place {text['place']}: by {', '.join(text['signed_by'])}")
    members = row["members"]
    for member in members if isinstance(members, list) else []:
        known = "verified" if member["verified"] else "unverified"
        late = member["not_yet_delivered"]
        waiting = f", {late} not yet delivered" if late else ""
        click.echo(f"  {member['name']} ({known}): last contact {member['last_contact']}{waiting}")

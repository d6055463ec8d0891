"""Signing a text, seeing who signed, and checking a signed text without a node."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracktwo.commands.desk import (
    channel,
    example,
    json_option,
    name_of,
    passphrase_option,
    print_json,
    proxy_option,
    read_text,
)
from tracktwo.commands.talk import post_queued
from tracktwo.errors import BadInput, Malformed
from tracktwo.legible import legible

if TYPE_CHECKING:
    from tracktwo.channel.replica import Replica
    from tracktwo.channel.signatures import Agreed

_FILE = click.Path(path_type=Path)
_WHAT_IT_IS = (
    "A signed text can be shown to anybody, for ever, as {who}'s: it is not deniable, as talk is,"
    " and nothing takes it back."
)
_FOR_LONGER = (
    "This channel deletes what was said after {days} days, signed texts too. To keep one:"
    " tracktwo signatures --out."
)


@click.command(
    short_help="Sign a text, so that anybody can be shown who did.",
    epilog=example("tracktwo sign talks statement.txt", "tracktwo sign talks --place 7"),
)
@click.argument("name")
@click.argument("file", type=_FILE, required=False)
@click.option("--place", type=click.IntRange(min=1), help="Sign what another signed there.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--offline", is_flag=True, help="Keep it here; a later sync posts it.")
@passphrase_option
@proxy_option
@json_option
def sign(
    name: str,
    file: Path | None,
    place: int | None,
    yes: bool,
    offline: bool,
    passphrase_fd: int | None,
    proxy: str | None,
    as_json: bool,
) -> None:
    """Sign a text in UTF-8 and send it to all. It can be shown to anybody as yours, for ever.

    Talk is never signed, and who repeats it proves nothing. This is for what was agreed. Only the
    text is under the signature: nothing of the talk, no time and no name but those written in it.
    With --place you sign the very text that another has signed; signatures shows its place.
    """
    from tracktwo.channel import signatures as kept
    from tracktwo.channel.signed_text import to_sign

    if (file is None) == (place is None):
        raise BadInput("Which text?", advice="Name a file, or the --place of a signed text.")
    text = "" if file is None else to_sign(read_text(file))
    with channel(passphrase_fd, name) as replica:
        if file is None:
            text = kept.at(replica, place).text
        _ask(replica, text, yes=yes)
        ident = kept.sign(replica, text)
        posted = not offline and bool(replica.relay) and post_queued(replica, proxy)
        place = replica.store.one("SELECT place FROM event WHERE id = ?", ident)
    if as_json:
        print_json({"place": place, "posted": posted})
        return
    click.echo(f"Signed: place {place}.")
    if not posted:
        click.echo("Kept here; it goes out with the next sync.", err=True)


def _ask(replica: Replica, text: str, *, yes: bool) -> None:
    """Show what is to be signed, say what that means, and go on only if it is meant."""
    who = name_of(replica, replica.me)
    if not yes:
        if not sys.stdin.isatty():
            raise BadInput("There is nobody to ask.", advice="If you mean it, say --yes.")
        _show_text(text, err=True)
    click.echo(_WHAT_IT_IS.format(who=who), err=True)
    if replica.charter.retention == "delete":
        click.echo(_FOR_LONGER.format(days=replica.charter.days), err=True)
    if not yes:
        click.confirm(f"Sign it as {who}?", abort=True, err=True)


def _show_text(text: str, *, err: bool = False) -> None:
    for row in text.split("\n"):
        click.echo(f"    {legible(row)}", err=err)


@click.command(
    short_help="Which texts are signed, and by whom.",
    epilog=example(
        "tracktwo signatures talks", "tracktwo signatures talks --place 7 --out statement.json"
    ),
)
@click.argument("name")
@click.option("--place", type=click.IntRange(min=1), help="Only the text that was signed there.")
@click.option("--out", type=_FILE, help="Write one text with all signatures into a file.")
@click.option("--force", is_flag=True, help="Replace a file of that name.")
@passphrase_option
@json_option
def signatures(
    name: str,
    place: int | None,
    out: Path | None,
    force: bool,
    passphrase_fd: int | None,
    as_json: bool,
) -> None:
    """Which texts are signed, and by whom. Who signed the same text stand together.

    The file of --out is for others to check, without a node: tracktwo verify-text. It names nobody:
    the fingerprint of each key is there to be compared with what channel members shows.
    """
    from tracktwo.channel import signatures as kept

    with channel(passphrase_fd, name) as replica:
        is_one = place is not None or out is not None
        found = [kept.at(replica, place)] if is_one else kept.texts(replica)
        rows = [_row(replica, agreed) for agreed in found]
        if out is not None:
            from tracktwo.files import write_new

            write_new(out, found[0].signed().write(), force=force, private=True)
        if as_json:
            print_json(rows)
            return
        for agreed in found:
            _show(replica, agreed)
    if not found:
        click.echo("No text is signed in this channel.", err=True)
    if out is not None:
        click.echo(f"It is in {legible(str(out))}. To check it: tracktwo verify-text")


def _row(replica: Replica, agreed: Agreed) -> dict[str, object]:
    from tracktwo.channel.signed_text import fingerprint

    return {
        "place": agreed.place,
        "text": agreed.text,
        "signers": [
            {
                "name": name_of(replica, member),
                "you": member.id == replica.own,
                "verified": member.is_verified,
                "signs_as": fingerprint(member.card.text),
            }
            for member in agreed.signers
        ],
    }


def _show(replica: Replica, agreed: Agreed) -> None:
    from tracktwo.channel.signed_text import fingerprint

    click.echo(f"Place {agreed.place}:")
    _show_text(agreed.text)
    for member in agreed.signers:
        you = member.id == replica.own
        known = "you" if you else "verified" if member.is_verified else "unverified"
        key = fingerprint(member.card.text)
        click.echo(f"  signed by {name_of(replica, member)} ({known}), as {key}")


@click.command(
    name="verify-text",
    short_help="Check the signatures of a file, without a node.",
    epilog=example("tracktwo verify-text statement.json"),
)
@click.argument("file", type=_FILE)
@json_option
def verify_text(file: Path, as_json: bool) -> int:
    """Check a signed text that somebody shows, without a node and without a line.

    Each signature is right or wrong for the key beside it. Whose key that is the file cannot say:
    compare its fingerprint with one that you have from its owner. Exit code 4 if a signature is
    wrong.
    """
    from tracktwo.channel.signed_text import fingerprint, is_right, read_file

    try:
        found = read_file(read_text(file))
    except BadInput as error:
        raise BadInput(error.what, where=error.where or legible(str(file))) from None
    rows = [(fingerprint(key), is_right(key, found.text, sig)) for key, sig in found.signatures]
    right = sum(is_good for _, is_good in rows)
    if as_json:
        signers = [{"signs_as": key, "right": is_good} for key, is_good in rows]
        print_json({"text": found.text, "right": right, "signers": signers})
    else:
        _show_text(found.text)
        for key, is_good in rows:
            click.echo(f"  {'right' if is_good else 'WRONG'}: signed as {key}")
        click.echo(_verdict(right, len(rows)))
    return 0 if right == len(rows) else Malformed.exit_code


def _verdict(right: int, count: int) -> str:
    if right < count:
        return f"{count - right} of {count} signatures are wrong: do not take this for signed."
    if count == 1:
        return "The one signature is right. Compare the fingerprint with its owner's."
    return f"All {count} signatures are right. Compare each fingerprint with its owner's."

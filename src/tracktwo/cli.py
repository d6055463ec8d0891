"""The commands. Each parses, calls one function, and renders."""

from __future__ import annotations

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tracktwo")
def main() -> None:
    """A back channel that two sides run themselves."""

"""`python -m tracktwo` is the `tracktwo` command."""

from tracktwo.cli import main

main()

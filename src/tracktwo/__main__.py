"""`python -m tracktwo` is the `tracktwo` command."""

from tracktwo.cli import main

if __name__ == "__main__":
    main()

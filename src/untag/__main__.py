"""``python -m untag``."""

from untag.cli import main

main()

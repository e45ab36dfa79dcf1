"""`python -m reid_core.cli` is `reid`."""

from reid_core.cli import main

main()

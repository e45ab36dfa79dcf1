"""The one kind of error that is meant for the user."""

from __future__ import annotations


class ReidError(Exception):
    """Something the user can understand and put right.

    The message is a full sentence that names the file, row or value at fault and says what to do. The command line
    prints it and exits with 1, a page shows it in a box; neither shows a traceback.
    """

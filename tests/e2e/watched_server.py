"""`python watched_server.py FILE run app.py …`: Streamlit as from its command, which writes down whom it calls.

FILE gets a line of JSON for each connection, datagram and name look-up that the server's Python starts.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

# Audit events of Python, and which of their values says where to.
CALLS = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1, "socket.getaddrinfo": 0}


def watch(file: str) -> None:
    opened = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event in CALLS:
            address = arguments[CALLS[event]]
            where = address[0] if isinstance(address, tuple) else address
            os.write(opened, (json.dumps([event, str(where)]) + "\n").encode())

    sys.addaudithook(note)


if __name__ == "__main__":
    watch(sys.argv[1])
    sys.argv[1:] = sys.argv[2:]
    from streamlit.web.cli import main

    main()

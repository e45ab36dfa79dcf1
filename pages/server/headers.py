"""What every answer of the server tells the browser not to do with it."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from streamlit import file_util

MEDIA = "/media/"  # Streamlit's route of files that people made: downloads, pictures

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # addresses name galleries and crops
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Nothing that is opened by itself may run, load or show anything: a refusal, a file that somebody made.
CLOSED = {**_ALWAYS, "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox"}


def headers_for(path: str) -> dict[str, str]:
    """The headers of an answer under that path."""
    return CLOSED if MEDIA in path else {**_ALWAYS, "Content-Security-Policy": page_policy()}


@cache
def page_policy() -> str:
    """The Content-Security-Policy of the page and its scripts: what Streamlit's front end and our components use.

    Streamlit writes styles into the page, and hands our components' scripts to the browser as blobs.
    """
    scripts = " ".join(f"'sha256-{digest}'" for digest in _inline_scripts())
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' blob: {scripts}".rstrip(),
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data:",
            "media-src 'self'",
            "font-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )


def _inline_scripts() -> list[str]:
    """SHA-256 of each script that stands in Streamlit's page itself, as a policy names it."""
    page = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    return [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts]

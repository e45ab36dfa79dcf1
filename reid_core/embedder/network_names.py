"""What networks are called, apart from timm: a name can be looked up where timm, slow to load, is not."""

from __future__ import annotations

import difflib
from collections.abc import Collection

from reid_core.errors import ReidError

PRETRAINED, NONE = "pretrained", "none"  # weights to start from
TODAYS_NAMES = {"tf_efficientnet_b0_ns": "tf_efficientnet_b0.ns_jft_in1k"}  # names that papers and recipes still use


def unknown(name: str, networks: Collection[str]) -> ReidError:
    """The error that names the nearest of `networks`."""
    near = difflib.get_close_matches(name.lower(), networks, n=3, cutoff=0.3)
    return ReidError(f"timm has no backbone {name!r}. Nearest names: {', '.join(near) or 'none'}.")

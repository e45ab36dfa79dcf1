"""Published data sets whose folders and file names tell who is on a crop, each described in a file of its own.

`LAYOUTS` holds them by the names that `--format` takes. A new one is a `Layout` (see `layout.py`) in a new file,
and a line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from reid_core.datasets.layouts.ccvid import CCVID
from reid_core.datasets.layouts.celeb_reid import CELEB_REID
from reid_core.datasets.layouts.cuhk02 import CUHK02
from reid_core.datasets.layouts.grid import GRID
from reid_core.datasets.layouts.ilids_vid import ILIDS_VID
from reid_core.datasets.layouts.last import LAST
from reid_core.datasets.layouts.layout import Layout
from reid_core.datasets.layouts.ltcc import LTCC
from reid_core.datasets.layouts.nkup import NKUP
from reid_core.datasets.layouts.occluded import OCCLUDED_REID, P_DUKE, PARTIAL_REID
from reid_core.datasets.layouts.prcc import PRCC
from reid_core.datasets.layouts.prid import PRID
from reid_core.datasets.layouts.regdb import REGDB
from reid_core.datasets.layouts.vc_clothes import VC_CLOTHES
from reid_core.datasets.layouts.veri import VERI
from reid_core.datasets.readers.prepared import PREPARED

__all__ = ["LAYOUTS", "Layout"]

LAYOUTS: Mapping[str, Layout] = {
    "prcc": PRCC,
    "ltcc": LTCC,
    "nkup": NKUP,
    "celeb-reid": CELEB_REID,
    "ccvid": CCVID,
    "vc-clothes": VC_CLOTHES,
    "last": LAST,
    "p-dukemtmc": P_DUKE,  # before the other two, whose folders it has
    "partial-reid": PARTIAL_REID,  # before the other, two of whose folders it has
    "occluded-reid": OCCLUDED_REID,
    "regdb": REGDB,
    "ilids-vid": ILIDS_VID,
    "prid": PRID,
    "grid": GRID,
    "cuhk02": CUHK02,
    "veri": VERI,
    "prepared": PREPARED,
}

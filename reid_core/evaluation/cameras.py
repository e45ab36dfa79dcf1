"""Camera by camera: how well queries of one are found in another, which is where a site's weak pairs show."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reid_core.evaluation.crops import Crops
from reid_core.evaluation.metrics import average_precision, first_ranks
from reid_core.evaluation.ranking.false_matches import FalseMatches
from reid_core.evaluation.ranking.ranking import Labels, match_ranks
from reid_core.evaluation.report_parts import CameraPair
from reid_core.records import natural_order


def camera_pairs(
    queries: Crops, gallery: Crops, labels: tuple[Labels, Labels], false_matches: FalseMatches | None
) -> list[CameraPair]:
    """Each pair of a query's and a gallery's camera, in their order.

    The gallery of a pair is what its camera took, so that the pairs' figures do not mix. Crops of unknown cameras are
    in no pair. Without `false_matches` there is no FMR.
    """
    of_queries, of_gallery = natural_order(_known(queries.camera)), natural_order(_known(gallery.camera))
    found = {}
    for showing in of_gallery:
        crops = gallery.camera == showing
        held = Labels(labels[1].identity[crops], labels[1].camera[crops])
        ranks = match_ranks(queries.features, gallery.features[crops], labels[0], held)
        precision, first = average_precision(ranks), first_ranks(ranks)
        for asking in of_queries:
            own = queries.camera == asking
            counted = own & ~np.isnan(precision)
            fmr = None if false_matches is None else false_matches.rate(own, crops, interval=False)
            found[asking, showing] = CameraPair(
                asking,
                showing,
                int(counted.sum()),
                float(precision[counted].mean()) if counted.any() else None,
                float((first[counted] == 1).mean()) if counted.any() else None,
                fmr.value if fmr else None,
            )
    return [found[asking, showing] for asking in of_queries for showing in of_gallery]


def _known(cameras: NDArray[np.object_]) -> list[str]:
    return [camera for camera in cameras if camera is not None]

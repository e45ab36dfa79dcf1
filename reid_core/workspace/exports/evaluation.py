"""An evaluation written out: JSON with everything, CSV with the table of figures."""

from __future__ import annotations

import csv
import io
import json

from reid_core.evaluation.model_comparison import csv_rows
from reid_core.evaluation.report import Evaluation
from reid_core.records import harmless
from reid_core.workspace.catalogue.audit import Export
from reid_core.workspace.workspace import Workspace


def log_export(workspace: Workspace, evaluation: Evaluation, kind: str, purpose: str = "") -> None:
    """Say in the audit log that a report leaves the workspace."""
    models = ", ".join(name for _, name in evaluation.models)
    for gallery in evaluation.galleries:
        workspace.catalogue.log(Export(purpose=purpose, gallery=gallery, what="evaluation", kind=kind, models=models))


def to_json(evaluation: Evaluation) -> str:
    return json.dumps(evaluation.to_dict(), ensure_ascii=False, indent=1, allow_nan=False)


def to_csv(evaluation: Evaluation) -> str:
    """One line per model and gallery; empty where something was not told."""
    rows = csv_rows(evaluation)
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, names)
    writer.writeheader()
    writer.writerows({name: harmless(value) for name, value in row.items()} for row in rows)
    return text.getvalue()

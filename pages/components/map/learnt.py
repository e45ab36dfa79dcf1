"""What a model learnt of a gallery: how far apart it puts people, whether it sees cameras, and how clusters agree."""

from __future__ import annotations

import streamlit as st

from pages.components.map.compare import draw_compared
from pages.components.map.examining import draw_examination
from pages.components.shared import markup, wording
from pages.components.shared.plots import COLOURS, draw_figure
from reid_core.projection.clusters import Agreement
from reid_core.projection.learned import CameraGrouping, Similarities
from reid_core.records import natural_order
from reid_core.workspace.catalogue.rows import GalleryInfo
from reid_core.workspace.maps.examination import Examination
from reid_core.workspace.maps.files import CropMap
from reid_core.workspace.workspace import Workspace

MUCH, SOME = 2.0, 1.25  # times as often as by chance from which cameras are said to matter much, and somewhat
CAMERAS = 24  # that the picture shows


def draw_learnt(workspace: Workspace, gallery: GalleryInfo, made: CropMap, other: CropMap | None) -> None:
    """Of the map's model; beside it the same of the other map's, where one is shown."""
    if other is not None:
        draw_compared(workspace, gallery, made, other)
    found = draw_examination(workspace, made)
    if found is None:
        return
    left, right = st.columns(2)
    with left:
        draw_similarities(found.similarities)
    with right:
        draw_cameras(found.grouping)
    draw_clusters(found, found.agreement)


def draw_similarities(found: Similarities | None) -> None:
    import plotly.graph_objects as go

    markup.text('<p class="rt-label">Same person, different people</p>')
    if found is None:
        markup.text('<p class="rt-small">It takes two people who are labelled, one of them with two crops.</p>')
        return
    markup.text(
        '<p class="rt-small">Crops of one person{where} are {same} alike in the mean, crops of two people '
        "{different}. The two overlap by <b>{overlap}</b>; the less, the better they can be told apart.</p>",
        where=" in two cameras" if found.across else "", same=f"{found.same_mean:.2f}",
        different=f"{found.different_mean:.2f}", overlap=f"{100 * found.overlap:.1f} %",
    )  # fmt: skip
    middles = [(low + high) / 2 for low, high in zip(found.edges, found.edges[1:], strict=False)]
    figure = go.Figure([
        go.Scatter(
            x=middles, y=shares, name=name, mode="lines", line={"shape": "hvh", "width": 1.4}, fill="tozeroy",
            hovertemplate="%{x:.2f}: %{y:.1%}<extra></extra>",
        )
        for name, shares in (("one person", found.same), ("two people", found.different))
    ])  # fmt: skip
    figure.update_xaxes(title="cosine similarity")
    figure.update_yaxes(title="share of pairs", tickformat=".0%")
    draw_figure(figure, key="map-similarities", height=250)
    markup.text(
        '<p class="rt-small">From {same} and {different} pairs.</p>',
        same=f"{found.pairs[0]:,}", different=f"{found.pairs[1]:,}",
    )  # fmt: skip


def draw_cameras(found: CameraGrouping | None) -> None:
    import plotly.graph_objects as go

    markup.text('<p class="rt-label">Cameras</p>')
    if found is None:
        markup.text('<p class="rt-small">It takes two cameras with crops of several people.</p>')
        return
    words = (
        "the camera shows through strongly" if found.ratio > MUCH
        else "the camera shows through" if found.ratio > SOME else "the camera matters little"
    )  # fmt: skip
    markup.text(
        '<p class="rt-small">The nearest crops of <i>other</i> people are of the same camera <b>{ratio} times</b> as '
        "often as by chance: {words}.</p>",
        ratio=f"{found.ratio:.2f}", words=words,
    )  # fmt: skip
    names = natural_order(found.cameras)[:CAMERAS]
    shown = [wording.camera_name(name).removeprefix("camera ") for name in names]
    figure = go.Figure([
        go.Bar(
            name=name, x=shown, y=[found.cameras[camera][place] for camera in names],
            marker={"line": {"width": 0}, "color": colour},
            hovertemplate="%{x}, " + name + ": %{y:.0%}<extra></extra>",
        )
        for place, (name, colour) in enumerate((("same camera", COLOURS[0]), ("by chance", COLOURS[-1])))
    ])  # fmt: skip
    figure.update_xaxes(type="category", title="camera")
    figure.update_yaxes(title="of the nearest others", tickformat=".0%")
    figure.update_layout(bargroupgap=0.08)
    draw_figure(figure, key="map-cameras", height=250, bars="group")
    if len(found.cameras) > CAMERAS:
        markup.text('<p class="rt-small">The first {n} of {all}.</p>', n=CAMERAS, all=len(found.cameras))


def draw_clusters(found: Examination, agreed: Agreement | None) -> None:
    markup.text('<p class="rt-label">Clusters, found without labels</p>')
    shown = [("Clusters", f"{found.clusters:,}"), ("Crops in none", f"{found.unclustered:,} of {found.crops:,}")]
    if agreed is not None:
        shown += [
            ("Adjusted Rand", f"{agreed.adjusted_rand:.3f}"),
            ("Mutual information", f"{agreed.mutual_information:.3f}"),
            ("Homogeneity", f"{agreed.homogeneity:.3f}"),
            ("Judged by", f"{agreed.crops:,} crops with a label and a cluster"),
        ]
    markup.numbers(shown)
    markup.text(
        '<p class="rt-small">HDBSCAN on the vectors, not on the picture. 1 means that clusters and people are the '
        "same; adjusted Rand is about 0 by chance. Homogeneity alone is 1 where no cluster has two people. Colour the "
        "map by Cluster to see them.</p>"
    )

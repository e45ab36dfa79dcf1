"""Which boxes become crops."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from reid_core.video.best_crops import APART, MOST_CANDIDATES, MOST_CROPS, Candidate, Candidates, best_crops, worth
from tests.video.frames import RED, DrawnFrame

WHOLE = (300.0, 100.0, 360.0, 256.0)  # 60 × 156 in a frame of 640 × 480


def worth_of(*boxes: tuple[float, float, float, float], scores: tuple[float, ...] | None = None) -> list[float]:
    return worth(np.array(boxes), np.array(scores or [0.8] * len(boxes)), 640, 480).tolist()


def offered(candidates: Candidates, seconds: float, worth: float = 0.5, damaged: bool = False) -> DrawnFrame:
    frame = DrawnFrame(round(seconds * 25) + 1, seconds, [(WHOLE, RED)], damaged=damaged)
    candidates.offer(frame, WHOLE, worth)
    return frame


def test_score_and_size_count() -> None:
    assert worth_of(WHOLE) == [pytest.approx(0.8 * 156 / 256)]
    assert worth_of(WHOLE, scores=(0.4,)) == [pytest.approx(0.4 * 156 / 256)]


def test_a_person_lower_than_48_pixels_is_no_candidate() -> None:
    assert worth_of((300, 100, 319, 147))[0] == 0
    assert worth_of((300, 100, 319, 149))[0] > 0


def test_a_person_who_is_partly_outside_the_frame_is_worse_and_beyond_a_quarter_no_candidate() -> None:
    whole, touching, beyond = worth_of(WHOLE, (0, 100, 60, 256), (-30, 100, 30, 256))
    assert 0 < touching < whole
    assert beyond == 0


def test_whoever_has_lower_feet_hides_the_person_behind_and_not_the_other_way_round() -> None:
    behind, front = WHOLE, (330.0, 120.0, 390.0, 276.0)
    hidden = 30 * 136 / (60 * 156)
    assert worth_of(behind, front) == pytest.approx([(1 - hidden) * worth_of(behind)[0], worth_of(front)[0]])


def test_a_person_who_is_hidden_by_more_than_half_is_no_candidate() -> None:
    assert worth_of(WHOLE, (310, 110, 370, 266))[0] == 0


def test_a_box_that_hardly_scores_hides_no_person() -> None:
    assert worth_of(WHOLE, (310, 110, 370, 266), scores=(0.8, 0.3))[0] == worth_of(WHOLE)[0]


def test_half_a_body_and_a_pole_are_worse_than_a_person_of_the_same_height() -> None:
    person, half, pole = (worth_of((300, 100, 300 + width, 256))[0] for width in (60, 156, 16))
    assert half < 0.6 * person
    assert pole < 0.6 * person


def test_a_sharp_crop_is_better_than_a_blurred_one() -> None:
    class Blurred(DrawnFrame):
        def crop(self, left, top, right, bottom):
            picture = Image.fromarray(super().crop(left, top, right, bottom))
            small = picture.resize((picture.width // 12, picture.height // 12))
            return np.asarray(small.resize(picture.size, Image.Resampling.BICUBIC))

    sharp, blurred = Candidates(0), Candidates(0)
    sharp.offer(DrawnFrame(1, 0.0, [(WHOLE, RED)]), WHOLE, 0.5)
    blurred.offer(Blurred(1, 0.0, [(WHOLE, RED)]), WHOLE, 0.5)
    assert blurred.good()[0].quality < 0.8 * sharp.good()[0].quality


def test_a_damaged_frame_is_never_cut() -> None:
    """HEARD 23."""
    candidates = Candidates(0)
    assert offered(candidates, 0.0, damaged=True).cuts == []
    assert candidates.good() == ()


def test_a_box_that_is_no_better_than_the_kept_one_is_not_cut() -> None:
    candidates = Candidates(0)
    assert len(offered(candidates, 0.0).cuts) == 1
    assert offered(candidates, 0.2, worth=0.5).cuts == []
    assert len(offered(candidates, 0.4, worth=0.8).cuts) == 1
    (kept,) = candidates.good()
    assert kept.seconds == 0.4


def test_candidates_of_a_long_life_are_few_and_spread_over_all_of_it() -> None:
    candidates = Candidates(0)
    random = np.random.default_rng(0)
    cuts = sum(len(offered(candidates, second, random.uniform(0.4, 0.6)).cuts) for second in np.arange(0, 600, 0.2))
    kept = [candidate.seconds for candidate in candidates.good()]
    assert 4 <= len(kept) <= MOST_CANDIDATES
    assert max(np.diff([0, *kept, 600])) < 300
    assert cuts < 100  # of 3,000 boxes


def test_candidates_keep_their_pixels_as_jpeg() -> None:
    candidates = Candidates(0)
    offered(candidates, 0.0)
    (kept,) = candidates.good()
    picture = Image.open(io.BytesIO(kept.jpeg))
    assert (picture.format, picture.size, kept.frame, kept.box) == ("JPEG", (60, 156), 1, WHOLE)
    pixels = np.asarray(picture).reshape(-1, 3)
    assert np.median(pixels, axis=0) == pytest.approx(RED, abs=12)


def test_candidates_that_are_stopped_go_on() -> None:
    candidates = Candidates(0)
    for second in np.arange(0, 9, 0.4):
        offered(candidates, float(second))
    restored = Candidates.from_state(candidates.state())
    assert restored.good() == candidates.good()
    for each in (candidates, restored):
        offered(each, 9.0, 0.9)
    assert restored.good() == candidates.good()


def test_the_best_crops_are_at_most_four_and_half_a_second_apart() -> None:
    every = [Candidate(second, 1, WHOLE, b"", quality) for second, quality in
             ((0.0, 0.5), (0.3, 0.9), (0.7, 0.8), (0.9, 0.7), (2.0, 0.6), (3.0, 0.4), (4.0, 0.3))]  # fmt: skip
    found = best_crops(every)
    assert [crop.seconds for crop in found] == [0.3, 0.9, 2.0, 3.0]
    assert len(found) == MOST_CROPS
    assert min(np.diff([crop.seconds for crop in found])) >= APART

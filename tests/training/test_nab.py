"""NAB's rules on cases worked out by hand, and the study on the real files where they are."""

import os
from pathlib import Path

import numpy as np
import pytest

from studies import nab, nab_baselines
from studies.nab_corpus import File, load
from studies.nab_scoring import PROFILES, Profile, scaled_sigmoid, score, weights

DATA = Path(os.environ.get("OPS_ML_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
REAL = DATA / "nab_aws_cloudwatch"
ABSENT = f"{REAL} is absent; point OPS_ML_DATA at the folder of data sets"
STANDARD = PROFILES["standard"]


def a_file(rows=100, windows=((40, 49),), name="group/one.csv"):
    return File(name, "group", 300.0 * np.arange(rows), np.zeros(rows), windows)


def detections(file, *rows):
    scores = np.zeros(len(file.times))
    scores[list(rows)] = 1.0
    return scores


def raw(position):
    return 2 / (1 + np.exp(5 * position)) - 1


def test_the_scaled_sigmoid_takes_the_published_values():
    found = scaled_sigmoid(np.array([-1.0, -0.5, 0.0, 1.0, 3.0, 9.0]))
    np.testing.assert_allclose(found, [0.98661, 0.84828, 0.0, -0.98661, -1.0, -1.0], atol=1e-5)


def test_every_window_found_at_its_first_row_is_a_hundred():
    files = [a_file(), a_file(windows=((30, 39), (70, 79)), name="group/two.csv")]
    found = score(files, [detections(files[0], 40), detections(files[1], 30, 70)], STANDARD)
    assert found.score == pytest.approx(100)
    assert (found.found, found.false) == (3, 0)


@pytest.mark.parametrize("profile", PROFILES.values())
def test_nothing_detected_is_zero(profile):
    assert score([a_file()], [np.zeros(100)], profile, threshold=0.5).score == 0
    assert score([a_file()], [np.zeros(100)], profile).score == 0


def test_later_in_the_window_earns_less_and_only_the_first_row_counts():
    file = a_file()
    late = score([file], [detections(file, 45)], STANDARD, threshold=1.0)
    tp = raw(-0.5) / raw(-1.0)
    assert late.score == pytest.approx(100 * (tp + 1) / 2)
    assert score([file], [detections(file, 45, 46, 49)], STANDARD, threshold=1.0).score == late.score


@pytest.mark.parametrize(("row", "position"), [(20, 3.0), (50, 1 / 9), (58, 1.0), (90, 3.0)])
def test_a_false_alarm_costs_by_its_distance_behind_the_window(row, position):
    file = a_file()
    found = score([file], [detections(file, 40, row)], STANDARD, threshold=1.0)
    cost = 0.11 * (-1.0 if position == 3.0 else raw(position))
    assert found.score == pytest.approx(100 * (1 + cost + 1) / 2)
    assert found.false == 1


def test_the_profiles_weigh_as_published():
    assert PROFILES["standard"] == Profile(1.0, 0.11, 1.0)
    assert PROFILES["reward_low_FP_rate"] == Profile(1.0, 0.22, 1.0)
    assert PROFILES["reward_low_FN_rate"] == Profile(1.0, 0.11, 2.0)


@pytest.mark.parametrize(
    ("rows", "probation"), [(100, 15), (1243, 186), (4032, 604), (5000, 750), (22000, 750)]
)
def test_probation_is_a_share_of_the_file_up_to_a_cap(rows, probation):
    assert a_file(rows, windows=()).probation == probation


def test_alarms_in_probation_cost_nothing():
    file = a_file()
    assert score([file], [detections(file, 3, 14, 40)], STANDARD, threshold=1.0).score == pytest.approx(100)
    assert score([file], [detections(file, 3, 15, 40)], STANDARD, threshold=1.0).false == 1


def test_one_threshold_is_chosen_for_all_files():
    files = [a_file(), a_file(name="group/two.csv")]
    low, high = detections(files[0], 40) * 0.3, detections(files[1], 40) * 0.9
    high[60:100] = 0.5
    found = score(files, [low, high], STANDARD)
    assert found.threshold == 0.9
    assert (found.found, found.false) == (1, 0)
    assert found.score == pytest.approx(50)


def test_the_swept_sum_is_what_counting_at_each_threshold_gives():
    random = np.random.default_rng(0)
    file = a_file(300, windows=((80, 99), (200, 229)))
    given = np.round(random.random(300), 2)
    worth, owner = weights(file, STANDARD)
    row = np.arange(300)

    def counted(threshold):
        alarms = (given >= threshold) & (row >= file.probation)
        total = worth[alarms & (owner < 0)].sum()
        for window in (0, 1):
            inside = worth[alarms & (owner == window)]
            total += inside.max() if inside.size else -1.0
        return 100 * (total + 2) / 4

    best = max(0.0, *(counted(each) for each in np.unique(given)))
    assert score([file], [given], STANDARD).score == pytest.approx(best)
    assert score([file], [given], STANDARD, 0.97).score == pytest.approx(counted(0.97))


def test_baselines_see_the_past_alone():
    random = np.random.default_rng(1)
    values = random.normal(size=1500)
    file = File("group/noise.csv", "group", 300.0 * np.arange(1500), values, ())
    for detector in nab.DETECTORS.values():
        whole = detector(file)
        changed = File(
            file.name, file.group, file.times, np.append(values[:1200], random.normal(9, 1, 300)), ()
        )
        np.testing.assert_allclose(detector(changed)[:1200], whole[:1200])


@pytest.fixture(scope="module")
def files():
    if not REAL.is_dir():
        pytest.skip(ABSENT)
    return load(REAL)


def test_the_real_files_carry_their_windows(files):
    assert (len(files), sum(len(file.windows) for file in files)) == (35, 50)
    assert all(file.probation <= first <= last for file in files for first, last in file.windows)
    assert 0.4 < np.mean([file.development for file in files]) < 0.6


def test_chance_scores_about_what_is_published(files):
    found = nab.chance(files)
    assert abs(found["mean"] - 16.8) < 2 * found["deviation"]
    null = score(files, [nab_baselines.nothing(file) for file in files], STANDARD)
    assert null.score == 0


def test_the_detector_beats_the_plain_rules_on_files_it_was_not_designed_on(files):
    held_out = [file for file in files if not file.development]
    ours = score(held_out, [nab.detect(file) for file in held_out], STANDARD)
    for rule in (nab_baselines.robust_z, nab_baselines.nothing):
        assert ours.score > score(held_out, [rule(file) for file in held_out], STANDARD).score + 10

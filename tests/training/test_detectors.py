"""The streaming detector: the same answers however fed, bounded state, kept rates, rough input survived."""

from dataclasses import replace

import numpy as np
import pytest

from detectors.knn_evt import DEFAULTS, Detector
from detectors.knn_evt_block import Block
from detectors.knn_evt_tail import fit

NAMES = ("score", "anomalous", "expected", "lower", "upper", "warming", "stale", "fresh")
STEP = 300.0


def noise(points=3000, seed=0):
    random = np.random.default_rng(seed)
    return STEP * np.arange(points), 50 + random.normal(size=points)


def daily(points=3000, seed=0):
    times, values = noise(points, seed)
    return times, values + 20 * np.sin(2 * np.pi * times / 86400)


def fed(times, values, sizes, settings=None, revive=False):
    """The same points in batches of `sizes` in turn, with or without a state round trip between them."""
    detector, parts, at = Detector(settings or {}), [], 0
    while at < len(times):
        size = sizes[len(parts) % len(sizes)]
        parts.append(detector.update(times[at : at + size], values[at : at + size]))
        at += size
        if revive:
            detector = Detector(settings or {}, detector.state())
    return {name: np.concatenate([getattr(part, name) for part in parts]) for name in NAMES}


@pytest.mark.parametrize("make", [noise, daily])
@pytest.mark.parametrize(("sizes", "revive"), [((1,), False), ((7, 1, 90, 33), True), ((5000,), False)])
def test_batches_answer_as_single_points_do(make, sizes, revive):
    times, values = make(1200)
    values[700:720] += 30
    whole = Detector({}).update(times, values)
    parts = fed(times, values, sizes, revive=revive)
    for name in NAMES:
        np.testing.assert_allclose(parts[name], getattr(whole, name), rtol=1e-9, err_msg=name)
    assert whole.anomalous.any()


def test_the_state_stays_small_however_long_the_series():
    times, values = noise(9000)
    detector = Detector({})
    detector.update(times[:6000], values[:6000])
    size = len(detector.state())
    detector.update(times[6000:], values[6000:])
    assert len(detector.state()) == size < 60_000


@pytest.mark.parametrize(
    "spoil", [lambda s: b"\x63" + s[1:], lambda s: s[:-8], lambda s: s[:3], lambda _: b""]
)
def test_a_state_that_cannot_be_read_starts_the_series_anew(spoil):
    times, values = noise(400)
    detector = Detector({})
    detector.update(times, values)
    again = Detector({}, spoil(detector.state())).update(times, values)
    np.testing.assert_array_equal(again.score, Detector({}).update(times, values).score)
    assert again.warming[0]


def test_a_setting_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="sensitivity"):
        Detector({"sensitivity": 3.0})


@pytest.mark.parametrize("make", [noise, daily])
@pytest.mark.parametrize("rate", [0.005, 0.001])
def test_it_alarms_about_as_often_as_asked_where_nothing_happens(make, rate):
    scores = [Detector({"false_alarm_rate": rate}).update(*make(20_000, seed)) for seed in (1, 2)]
    measured = np.mean([score.anomalous[~score.warming].mean() for score in scores])
    assert 0.4 * rate < measured < 1.8 * rate


def test_a_heavy_tail_does_not_raise_the_rate():
    random = np.random.default_rng(3)
    scores = Detector({"false_alarm_rate": 0.001}).update(
        STEP * np.arange(30_000), random.standard_t(3, 30_000)
    )
    assert scores.anomalous.mean() < 0.0018


def test_a_spike_is_an_alarm_at_once_and_only_one():
    times, values = noise(1500)
    values[1200:1210] += 25
    found = Detector({"false_alarm_rate": 1e-4}).update(times, values)
    assert found.anomalous[1200]
    assert found.score[1200] > 0.9999
    assert found.anomalous[1200:1236].sum() <= 3
    assert found.anomalous[1200:1236].sum() < (found.score[1200:1236] >= 0.9999).sum()


def test_the_rate_is_kept_from_the_first_days():
    series = [np.random.default_rng([6, seed]).uniform(size=4000) for seed in range(8)]
    scores = [Detector({"false_alarm_rate": 0.005}).update(STEP * np.arange(4000), each) for each in series]
    assert 0.0025 < np.mean([each.anomalous[~each.warming].mean() for each in scores]) < 0.0075


def test_an_anomaly_that_stays_does_not_excuse_itself():
    times, values = noise(1500)
    values[1200:1236] = 75 + values[1200:1236] - 50
    found = Detector({}).update(times, values)
    assert (found.score[1200:1236] > 0.99).all()


def test_distances_are_those_to_the_nearest_value_and_pair():
    past = np.array([[1.0, 5.0, 9.0], [2.0, 1.0, 5.0]])
    given = Block(past, 1, 9, 5, None, None, growth=1.0, weight=0.25)
    near = given.distances(np.array([6.0, 1.0]), np.array([5.0, 2.0]))
    np.testing.assert_allclose(near, [np.sqrt(1 * 3), 0.0])
    assert replace(given, growth=0.5).distances(np.array([6.0]), np.array([5.0]))[0] == near[0] / 2


def test_usual_values_in_an_unusual_order_are_found():
    random = np.random.default_rng(8)
    levels = np.where(np.arange(2000) % 2, 20.0, 10.0)
    levels[1500:] = levels[1499:-1]
    found = Detector({}).update(STEP * np.arange(2000), levels + random.normal(0, 0.2, 2000))
    assert found.anomalous[1500]
    assert found.score[1400:1500].max() < found.score[1500]


def test_a_level_shift_is_learned():
    times, values = noise(3000)
    values[1500:] += 40
    found = Detector({"false_alarm_rate": 0.001}).update(times, values)
    assert found.anomalous[1500]
    assert found.anomalous[1600:].mean() < 0.003


def test_a_missing_daily_peak_is_found_though_its_values_are_usual():
    times, values = daily(3000)
    day = slice(2592, 2880)
    values[day] = values[2304 + 216]
    values[day] += np.random.default_rng(9).normal(size=288)
    found = Detector({"false_alarm_rate": 0.001}).update(times, values)
    blind = Detector({"false_alarm_rate": 0.001, "season_strength": 2.0}).update(times, values)
    assert found.anomalous[day].any()
    assert not blind.anomalous[day].any()


def test_the_band_follows_the_season_and_what_lies_outside_is_rare():
    times, values = daily(3000)
    values[2000] = 400.0
    found = Detector({"false_alarm_rate": 0.001}).update(times, values)
    judged = slice(1500, 2000)
    truth = 50 + 20 * np.sin(2 * np.pi * times / 86400)
    assert np.abs(found.expected - truth)[judged].max() < 3
    assert (found.upper - found.lower)[judged].mean() < 20
    outside = ~found.warming & ((values < found.lower) | (values > found.upper))
    assert outside[2000]
    assert (found.score[outside] >= 0.999).all()


def test_a_constant_series_is_quiet_until_it_moves():
    times, values = STEP * np.arange(1000), np.full(1000, 7.0)
    values[800] = 7.5
    found = Detector({}).update(times, values)
    assert np.flatnonzero(found.anomalous).tolist() == [800]


def test_gaps_and_what_is_not_finite_are_left_out():
    times, values = noise(1000)
    rough = values.copy()
    rough[[500, 501, 502]] = np.nan, np.inf, -np.inf
    found = Detector({}).update(times, rough)
    kept = np.isfinite(rough)
    plain = Detector({}).update(times[kept], values[kept])
    np.testing.assert_array_equal(found.score[kept], plain.score)
    assert not found.score[~kept].any()
    assert not found.stale.any()
    assert np.isnan(found.expected[~kept]).all()


def test_points_that_are_not_newer_are_stale_and_change_nothing():
    times, values = noise(1000)
    order = np.concatenate([np.arange(600), [599, 10], np.arange(600, 1000)])
    found = Detector({}).update(times[order], values[order])
    assert np.flatnonzero(found.stale).tolist() == [600, 601]
    plain = Detector({}).update(times, values)
    np.testing.assert_array_equal(found.score[~found.stale], plain.score)
    detector = Detector({})
    detector.update(times, values)
    assert detector.update(times[:5], values[:5]).stale.all()


def test_irregular_times_keep_the_season():
    times, values = daily(4000)
    kept = np.sort(np.random.default_rng(1).choice(4000, 3000, replace=False))
    found = Detector({}).update(times[kept] + np.random.default_rng(2).uniform(0, 60, 3000), values[kept])
    truth = 50 + 20 * np.sin(2 * np.pi * times[kept] / 86400)
    assert np.abs(found.expected - truth)[1500:].max() < 4


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_the_unit_does_not_matter(scale):
    times, values = noise(1000)
    values[900] += 30
    plain, other = Detector({}).update(times, values), Detector({}).update(times, values * scale)
    np.testing.assert_allclose(other.score, plain.score, atol=1e-6)


def test_an_empty_batch_has_no_rows():
    found = Detector({}).update(np.empty(0), np.empty(0))
    assert {len(getattr(found, name)) for name in NAMES} == {0}


@pytest.mark.parametrize(("draw", "shape"), [("exponential", 0.0), ("pareto", 0.25)])
def test_the_tail_fits_laws_whose_tail_is_known(draw, shape):
    random, count = np.random.default_rng(4), 200_000
    values = random.exponential(size=count) if draw == "exponential" else random.pareto(4, count)
    tail = fit(values, count, 0.02, 1e-9)
    assert tail.shape == pytest.approx(shape, abs=0.06)
    true = -np.log(1e-4) if draw == "exponential" else 1e-4 ** (-1 / 4) - 1
    assert tail.quantile(1e-4) == pytest.approx(true, rel=0.08)
    assert tail.probability(np.array([tail.quantile(1e-4)]))[0] == pytest.approx(1e-4, rel=1e-6)


def test_probabilities_fall_with_the_score():
    tail = fit(np.random.default_rng(5).exponential(size=500), 500, 0.02, 1e-9)
    found = tail.probability(np.linspace(0, 40, 400))
    assert (np.diff(found) <= 0).all()
    assert found[0] == 1


def test_the_defaults_are_the_settings_that_exist():
    assert Detector(DEFAULTS).settings == DEFAULTS

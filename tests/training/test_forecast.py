"""When a limit is reached, how forecasts are measured, and what they must beat."""

import numpy as np
import pytest

import forecast_baselines
import metrics
from catalog.models.capacity import CAPACITY
from forecast import Reach, times_to

LEVELS = (0.1, 0.5, 0.9)
CONTRACT = CAPACITY.contract


def test_a_limit_is_reached_on_the_line_between_two_horizons():
    found = times_to([("warning", 80)], 70, (10, 20), np.array([[70, 75, 90], [72, 85, 95]]), LEVELS)

    assert found["warning"] == Reach(hours=15.0, earliest=5.0, latest=None)


def test_what_is_already_over_is_reached_now():
    found = times_to([("warning", 80)], 80, (1,), np.array([[60, 70, 90]]), LEVELS)

    assert found["warning"] == Reach(0.0, 0.0, 0.0)


def test_a_dip_after_the_peak_does_not_undo_it():
    path = np.array([[70, 82, 90], [60, 65, 70]])

    assert times_to([("warning", 80)], 70, (6, 12), path, LEVELS)["warning"].hours == pytest.approx(5)


def test_the_band_is_in_order_and_higher_limits_come_later():
    draw = np.random.default_rng(0)
    for _ in range(200):
        values = np.sort(draw.uniform(50, 100, (6, 3)), axis=1)
        found = times_to([("warning", 80), ("critical", 95)], 60, (1, 3, 6, 12, 24, 48), values, LEVELS)

        def late(hours):
            return np.inf if hours is None else hours

        for reach in found.values():
            assert late(reach.earliest) <= late(reach.hours) <= late(reach.latest)
        assert late(found["warning"].hours) <= late(found["critical"].hours)


def test_a_wrong_shape_is_refused():
    with pytest.raises(ValueError, match=r"must be \(2, 3\), got \(3, 2\)"):
        times_to([], 1, (1, 2), np.zeros((3, 2)), LEVELS)


def test_no_change_explains_nothing_and_the_truth_everything():
    truth, now = np.array([10.0, 20, 40]), np.array([12.0, 20, 30])

    still = metrics.forecast(truth, now, LEVELS, now)
    sure = metrics.forecast(truth, np.column_stack((truth - 1, truth, truth + 1)), LEVELS, now)

    assert still["r2_change"] == pytest.approx(0)
    assert still["r2"] > 0.7
    assert still["pinball"] == pytest.approx(still["mae"] / 2)
    assert (sure["r2_change"], sure["mae"], sure["coverage"]) == (1, 0, 1)


def test_pinball_and_coverage_as_computed_by_hand():
    found = metrics.forecast(
        np.array([10.0, 0.0]), np.array([[4.0, 6, 8], [-1, 1, 2]]), LEVELS, np.array([0.0, 0.0])
    )

    # 10 against 4, 6, 8; 0 against -1, 1, 2.
    assert found["pinball"] == pytest.approx((0.6 + 2.0 + 1.8 + 0.1 + 0.5 + 0.2) / 6)
    assert found["coverage"] == 0.5


def rows(**given):
    """One row for each horizon, with some columns given and the others missing."""
    horizons = CONTRACT.target.horizons
    columns = {name: np.full(len(horizons), np.nan) for name in CONTRACT.columns}
    columns |= {name: np.full(len(horizons), value) for name, value in given.items()}
    columns["horizon_hours"] = np.array(horizons)
    return np.column_stack([columns[name] for name in CONTRACT.columns]).astype(np.float32)


def test_the_seasonal_baseline_answers_with_the_day_before_at_the_same_hour():
    features = rows(current_storage_usage=50, lag_24h=40, day_before_next_3h=5, rolling_mean_1h=49)

    found = forecast_baselines.of(features, CONTRACT)

    seasonal = dict(zip(CONTRACT.target.horizons, found["seasonal_24h"], strict=True))
    assert seasonal == {1: 50, 3: 45, 6: 50, 12: 50, 24: 50, 48: 50}
    assert set(found["moving_mean_1h"]) == {49}
    assert set(found["persistence"]) == {50}


def test_baselines_of_a_reading_without_history_stand_still():
    for values in forecast_baselines.of(rows(current_storage_usage=50), CONTRACT).values():
        assert set(values) == {50}

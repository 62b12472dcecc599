"""What the truth of a forecast is: the entity's own later reading, or none."""

import numpy as np
import pytest

from labels import HOUR_MS, ahead

START = 1_767_225_600_000


def series(hours, values, entity=0):
    return np.full(len(hours), entity), START + (np.array(hours) * HOUR_MS).astype(np.int64), values


def test_the_truth_is_the_reading_of_that_later_hour():
    entity, time, values = series(range(5), np.array([10.0, 11, 13, 16, 20]))

    truth = ahead(entity, time, values, (1, 3))

    assert truth[0].tolist() == [11, 16]
    assert truth[1].tolist() == [13, 20]
    assert truth[3, 0] == 20
    assert np.isnan(truth[3, 1])
    assert np.isnan(truth[4]).all()


def test_between_two_readings_it_lies_on_the_line_between_them():
    entity, time, values = series([0, 0.75, 1.25], np.array([10.0, 20, 40]))

    assert ahead(entity, time, values, (1,))[0, 0] == pytest.approx(30)


def test_a_missing_reading_is_bridged_and_a_longer_silence_is_not():
    values = np.array([10.0, 20, 30])

    assert ahead(*series([0, 1, 3], values), (2,))[0, 0] == pytest.approx(25)
    assert np.isnan(ahead(*series([0, 1, 4], values), (2,))[0, 0])


def test_a_reading_without_a_value_tells_nothing():
    entity, time, values = series(range(4), np.array([10.0, np.nan, 30, 40]))

    truth = ahead(entity, time, values, (1,))[:, 0]

    assert truth[0] == pytest.approx(20)
    assert truth[1] == pytest.approx(30)


def test_no_entity_is_told_from_another():
    parts = [series(range(3), np.arange(3.0) + 100 * code, code) for code in range(3)]
    entity, time, values = (np.concatenate(column) for column in zip(*parts, strict=True))

    truth = ahead(entity, time, values, (1, 2))

    assert np.isnan(truth[2::3]).all()
    assert truth[0::3].tolist() == [[1, 2], [101, 102], [201, 202]]


def test_without_any_value_nothing_is_known():
    entity, time, values = series(range(3), np.full(3, np.nan))

    assert np.isnan(ahead(entity, time, values, (1, 6))).all()

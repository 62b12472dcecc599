"""The line through measured times, and what the simulator reads of them."""

from __future__ import annotations

import json

import numpy as np
import pytest

from studies import workload_times


def test_the_line_goes_through_points_on_a_line() -> None:
    kb = np.array(workload_times.SIZES_KB)
    assert workload_times.line(kb, 2.0 + 0.5 * kb) == pytest.approx((2.0, 0.5))


def test_the_line_never_starts_below_zero() -> None:
    kb = np.array([1.0, 10.0, 100.0])
    base, slope = workload_times.line(kb, np.array([0.1, 5.0, 80.0]))
    assert (base, slope > 0) == (0.1, True)


def test_the_real_work_is_timed_in_a_process_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workload_times, "SIZES_KB", (1.0, 400.0))
    monkeypatch.setattr(workload_times, "MOST_CALLS", 5)
    monkeypatch.setattr(workload_times, "STARTS", 1)
    found = workload_times._type("lightweight_api")
    small, _ = (point["ms"] for point in found["points"])
    assert 0 < small["p10"] <= small["p50"] <= small["p90"]
    assert found["import_ms"] > 0


def test_every_type_was_measured() -> None:
    found = json.loads(workload_times.TARGET.read_text())
    assert tuple(found["types"]) == workload_times.TYPES
    for told in found["types"].values():
        assert {"base_ms", "ms_per_kb", "spread", "misfit", "import_ms", "points"} <= set(told)
        assert tuple(point["payload_kb"] for point in told["points"]) == workload_times.SIZES_KB
        assert told["ms_per_kb"] > 0 <= told["base_ms"]

"""Is a synthetic record realistic? Held against statistics of real volumes.

Not tested: that a classifier can hardly tell real from synthetic windows (AUC at most .75). That takes real
rows, and only statistics of the real volumes may be here.
"""

import numpy as np
import pyarrow as pa
import pytest

from sources import iops_insight
from tests.training.storage_reference import AT, AUTOCORRELATION, SPEARMAN, VOLUMES, WINDOWS

FLEET = 300


@pytest.fixture(scope="module")
def windows():
    """Columns (volumes, windows) of a fleet of 300."""
    table = pa.concat_tables(iops_insight.chunks(FLEET * iops_insight.WINDOWS))

    def column(name):
        return table[name].to_numpy().reshape(FLEET, iops_insight.WINDOWS)

    iops = column("read_iops") + column("write_iops")
    return {
        "iops": iops,
        "write_share": column("write_iops") / iops,
        "io_kb": column("io_size_avg"),
        "sequential": column("sequential_access_ratio"),
        "depth": column("queue_depth"),
        "latency": column("avg_latency"),
        "p95": column("p95_latency"),
        "p99": column("p99_latency"),
    }


@pytest.fixture(scope="module")
def volumes(windows):
    """The same statistics a volume as the reference has."""
    iops = windows["iops"]
    mean = iops.mean(axis=1)
    return {
        "mean_iops": mean,
        "peak_to_mean": iops.max(axis=1) / mean,
        "p99_to_mean": np.quantile(iops, 0.99, axis=1) / mean,
        "variation": iops.std(axis=1) / mean,
        "write_share": (windows["write_share"] * iops).sum(axis=1) / iops.sum(axis=1),
        "io_kb": (windows["io_kb"] * iops).sum(axis=1) / iops.sum(axis=1),
    }


def distance(values, quantiles):
    """Kolmogorov-Smirnov distance at the points where the reference is known."""
    ranked = np.sort(values, axis=None)
    return np.abs(np.searchsorted(ranked, quantiles, side="right") / len(ranked) - AT).max()


def autocorrelation(iops, lag):
    log = np.log(iops)
    log -= log.mean(axis=1, keepdims=True)
    return (log[:, lag:] * log[:, :-lag]).sum(axis=1) / (log**2).sum(axis=1)


@pytest.mark.parametrize("name", WINDOWS)
def test_the_windows_are_distributed_as_real_ones(windows, name):
    assert distance(windows[name], WINDOWS[name]) <= 0.10


@pytest.mark.parametrize("name", VOLUMES)
def test_the_volumes_are_distributed_as_real_ones(volumes, name):
    assert distance(volumes[name], VOLUMES[name]) <= 0.10


@pytest.mark.parametrize("lag", AUTOCORRELATION)
def test_load_remembers_as_real_load_does(windows, lag):
    found = autocorrelation(windows["iops"], lag)
    assert distance(found, AUTOCORRELATION[lag]) <= 0.10
    assert np.median(found) == pytest.approx(AUTOCORRELATION[lag][4], abs=0.10)


@pytest.mark.parametrize("pair", SPEARMAN)
def test_what_goes_together_goes_together(windows, pair):
    ranks = [windows[name].ravel().argsort().argsort() for name in pair]
    assert np.corrcoef(ranks)[0, 1] == pytest.approx(SPEARMAN[pair], abs=0.15)


def test_operations_outstanding_follow_littles_law(windows):
    expected = windows["iops"] * windows["latency"] / 1000
    assert np.abs(windows["depth"] / expected - 1).max() < 0.01


def test_latency_has_the_usual_tail(windows):
    assert np.median(windows["p95"] / windows["latency"]) == pytest.approx(1.4, abs=0.1)
    assert np.median(windows["p99"] / windows["latency"]) == pytest.approx(2.7, abs=0.2)
    assert (windows["p99"] > windows["p95"]).all()
    assert (windows["p95"] > windows["latency"]).all()


def test_few_volumes_carry_most_of_the_load(volumes):
    mean = np.sort(volumes["mean_iops"])
    assert np.log10(mean).mean() == pytest.approx(2.13, abs=0.1)
    assert np.log10(mean).std() == pytest.approx(0.61, abs=0.1)
    # Few volumes decide this share: over twenty other fleets of 300 it is .58 to .70.
    assert mean[-FLEET // 10 :].sum() / mean.sum() == pytest.approx(0.61, abs=0.08)


def test_the_peak_is_ten_times_the_mean(volumes):
    assert np.median(volumes["peak_to_mean"]) == pytest.approx(10, abs=2)


def test_volumes_mostly_read_or_mostly_write(volumes):
    share = volumes["write_share"]
    assert np.median(share) == pytest.approx(0.34, abs=0.05)
    density, _ = np.histogram(share, bins=(0, 0.1, 0.45, 0.75, 0.9, 1), density=True)
    assert density[0] > density[2] < density[4]


def test_some_volumes_have_a_daily_pattern(windows):
    daily = autocorrelation(windows["iops"], 48)
    assert 0.1 < (daily > 0.5).mean() < 0.4
    assert 0.2 < (daily < 0.1).mean() < 0.5

"""The generator of threat events: same seed same events, shares as stated, and a best answer that holds."""

from datetime import timedelta
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest

from catalog.models.threat import THREAT
from sources import threat_event
from sources.threat_event import bayes, events, shares

CONTRACT = THREAT.contract
GROUP = threat_event.GROUP


@pytest.fixture(scope="module")
def table():
    return next(threat_event.chunks(GROUP))


@pytest.fixture(scope="module")
def drawn():
    return events.draw(np.random.default_rng(7), 6_000)


@pytest.fixture(scope="module")
def posterior(drawn):
    return bayes.posterior(drawn.measured)


def test_same_seed_same_events_other_seed_others():
    once, again, other = (next(threat_event.chunks(500, seed)) for seed in (1, 1, 2))
    assert once.equals(again)
    assert not once.equals(other)


@pytest.mark.parametrize("records", [1, 999, GROUP, GROUP + 1])
def test_there_are_as_many_events_as_asked_for_and_the_first_are_the_same(records, table):
    found = pa.concat_tables(threat_event.chunks(records))
    assert len(found) == records
    assert found.slice(0, GROUP).equals(table.slice(0, records))


def test_no_events_are_refused():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        next(threat_event.chunks(0))


def test_groups_differ_and_times_rise():
    found = pa.concat_tables(threat_event.chunks(GROUP + 100))
    times = found["timestamp"].to_pylist()
    assert all(later > earlier for earlier, later in pairwise(times))
    assert times[-1] - times[0] < timedelta(seconds=30) * (GROUP + 101)
    assert found["request_rate"][GROUP].as_py() != found["request_rate"][0].as_py()


def test_every_event_is_one_that_the_contract_takes(table):
    assert table.column_names == ["source_ip", "timestamp", *CONTRACT.features, "threat"]
    for row in table.slice(0, 400).to_pylist():
        record = {name: value for name, value in row.items() if value is not None}
        record["timestamp"] = row["timestamp"].isoformat()
        assert CONTRACT.record.check(record, [CONTRACT.target]) == []


def test_classes_come_in_the_stated_shares(table):
    counts = table["threat"].value_counts().to_pylist()
    found = {count["values"]: count["counts"] / len(table) for count in counts}
    assert tuple(shares.CLASSES) == CONTRACT.target.classes
    noise = shares.MISLABELLED
    for label, share in zip(shares.CLASSES, shares.SHARES, strict=True):
        expected = share * (1 - noise) + (1 - share) * noise / 8
        assert found[label] == pytest.approx(expected, abs=0.013)


def test_the_ways_of_a_class_are_all_of_it():
    for label in shares.CLASSES:
        assert sum(way.share for way in shares.WAYS if way.label == label) == pytest.approx(1)
    for way in shares.WAYS:
        assert set(way.typical) <= set(shares.NAMES)


def test_entropy_never_exceeds_what_its_addresses_allow(table):
    entropy, addresses = (np.array(table[name]) for name in ("geographic_entropy", "unique_ips"))
    known = ~np.isnan(entropy)
    assert 0.8 < known.mean() < 0.97
    assert (entropy[known] <= np.log2(addresses[known]) + 1e-9).all()


def test_a_default_is_what_a_quiet_client_shows():
    for feature in CONTRACT.record.features:
        quiet = shares.QUIET[feature.name]
        typical = np.floor(quiet.typical) if quiet.kind == "count" else quiet.typical
        assert feature.default == (0 if feature.name == "geographic_entropy" else typical)


def test_what_is_left_out_says_nothing_of_the_class(drawn):
    gone = np.isnan(drawn.measured).any(axis=1)
    by_class = [gone[drawn.label == code].mean() for code in range(len(shares.CLASSES))]
    assert max(by_class) - min(by_class) < 0.08


def test_the_posterior_is_as_sure_as_it_is_right(drawn, posterior):
    np.testing.assert_allclose(posterior.sum(axis=1), 1)
    surest, right = posterior.max(axis=1), posterior.argmax(axis=1) == drawn.label
    for low, high in ((0.3, 0.6), (0.6, 0.8), (0.8, 0.95), (0.95, 1)):
        chosen = (surest >= low) & (surest < high)
        assert chosen.sum() > 100
        assert right[chosen].mean() == pytest.approx(surest[chosen].mean(), abs=0.05)


def test_the_posterior_of_known_densities():
    """One feature alone, computed here from the ways' own normal densities."""
    measured = np.full((3, len(shares.NAMES)), np.nan)
    column = shares.NAMES.index("quote_share")
    measured[:, column] = (0.02, 0.3, 0.9)
    scaled = np.log(measured[:, column] / (1 - measured[:, column]))
    deviation = (scaled[:, None] - shares.CENTRE[:, column]) / shares.SPREAD[:, column]
    density = np.exp(-(deviation**2) / 2) / shares.SPREAD[:, column] * shares.WAY_SHARES
    by_class = density @ (shares.WAY_CLASS[:, None] == np.arange(9))
    true = by_class / by_class.sum(axis=1, keepdims=True)
    expected = true * (1 - shares.MISLABELLED) + (1 - true) * shares.MISLABELLED / 8
    np.testing.assert_allclose(bayes.posterior(measured), expected, rtol=1e-6)


def test_nothing_is_trivially_separable(drawn, posterior):
    """Even the best answer errs on every class, and no feature alone comes near it."""
    best = posterior.argmax(axis=1)
    for code in range(len(shares.CLASSES)):
        assert (best[drawn.label == code] == code).mean() < 0.97
    alone = []
    for column in range(len(shares.NAMES)):
        measured = np.full_like(drawn.measured, np.nan)
        measured[:, column] = drawn.measured[:, column]
        if shares.NAMES[column] == "geographic_entropy":
            measured[:, shares.NAMES.index("unique_ips")] = drawn.measured[:, 2]
        alone.append((bayes.posterior(measured[:2000]).argmax(axis=1) == drawn.label[:2000]).mean())
    assert max(alone) < 0.4 < (best == drawn.label).mean()


def test_the_floors_are_nine_tenths_of_the_best():
    best = threat_event.best_achievable()
    gates = next(each.gates for each in THREAT.trained.promotion.profiles if each.name == "synthetic")
    for gate in gates:
        assert gate.threshold == pytest.approx(0.9 * best[gate.metric], abs=0.01)

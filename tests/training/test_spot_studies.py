"""The real spot sets: read as documented, judged on what was held out, and neighbours that never tell a row's
own band."""

import csv
import gzip
import os
from pathlib import Path

import numpy as np
import pytest

import metrics
from catalog.models.spot_stability import SPOT_STABILITY
from sources import gcp_preemption as machines
from studies import (
    gcp_preemption,
    gcp_preemption_batches,
    gcp_preemption_models,
    spot_advisor,
    spot_advisor_data,
    spot_advisor_kin,
)
from studies.spot_advisor_neighbours import Market

DATA = Path(os.environ.get("OPS_ML_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
HEADS = {
    "lifetimes.csv.gz": ("name", "zone", "type", "life_h", "start", "hour", "dow"),
    "spot_advisor.csv.gz": (
        "region", "os", "instance_type", "savings_pct", "interruption_band", "band_label", "band_max_pct",
        "vcpu", "ram_gb",
    ),
}  # fmt: skip


def real(folder):
    if not (DATA / folder).is_dir():
        pytest.skip(f"{DATA / folder} is absent; point OPS_ML_DATA at the folder of data sets")
    return DATA / folder


def write(folder, file, rows):
    with gzip.open(folder / file, "wt", newline="") as opened:
        csv.writer(opened).writerows([HEADS[file], *rows])
    return folder


@pytest.fixture
def lifetimes(tmp_path):
    rows = [
        ("b", "us-central1-c", "n1-highcpu-16", "7.5", "2019-03-26 09:00:00+00:00", 9, 1),
        ("a", "us-east1-b", "n1-standard-2", "0.5", "2019-03-25 09:00:00.5+00:00", 9, 0),
        ("c", "us-east1-b", "n1-standard-2", "6.0", "2019-03-27 09:00:00+00:00", 9, 2),
    ]
    return write(tmp_path, "lifetimes.csv.gz", rows)


def test_machines_become_records_in_order_of_their_start(lifetimes):
    (table,) = machines.chunks(lifetimes)
    records = table.to_pylist()
    assert [each["pool_state"] for each in records] == ["interrupted", "stable", "stable"]
    assert [each["pool_id"] for each in records][:2] == [
        "us-east1-b/n1-standard-2",
        "us-central1-c/n1-highcpu-16",
    ]
    for record in records:
        given = {**record, "timestamp": record["timestamp"].isoformat()}
        contract = SPOT_STABILITY.contract
        assert contract.record.check(given, (contract.target,)) == []


def test_the_model_reads_of_a_machine_what_the_set_tells_and_nothing_else(lifetimes):
    rows = gcp_preemption.encoded(machines.machines(lifetimes))
    columns = SPOT_STABILITY.contract.columns
    told = [name for name, known in zip(columns, ~np.isnan(rows.features[0]), strict=True) if known]
    assert told == [
        "region", "zone", "series", "family", "size", "instance_type", "vcpu",
        "hour_sin", "hour_cos", "day_of_week", "is_weekend",
    ]  # fmt: skip
    assert rows.features[:, columns.index("vcpu")].tolist() == [2, 16, 2]


@pytest.mark.parametrize("read", [machines.machines, spot_advisor_data.load])
def test_a_folder_without_the_set_is_named(tmp_path, read):
    with pytest.raises(ValueError, match=f"{tmp_path}/.* is missing; give the folder that holds"):
        read(tmp_path)


def test_the_processors_alone_reach_what_was_published_within_six_hours():
    found = machines.machines(real("gcp_preemption"))
    cut = int(gcp_preemption.TRAIN * len(found))
    ended = np.array([each.hours < machines.HOURS for each in found[cut:]])
    processors = np.array([each.processors for each in found[cut:]], float)
    assert metrics.auc(ended, processors) == pytest.approx(0.714, abs=0.001)


def started(days, kind="n1-highcpu-4", zone="us-east1-b", ended=0.5):
    day = gcp_preemption_batches.DAY_MS
    return [machines.Machine(str(n), zone, kind, each * day + 5, ended) for n, each in enumerate(days)]


def test_batches_are_whole_days_and_a_short_end_joins_the_one_before():
    own = started([0] * 10 + [1] * 70 + [5] * 60 + [6] * 59)
    assert gcp_preemption_batches.batches(own).tolist() == [0] * 80 + [1] * 119


def test_a_batch_is_foretold_without_itself_and_its_neighbours():
    batch, ended = np.repeat(np.arange(5), 4), np.tile([True, False], 10)
    seen = []

    def answer(known, asked):
        seen.append((set(batch[asked].tolist()), set(batch[known].tolist())))
        return np.zeros(len(asked))

    assert gcp_preemption_batches.scored(answer, batch, ended) == [0.5] * 5
    assert seen[0] == ({0}, {2, 3, 4})
    assert seen[2] == ({2}, {0, 4})


def test_the_best_of_batches_is_told_with_its_error():
    batch = np.repeat(np.arange(2), (30, 10))
    told = gcp_preemption_batches.compared({"rule": [0.5, 0.5], "one": [0.6, 0.9]}, "rule", batch)
    assert told["best"] == "one"
    assert told["mean"]["one"] == pytest.approx(0.675)
    assert told["more_than_the_rule"] == pytest.approx(0.175)
    assert told["standard_error"] == pytest.approx(np.hypot(0.75 * 0.075, 0.25 * 0.225), abs=1e-4)


def test_monotone_trees_never_say_that_more_processors_are_safer():
    sizes = (1, 2, 4, 8, 16, 32)
    own = [one for size in sizes for one in started([0] * 40, f"n1-highcpu-{size}")]
    ended = np.random.default_rng(0).random(len(own)) < np.repeat([0.9, 0.2, 0.7, 0.3, 0.8, 0.5], 40)
    rows = np.arange(len(own))
    found = gcp_preemption_models.candidates(own, ended)["monotone trees (processors; 60)"](rows, rows)
    assert (np.diff(found[::40]) >= 0).all()
    assert np.ptp(found) > 0.05


def offers(types=("m5.large", "m5.xlarge", "m5d.large", "c6g.large"), regions=("us-east-1", "eu-west-1")):
    draw = np.random.default_rng(0)
    return [
        spot_advisor_data.Offer(region, kind, float(draw.integers(40, 80)), 2.0, 8.0, int(draw.integers(5)))
        for region in regions
        for kind in types
    ]


def test_names_are_taken_apart():
    found = {
        each.instance_type: (*each.parts, each.maker, each.log_size)
        for each in offers(
            ("m5.large", "c6gn.2xlarge", "u-6tb1.56xlarge", "m7i-flex.xlarge", "r7g.metal-48xl")
        )
    }
    assert found["m5.large"] == ("m", 5.0, "", "i", 0.0)
    assert found["c6gn.2xlarge"] == ("c", 6.0, "gn", "g", 2.0)
    assert found["u-6tb1.56xlarge"][:2] == ("u-6tb", 1.0)
    assert found["m7i-flex.xlarge"] == ("m", 7.0, "i-flex", "i", 1.0)
    assert found["r7g.metal-48xl"][4] == pytest.approx(np.log2(48) + 1)


def test_neighbours_tell_nothing_of_a_type_s_own_band():
    own = offers()
    rows = np.arange(len(own))
    changed = [
        spot_advisor_data.Offer(o.region, o.instance_type, o.savings, o.vcpu, o.memory_gb, (o.band + 2) % 5)
        if o.instance_type == "m5.large"
        else o
        for o in own
    ]
    mine = np.array([each.instance_type == "m5.large" for each in own])
    before, after = (Market.of(each).columns(rows, rows) for each in (own, changed))
    shares = np.ptp([np.bincount([o.band for o in each], minlength=5) for each in (own, changed)], axis=0)
    assert shares.any()
    # the mean of all bands moves too, by little; what neighbours say does not
    np.testing.assert_allclose(before[mine], after[mine], atol=0.35)
    kin = [each.instance_type == "m5.xlarge" for each in own]
    assert np.abs(before[kin] - after[kin]).max() > 0.4


def test_wider_groups_tell_nothing_of_a_type_s_own_bands():
    own = offers()
    rows, mine = np.arange(len(own)), np.array([each.instance_type == "m5.large" for each in own])
    changed = [
        spot_advisor_data.Offer(o.region, o.instance_type, o.savings, o.vcpu, o.memory_gb, (o.band + 2) % 5)
        if me
        else o
        for o, me in zip(own, mine, strict=True)
    ]
    kept = np.flatnonzero(~mine)
    before, after = (spot_advisor_kin.groups(each, kept, rows) for each in (own, changed))
    np.testing.assert_array_equal(before, after)
    # the mean of all bands moves by their share of all rows; groups of the type alone, by all of it
    before, after = (spot_advisor_kin.groups(each, rows, rows) for each in (own, changed))
    assert np.abs(before[mine] - after[mine]).max() <= 0.25 + 1e-6
    assert (before[:, 5::6] == after[:, 5::6]).all()


def test_savings_are_told_beside_those_of_the_type_the_region_and_the_next_sizes():
    own = offers(("m5.large", "m5.xlarge", "c5.large"))
    windows = [spot_advisor_data.Offer("us-east-1", "m5.large", 11.0, 2.0, 8.0, 4)]
    found = spot_advisor_kin.savings(own, windows)
    saved = np.array([each.savings for each in own])
    assert found[0, 0] == 2
    assert found[0, 1] == pytest.approx((saved[0] + saved[3]) / 2)
    assert found[0, 5] == pytest.approx(saved[0] - saved[:3].mean(), abs=1e-4)
    assert found[0, 15:18].tolist() == [11, saved[0] - 11, 0]
    assert found[1, 17] == 1
    assert np.isnan(found[0, 18])
    assert found[0, 19] == saved[1] - saved[0]
    assert found[1, 18] == saved[0] - saved[1]


def test_the_mode_is_the_family_s_in_the_region():
    own = offers(("m5.large", "m5.xlarge", "m5.2xlarge", "c5.large"), ("us-east-1",))
    known, asked = np.array([0, 1, 3]), np.array([2])
    told = spot_advisor._modes(own, known, asked)
    counts = np.bincount([own[0].band, own[1].band], minlength=5)
    assert told.tolist() == [int(counts.argmax())]


def test_the_baseline_of_the_first_split_is_the_one_that_was_measured():
    folder = real("spot_advisor")
    own = spot_advisor_data.load(folder)
    kinds = np.array([each.instance_type for each in own])
    split = spot_advisor.GroupShuffleSplit(1, test_size=spot_advisor.TEST, random_state=0)
    known, asked = next(split.split(kinds, groups=kinds))
    assert not set(kinds[known]) & set(kinds[asked])
    modes = spot_advisor._modes(own, known, asked)
    assert np.mean(modes == spot_advisor._bands(own, asked)) == pytest.approx(0.479, abs=0.006)

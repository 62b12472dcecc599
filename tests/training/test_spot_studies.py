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
from studies import gcp_preemption, spot_advisor, spot_advisor_data
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

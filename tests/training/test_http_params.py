"""The real payloads as records, and the study on their author's split."""

import csv
import gzip
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from catalog.models.threat_payload import THREAT_PAYLOAD
from sources import http_params as source
from studies import http_params as study

DATA = Path(os.environ.get("OPS_ML_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
REAL = DATA / "http_params"
ABSENT = f"{REAL} is absent; point OPS_ML_DATA at the folder of data sets"
TEXTS = {
    "norm": ["lamp {}", "{} street", "{}@example.org"],
    "sqli": ["' or {0}={0}--", "{} union select null", "1; drop table t{}"],
    "xss": ["<script>alert({})</script>", "<img src={} onerror=a()>", "javascript:a({})"],
    "cmdi": ["; cat /f{}", "| id {}", "$(id {})"],
    "path-traversal": ["../../{}", "..\\..\\{}", "/etc/{}"],
}


def write(folder, part, count, attacks=TEXTS):
    """`count` rows of each class, one class after the other."""
    with gzip.open(folder / f"payload_{part}.csv.gz", "wt", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["payload", "length", "attack_type", "label"])
        for attack, patterns in attacks.items():
            for i in range(count):
                text = patterns[i % 3].format(i + 1000 * (part == "test"))
                writer.writerow([text, len(text), attack, "norm" if attack == "norm" else "anom"])
    return folder


@pytest.fixture
def small(tmp_path):
    return write(write(tmp_path, "train", 60), "test", 30)


def test_parts_follow_each_other_in_time_and_are_shuffled_within(small):
    train, test = source.chunks(small)
    assert (len(train), len(test)) == (300, 150)
    times = pa.concat_tables([train, test])["timestamp"].to_pylist()
    assert times == sorted(set(times))
    assert {name.split("-")[2] for name in test["request_id"].to_pylist()} == {"test"}
    first = train.slice(0, 60)["attack"].to_pylist()
    assert len(set(first)) == 4
    assert pa.concat_tables(source.chunks(small)).equals(pa.concat_tables([train, test]))


def test_a_text_keeps_its_class_and_its_row(small):
    texts, attacks = source.rows(small, "train")
    for record in next(source.chunks(small)).to_pylist():
        row = int(record["request_id"].rsplit("-", 1)[1])
        assert record["payload"] == texts[row]
        assert record["attack"] == source.ATTACKS[attacks[row]]


def test_a_wrong_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"payload_train\.csv\.gz is missing; give the folder"):
        next(source.chunks(tmp_path))
    write(tmp_path, "train", 3, {"worm": ["{}"] * 3})
    with pytest.raises(ValueError, match=r"must have the attack_types norm, .*, got 'worm'"):
        next(source.chunks(tmp_path))


def test_the_study_reports_the_model_beside_its_baselines(small):
    found = study.study(small)
    assert (found["train"], found["test"], found["test_texts_also_in_train"]) == (300, 150, 0)
    for scheme, classes in (("four_classes", 4), ("five_classes", 5)):
        told = found[scheme]
        assert len(told["model"]["per_class"]) == classes
        assert told["model"]["macro_f1"] > told["keywords"]["macro_f1"] > told["majority"]["macro_f1"]
        assert told["chosen"] in study.CANDIDATES
        assert len(told["cross_validation"]) == len(study.CANDIDATES)
        rows = [each["rows"] for each in told["model"]["per_class"].values()]
        assert sum(rows) == 150


def test_the_test_part_decides_nothing(small):
    """Other test labels change no choice."""
    before = study.study(small)["five_classes"]
    shuffled = dict(zip(TEXTS, [*list(TEXTS.values())[1:], TEXTS["norm"]], strict=True))
    after = study.study(write(small, "test", 30, shuffled))["five_classes"]
    assert after["cross_validation"] == before["cross_validation"]
    assert after["model"]["macro_f1"] < 0.5


@pytest.fixture(scope="module")
def found():
    if not REAL.is_dir():
        pytest.skip(ABSENT)
    return pa.concat_tables(source.chunks(REAL))


def test_the_whole_set_is_there(found):
    counts = {each["values"]: each["counts"] for each in found["attack"].value_counts().to_pylist()}
    assert counts == {"normal": 19304, "sql_injection": 10852, "xss_attack": 532, "other_attack": 379}


def test_splitting_by_time_tests_on_the_authors_test_part_alone(found):
    newest = found.slice(round(0.85 * len(found)))
    assert {name.split("-")[2] for name in newest["request_id"].to_pylist()} == {"test"}
    shares = [np.mean(np.array(part["attack"].to_pylist()) == "normal") for part in (found, newest)]
    assert shares[0] == pytest.approx(shares[1], abs=0.02)


def test_every_record_is_one_that_the_contract_takes(found):
    contract = THREAT_PAYLOAD.contract
    for row in found.slice(0, 300).to_pylist():
        record = {**row, "timestamp": row["timestamp"].isoformat()}
        assert contract.record.check(record, [contract.target]) == []


@pytest.mark.skipif(not REAL.is_dir(), reason=ABSENT)
def test_the_real_payloads_are_told_apart():
    """Goal .985; the hyperparameters are those of the catalogue and the learner's defaults."""
    contract = THREAT_PAYLOAD.contract
    parts = [source.rows(REAL, part) for part in source.PARTS]
    (inputs, train), (asked, truth) = (
        (study.grams.encode(study.TEXT, texts), study._codes(attacks, source.ATTACKS, contract))
        for texts, attacks in parts
    )
    model = study._fit(inputs, train, contract, dict(THREAT_PAYLOAD.trained.tuning.fixed))
    assert study._macro_f1(truth, model.predict(asked).argmax(axis=1), contract) >= 0.985

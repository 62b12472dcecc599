"""The generator of request parameters: same seed same texts, shares as stated, classes that overlap."""

import re
import urllib.parse

import numpy as np
import pyarrow as pa
import pytest

from catalog.models.threat_payload import THREAT_PAYLOAD
from sources import http_payload
from sources.http_payload.grammar import SLOT, Grammar
from sources.http_payload.patterns import CLASSES, WORDS

CONTRACT = THREAT_PAYLOAD.contract
GROUP = http_payload.GROUP


@pytest.fixture(scope="module")
def table():
    return next(http_payload.chunks(GROUP))


def test_same_seed_same_texts_other_seed_others():
    once, again, other = (next(http_payload.chunks(300, seed)) for seed in (1, 1, 2))
    assert once.equals(again)
    assert not once.equals(other)


@pytest.mark.parametrize("records", [1, 999, GROUP, GROUP + 1])
def test_there_are_as_many_texts_as_asked_for_and_the_first_are_the_same(records, table):
    found = pa.concat_tables(http_payload.chunks(records))
    assert len(found) == records
    assert found.slice(0, GROUP).equals(table.slice(0, records))
    assert len(set(found["request_id"].to_pylist())) == records


def test_no_texts_are_refused():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        next(http_payload.chunks(0))


def test_every_text_is_one_that_the_contract_takes(table):
    assert table.column_names == ["request_id", "timestamp", "payload", "attack"]
    for row in table.slice(0, 400).to_pylist():
        record = {**row, "timestamp": row["timestamp"].isoformat()}
        assert CONTRACT.record.check(record, [CONTRACT.target]) == []


def test_classes_come_in_the_stated_shares(table):
    counts = {each["values"]: each["counts"] for each in table["attack"].value_counts().to_pylist()}
    assert tuple(CLASSES) == CONTRACT.target.classes
    for label, share in zip(CLASSES, http_payload.SHARES, strict=True):
        assert counts[label] / len(table) == pytest.approx(share, abs=0.03)


def test_every_slot_is_filled(table):
    named = {
        name
        for pattern in (*sum(CLASSES.values(), ()), *sum(map(tuple, WORDS.values()), ()))
        for name in SLOT.findall(pattern)
    }
    assert {name for name in named if not name.isdigit()} == set(WORDS)
    decoded = [urllib.parse.unquote_plus(text) for text in table["payload"].to_pylist()]
    assert not [text for text in decoded if re.search(r"~[a-z_]+~|~\d~", text)]


def test_a_pattern_is_filled_to_the_last_slot():
    grammar = Grammar({"a": ["<~b~>"], "b": ["x"]})
    assert grammar.text(np.random.default_rng(0), "~a~-~b~") == "<x>-x"
    assert re.fullmatch(r"\d{1,3}", grammar.text(np.random.default_rng(0), "~3~"))


def test_signs_of_an_attack_are_found_in_normal_texts_too(table):
    """No single sign separates the classes."""
    texts, labels = np.array(table["payload"].to_pylist()), np.array(table["attack"].to_pylist())
    for sign, attack in (
        ("'", "sql_injection"),
        ("script", "xss_attack"),
        ("<", "xss_attack"),
        ("/", "other_attack"),
    ):
        found = np.char.find(texts, sign) >= 0
        assert 0.005 < found[labels == "normal"].mean() < found[labels == attack].mean() < 0.95


def test_wrong_labels_bound_what_can_be_reached():
    best = http_payload.best_achievable()
    assert best["accuracy"] == pytest.approx(1 - http_payload.MISLABELLED, abs=0.003)
    assert 0.98 < best["macro_f1"] < 0.995

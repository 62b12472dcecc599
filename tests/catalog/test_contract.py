"""What every contract promises, over all models."""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.contract import Contract, Points, Problem, Rule, Scorecard, Target, insight_id, parse_time
from catalog.examples import flat as example
from catalog.models import MODELS
from catalog.spec import ModelSpec
from tests.catalog import strategies

pytestmark = pytest.mark.parametrize("spec", MODELS, ids=lambda spec: spec.name)
FEW = settings(max_examples=40, deadline=None, derandomize=True)


def fields(problems: list[Problem]) -> set[str]:
    return {problem.field for problem in problems}


def test_its_own_example_is_good(spec: ModelSpec) -> None:
    assert spec.contract.check(example(spec.contract.record)) == []


@FEW
@given(data=st.data())
def test_a_good_record_is_accepted_and_encoded_in_order(spec: ModelSpec, data: st.DataObject) -> None:
    record = data.draw(strategies.record(spec.contract.record))
    assert spec.contract.check(record) == []
    row = spec.contract.encode(record)
    assert len(row) == len(spec.contract.features)
    schema = spec.contract.record
    for feature, value in zip(schema.features, row, strict=False):
        left_out = feature.default if feature.missing == "default" else math.nan
        given = record.get(feature.source)
        assert value == pytest.approx(
            left_out if given is None else feature.number(given), nan_ok=True, rel=0
        )
    counts = [count for text in schema.texts for count in text.encode(record.get(text.name) or "")]
    assert row[len(schema.features) :] == counts
    assert json.loads(json.dumps(record)) == record
    assert spec.contract.encode(json.loads(json.dumps(record))) == pytest.approx(row, nan_ok=True, rel=0)


@FEW
@given(data=st.data())
def test_whatever_json_holds_is_judged_and_never_raises(spec: ModelSpec, data: st.DataObject) -> None:
    spec.contract.check(data.draw(strategies.JSON))
    names = st.sampled_from([*example(spec.contract.record), "other"])
    record = data.draw(st.dictionaries(names, strategies.JSON, max_size=8))
    problems = spec.contract.check(record)
    assert all(len(problem.detail) < 200 for problem in problems)
    if not problems:
        assert all(math.isfinite(value) or math.isnan(value) for value in spec.contract.encode(record))


@FEW
@given(data=st.data())
def test_each_wrong_field_is_named_and_no_other(spec: ModelSpec, data: st.DataObject) -> None:
    schema = spec.contract.record
    bad = st.sampled_from([True, math.nan, math.inf, 10**400, -(10**400), -1e99, [], {}])
    values = {feature.name: bad | st.just("?" if feature.names else "text") for feature in schema.given}
    values |= {text.name: bad for text in schema.texts}
    wrong = data.draw(st.sets(st.sampled_from(sorted(values))))
    record = {**example(schema), **{name: data.draw(values[name]) for name in sorted(wrong)}}
    assert fields(spec.contract.check(record)) == {schema.place(name) for name in wrong}


def test_ranges_are_closed(spec: ModelSpec) -> None:
    for feature in spec.contract.record.given:
        if feature.categories or feature.names:
            continue
        good = example(spec.contract.record)
        for limit, way in ((feature.minimum, -1), (feature.maximum, 1)):
            if limit is None:
                continue
            step = 1 if feature.integer else 1e-9 * max(1.0, abs(limit))
            assert spec.contract.check({**good, feature.name: limit}) == []
            beyond = spec.contract.check({**good, feature.name: limit + way * step})
            assert fields(beyond) == {spec.contract.record.place(feature.name)}


def test_keys_are_required_and_so_is_a_measurement(spec: ModelSpec) -> None:
    schema = spec.contract.record
    keys = {key.name: key.example for key in schema.keys}
    needed = {key.name for key in schema.keys if key.missing == "refuse"}
    measured = {schema.group, *(schema.place(name) for name in schema.required if name not in keys)}
    assert fields(spec.contract.check(keys)) == measured
    assert fields(spec.contract.check({})) == measured | needed


def test_a_key_keeps_its_pattern(spec: ModelSpec) -> None:
    good = example(spec.contract.record)
    for key in spec.contract.record.keys:
        for value in (
            "",
            " ",
            "x" * 129,
            "a\n",
            5,
            "2026-03-02",
            "2026-03-02T14:30:00",
            "0001-01-01T00:00:00+05:00",
        ):
            if key.kind == "text" and isinstance(value, str) and value.startswith(("2026", "0001")):
                continue
            assert fields(spec.contract.check({**good, key.name: value})) == {key.name}


def test_labels_are_welcome_where_they_are_named(spec: ModelSpec) -> None:
    target = spec.contract.target
    good: Any = target.classes[0] if target.classes else target.maximum
    record = {**example(spec.contract.record), target.name: good}
    assert spec.contract.record.check(record, [target]) == []
    assert fields(spec.contract.check(record)) == {target.name}
    wrong: tuple[Any, ...] = ("purple", math.nan, -1, True, [])
    for bad in wrong:
        problems = spec.contract.record.check({**record, target.name: bad}, [target])
        assert fields(problems) == {spec.contract.record.place(target.name)}


def test_json_gives_the_contract_back(spec: ModelSpec, tmp_path: Path) -> None:
    text = spec.contract.to_json()
    assert Contract.from_json(text) == spec.contract
    (tmp_path / "one.json").write_text(text)
    assert Contract.load_all(tmp_path) == {spec.name: spec.contract}


def test_json_changed_by_hand_is_refused(spec: ModelSpec) -> None:
    changed = json.loads(spec.contract.to_json())
    changed["target"]["name"] = "other"
    with pytest.raises(ValueError, match="hashes to"):
        Contract.from_json(json.dumps(changed))


def test_the_hash_tells_meaning_from_wording(spec: ModelSpec) -> None:
    contract, schema = spec.contract, spec.contract.record
    features, texts = schema.features, schema.texts

    def having(**changed: Any) -> str:
        return dataclasses.replace(contract, record=dataclasses.replace(schema, **changed)).hash

    def each(fields: tuple[Any, ...], **changed: Any) -> tuple[Any, ...]:
        return tuple(dataclasses.replace(field, **changed) for field in fields)

    reworded = {"features": each(features, description="other"), "texts": each(texts, description="other")}
    assert having(**reworded) == contract.hash
    others = [dataclasses.replace(contract, target=Target(name="other", description="")).hash]
    if features:
        others += [having(features=each(features, **{name: 7})) for name in ("unit", "maximum", "minimum")]
        others.append(having(features=features[1:]))
    if len(features) > 1:
        others.append(having(features=features[::-1]))
    if texts:
        others += [having(texts=each(texts, buckets=7)), having(texts=each(texts, grams=(7,)))]
    assert contract.hash not in others
    assert len(set(others)) == len(others) > 1


def test_the_rule_answers_what_the_model_could(spec: ModelSpec) -> None:
    fallback, target = spec.contract.fallback, spec.contract.target
    if fallback is None:
        pytest.skip("declares no fallback rule")
    if isinstance(fallback, Scorecard):
        assert {fallback.positive, fallback.negative} == set(target.classes)
        worst = {
            point.feature: _beyond(point) for point in sorted(fallback.points, key=lambda p: p.threshold)
        }
        assert fallback.answer({}) == fallback.negative
        assert fallback.answer(worst) == fallback.positive
        assert fallback.base <= fallback.probability({}) < fallback.probability(worst) <= fallback.most
        return
    for rule in fallback.rules:
        assert target.problem(fallback.answer({rule.feature: _beyond(rule)})) is None
    first = fallback.rules[0]
    assert first.op != "=="
    at_it, later = {first.feature: first.threshold}, replace(fallback, rules=fallback.rules[1:])
    assert fallback.answer(at_it) == later.answer(at_it)
    assert fallback.answer({}) == fallback.otherwise


def _beyond(rule: Rule | Points) -> float | str:
    if isinstance(rule.threshold, str):
        return rule.threshold
    return rule.threshold + (1 if rule.op == ">" else -1)


def test_one_instant_is_one_time(spec: ModelSpec) -> None:
    told = ("2026-03-02T14:30:00Z", "2026-03-02T15:30:00+01:00", "20260302T143000+0000")
    assert len({parse_time(text) for text in told}) == 1
    keys = spec.contract.record.key_names
    record = example(spec.contract.record)
    assert insight_id(record, keys) == insight_id({**record, spec.contract.features[0]: 99}, keys)
    assert insight_id(record, keys) != insight_id({**record, keys[0]: "other"}, keys)


def test_a_count_is_whole(spec: ModelSpec) -> None:
    for feature in spec.contract.record.given:
        if feature.categories or feature.names:
            continue
        record = {**example(spec.contract.record), feature.name: 0.5}
        wrong = {spec.contract.record.place(feature.name)} if feature.integer else set()
        assert fields(spec.contract.check(record)) == wrong

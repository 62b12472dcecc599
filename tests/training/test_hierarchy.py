"""The hierarchical learner: pooled towards the level above, out of fold, sure of what it knows and less sure
of what it does not, and the same as ONNX."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

import metrics
from catalog.known import LEARNERS
from dataset import Rows
from jobs import JobError
from learners import hierarchy, hierarchy_parts, hierarchy_settings
from learners.hierarchy_encoding import Levels
from learners.hierarchy_levels import strength
from learners.hierarchy_spread import Judged, centre
from tests.training import market
from tests.training.market import CHAINS, CONTRACTS

TWO = CONTRACTS["two classes"]
NAMES = {0, 1, 2}


def silent(*_):
    pass


def fit(kind, *, train=None, **given):
    own = train or market.rows(kind)
    asked = market.rows(kind, 2000, 2, every=True)
    return hierarchy.fit(own, asked, CONTRACTS[kind], {**CHAINS, **given}, report=silent, identity="")


@pytest.fixture(scope="module")
def models():
    return {kind: fit(kind)[0] for kind in CONTRACTS}


@pytest.fixture(scope="module")
def asked():
    """Known and unknown names, missing names, rows without anything."""
    inputs = market.drawn(2000, 3, every=True)[0]
    inputs[::7] = np.nan
    inputs[3::11, 1] = 4711
    return inputs


def session(model, contract):
    made = onnxruntime.InferenceSession(market.artifact_of(model, contract).onnx())
    return lambda inputs: dict(
        zip([each.name for each in made.get_outputs()], made.run(None, {"features": inputs}), strict=True)
    )


@pytest.mark.parametrize("kind", CONTRACTS)
def test_the_graph_answers_as_the_model_does(models, asked, kind):
    model, contract = models[kind], CONTRACTS[kind]
    found, own = session(model, contract)(asked), model.predict(asked)
    answers = found["probabilities" if contract.target.classes else "value"]
    np.testing.assert_allclose(answers.reshape(own.shape), own, atol=1e-5)
    if contract.target.classes:
        np.testing.assert_allclose(found["interval"], model.interval(asked), atol=1e-5)


def test_names_next_to_each_other_are_told_apart(models):
    """Hashes have 24 bits, and float32 no more: the graph must find each of them and no neighbour."""
    train = market.rows("two classes")
    features = train.features.copy()
    features[:, 2] = 2**24 - 1 - (features[:, 2] - 50_000) / 91
    model = fit("two classes", train=replace(train, features=features), num_boost_round="20")[0]
    near = features[:300].copy()
    near[:, 2] -= market.KNOWN_TYPES
    both = np.concatenate((features[:300], near))
    np.testing.assert_allclose(session(model, TWO)(both)["probabilities"], model.predict(both), atol=1e-5)
    assert (model.pooling.encode(near)[:, -2] == model.pooling.root[0]).all()


@pytest.mark.parametrize("kind", CONTRACTS)
def test_what_is_saved_answers_the_same_and_is_text(models, asked, kind, tmp_path):
    model = models[kind]
    model.save(tmp_path)
    loaded = hierarchy.load(tmp_path, CONTRACTS[kind])
    assert (loaded.predict(asked) == model.predict(asked)).all()
    assert loaded.importance() == model.importance()
    assert all(path.read_text() for path in tmp_path.iterdir())
    if CONTRACTS[kind].target.classes:
        assert (loaded.interval(asked) == model.interval(asked)).all()


def test_without_rows_there_are_no_answers(models):
    for kind, model in models.items():
        assert len(model.predict(np.empty((0, 5), np.float32))) == 0, kind


def levels_of(inputs, outcome, columns=((0, 1),)):
    return Levels.of(columns, NAMES, inputs, outcome, 1.0)


def nested(counts, rates, seed=0):
    """Rows of zones in two regions: `counts` rows each, of which a share `rates` is 1."""
    draw = np.random.default_rng(seed)
    zone = np.repeat(np.arange(len(counts)), counts)
    outcome = (draw.random(len(zone)) < np.array(rates)[zone]).astype(float)[:, None]
    inputs = np.stack([zone % 2, 10 + zone, zone, zone, zone], axis=1).astype(np.float32)
    return inputs, outcome, zone


def test_a_group_is_drawn_to_the_one_above_the_more_the_fewer_rows_it_has():
    rates = np.random.default_rng(3).beta(2, 2, 42)
    counts = [200] * 40 + [2, 2]
    inputs, outcome, zone = nested(counts, [*rates[:40], 1.0, 1.0])
    (chain,) = levels_of(inputs, outcome).pooling(outcome).chains
    region, of_zone = chain
    above = region.values[1 + np.arange(42) % 2, 0]
    mean = np.array([outcome[zone == each].mean() for each in range(42)])
    expected = (np.array(counts) * mean + of_zone.strength * above) / (np.array(counts) + of_zone.strength)
    group = np.lexsort((np.arange(42), np.arange(42) % 2))
    np.testing.assert_allclose(of_zone.values[1:, 0], expected[group], atol=1e-6)
    kept = dict(zip(group.tolist(), of_zone.own[1:].tolist(), strict=True))
    assert min(kept[each] for each in range(40)) > 0.9
    assert max(kept[each] for each in (40, 41)) < 0.5


def test_an_unknown_zone_is_told_what_its_region_is_and_an_unknown_region_what_all_are():
    inputs, outcome, _ = nested([50] * 6, [0.1, 0.9] * 3)
    pooling = levels_of(inputs, outcome).pooling(outcome)
    new = inputs[:2].copy()
    new[:, 1] = 99
    new[1, 0] = 98
    encoded = pooling.encode(new)
    width = len(pooling.numbers)
    region, zone, own = encoded[:, width], encoded[:, width + 1], encoded[:, width + 2]
    assert zone[0] == region[0] == pooling.chains[0][0].values[1, 0] < 0.3
    assert zone[1] == region[1] == pooling.root[0]
    assert (own == 0).all()


@pytest.mark.parametrize("shared", [0.02, 0.2, 0.6])
def test_the_strength_of_pooling_is_what_the_groups_were_drawn_with(shared):
    draw = np.random.default_rng(5)
    worth = (1 - shared) / shared
    rate = draw.beta(0.3 * worth, 0.7 * worth, 600)
    group = np.repeat(np.arange(1, 601), 40)
    outcome = (draw.random(len(group)) < rate[group - 1]).astype(float)[:, None]
    found = strength(group, outcome, np.full_like(outcome, outcome.mean()))
    assert found == pytest.approx(worth, rel=0.25)


def test_groups_that_are_all_alike_are_one():
    outcome = (np.random.default_rng(0).random(4000) < 0.3).astype(float)[:, None]
    alike = strength(np.arange(4000) % 100 + 1, outcome, np.full_like(outcome, 0.3))
    assert alike > 100


def test_a_row_s_own_fold_says_nothing_of_it():
    """Whoever changes the outcomes of a fold changes nothing of what its rows are trained with."""
    inputs, outcome, zone = nested([30] * 8, [0.2, 0.6] * 4)
    fold = np.arange(len(zone)) % 3
    other = outcome.copy()
    other[fold == 1] = 1 - other[fold == 1]
    made = levels_of(inputs, outcome)
    before, after = (made.out_of_fold(inputs, each, fold, 3) for each in (outcome, other))
    values = slice(len(made.numbers), None)
    # the mean of all rows stands in where a name is missing, which none is here
    np.testing.assert_array_equal(before[fold == 1][:, values], after[fold == 1][:, values])
    assert (before[fold != 1][:, values] != after[fold != 1][:, values]).any(axis=1).mean() > 0.9


def test_a_name_that_is_held_out_is_unknown_to_its_own_rows():
    inputs, outcome, zone = nested([30] * 8, [0.2, 0.6] * 4)
    made = levels_of(inputs, outcome)
    encoded = made.out_of_fold(inputs, outcome, zone // 2 % 3, 3)
    region, of_zone, own = encoded[:, -3:].T
    np.testing.assert_allclose(region, of_zone, atol=1e-6)
    assert (own == 0).all()


def test_noise_in_names_is_not_learned():
    """Types have three rows and nothing can be foretold: whoever leaks the target says otherwise."""
    train = market.rows("two classes", 3000)
    draw = np.random.default_rng(0)
    features = train.features.copy()
    features[:, 2] = 50_000 + draw.integers(0, 900, 3000)
    target = (draw.random(3000) < 0.3).astype(np.float32)
    model = fit("two classes", train=Rows(features, target, target, train.entity))[0]
    answers = model.predict(features)
    assert metrics.auc(target > 0, answers[:, 1]) < 0.75
    assert answers[:, 1].std() < 0.08


def test_types_that_it_knows_are_told_better_than_by_their_mean_alone(models):
    test = market.rows("two classes", 4000, 5)
    truth = 1 / (1 + np.exp(-market.drawn(4000, 5)[1]))
    error = np.abs(models["two classes"].predict(test.features)[:, 1] - truth).mean()
    assert error < 0.4 * np.abs(truth - truth.mean()).mean()


def test_unknown_names_make_the_interval_wider_and_it_holds_the_truth(models):
    inputs, log_odds = market.drawn(6000, 9, every=True)
    bounds, truth = models["two classes"].interval(inputs), 1 / (1 + np.exp(-log_odds))
    zone, kind = market.unknown(inputs)
    inside = (bounds[:, 0] <= truth) & (truth <= bounds[:, 1])
    wide = np.log(bounds / (1 - bounds)) @ (-1, 1)
    groups = {"known": ~zone & ~kind, "zone": zone & ~kind, "type": ~zone & kind, "both": zone & kind}
    width = {name: float(wide[group].mean()) for name, group in groups.items()}
    assert width["known"] < width["zone"] < width["both"]
    assert width["known"] < width["type"] < width["both"]
    for name, group in groups.items():
        assert 0.84 < inside[group].mean() < 0.99, name


def test_the_interval_holds_the_answer(models, asked):
    model = models["two classes"]
    bounds, risk = model.interval(asked), model.predict(asked)[:, 1]
    assert (bounds[:, 0] <= risk + 1e-6).all()
    assert (risk <= bounds[:, 1] + 1e-6).all()


def test_of_several_classes_the_interval_is_of_all_but_the_calm_one(models, asked):
    model = models["classes"]
    bounds, risk = model.interval(asked), 1 - model.predict(asked)[:, 1]
    assert ((bounds[:, 0] <= risk + 1e-5) & (risk <= bounds[:, 1] + 1e-5)).all()


def test_probabilities_are_calibrated(models):
    test = market.rows("two classes", 20_000, 11)
    risk = models["two classes"].predict(test.features)[:, 1]
    bins = np.digitize(risk, np.quantile(risk, np.arange(0.1, 1, 0.1)))
    off = [abs(risk[bins == each].mean() - test.target[bins == each].mean()) for each in range(10)]
    assert np.mean(off) < 0.03


def outcomes(deviation, groups, seed=2):
    """Of rows that were foretold without bias: each group's log-odds deviate by its rows' own deviation."""
    draw = np.random.default_rng(seed)
    foretold = draw.normal(-1, 1, len(groups))
    moved = deviation * draw.normal(size=groups.max() + 1)[groups]
    risk = 1 / (1 + np.exp(-centre(foretold, deviation**2) - moved))
    return foretold, draw.random(len(groups)) < risk


@pytest.mark.parametrize("true", [0.0, 0.5, 1.2])
def test_the_spread_of_groups_is_found(true):
    groups = np.repeat(np.arange(800), 30)
    foretold, happened = outcomes(np.full(len(groups), true), groups)
    found = Judged(foretold, happened, np.ones((len(groups), 1))).parts(groups)[0]
    assert found[0] ** 0.5 == pytest.approx(true, abs=0.15)


def test_the_spread_is_told_apart_by_what_records_lack():
    groups = np.repeat(np.arange(1500), 20)
    lacks = np.random.default_rng(4).random((len(groups), 2)) < 0.4
    foretold, happened = outcomes(np.sqrt(0.04 + lacks @ (0.8, 0.0)), groups)
    told = np.column_stack((np.ones(len(groups)), lacks))
    found = Judged(foretold, happened, told).parts(groups)[0]
    np.testing.assert_allclose(found, (0.04, 0.8, 0.0), atol=0.12)


def test_deviations_leave_the_foretold_risk_their_mean():
    foretold, variance = np.linspace(-4, 4, 9), 1.3
    drawn = np.random.default_rng(0).normal(0, variance**0.5, 200_000)
    risk = (1 / (1 + np.exp(-centre(foretold, np.full(9, variance)) - drawn[:, None]))).mean(axis=0)
    np.testing.assert_allclose(risk, 1 / (1 + np.exp(-foretold)), atol=0.01)


def test_what_a_region_s_rows_share_for_a_day_widens_the_interval():
    """The same rows with a state that moves from day to day: a model told their time is less sure."""
    inputs, log_odds = market.drawn(6000, 1)
    draw = np.random.default_rng(8)
    day = draw.integers(0, 150, 6000)
    state = draw.normal(0, 1.2, (market.REGIONS, 150))[inputs[:, 0].astype(int) - 1000, day]
    target = (draw.random(6000) < 1 / (1 + np.exp(-log_odds - state))).astype(np.float32)
    own = Rows(inputs, target, target, np.arange(6000))
    asked = market.drawn(2000, 3)[0]
    given = {"chains": "region;kind", "num_boost_round": "60", "train": own}
    without, with_time = (
        fit("two classes", **{**given, "train": replace(own, time=time)})[0].interval(asked)
        for time in (own.time, day * 86_400_000 + 5)
    )
    assert np.ptp(with_time, axis=1).mean() > 1.25 * np.ptp(without, axis=1).mean()


def test_rows_are_held_out_by_weeks_where_there_are_enough():
    own, week = market.rows("two classes", 600), np.arange(600) // 100
    settings = hierarchy_settings.read(CHAINS, TWO)

    def folds(time):
        return hierarchy_parts.Growing.of(replace(own, time=time), TWO, settings).folds[0]

    by_week = folds(week * hierarchy_parts.WEEK_MS + 9)
    assert all(len(set(by_week[week == each])) == 1 for each in range(6))
    assert set(by_week) == {0, 1, 2}
    for time in (own.time, week * 1000):
        assert len(set(folds(time)[week == 0])) == 3


def test_a_column_that_is_missing_at_times_is_part_of_the_graph(models):
    bounds = models["two classes"].bounds
    assert [column for column, _ in bounds.missing] == [4]


@pytest.mark.parametrize("kind", CONTRACTS)
def test_contributions_tell_the_columns_that_matter(models, kind):
    model, contract = models[kind], CONTRACTS[kind]
    inputs = market.drawn(200, 1)[0]
    labels = np.ones(200, np.int64) if contract.target.classes else None
    moved = np.abs(model.contributions(inputs, labels)).mean(axis=0)
    assert moved.shape == (5,)
    assert moved[2] > moved[4]
    assert moved[3] > moved[4]
    gains = model.importance()
    assert sum(gains) == pytest.approx(1, abs=1e-4)
    assert min(gains[2:4]) > 2 * gains[4]


def test_same_seed_same_model_other_seed_another():
    first, again, other = (fit("two classes", seed=seed, num_boost_round="20")[0] for seed in ("1", "1", "2"))
    assert first.texts == again.texts
    assert first.texts != other.texts


def test_every_wrong_hyperparameter_is_named_at_once():
    with pytest.raises(JobError, match="folds must be a whole number from 2 to 20, got '1'") as error:
        hierarchy_settings.read({"folds": "1", "pooling": "0", "chains": "a>"}, TWO)
    assert "pooling must be a number above 0, got '0'" in str(error.value)
    assert "chains must be names of features, coarse to fine" in str(error.value)
    with pytest.raises(JobError, match="levels town are not features that hold names; two has region, zone"):
        hierarchy_settings.read({"chains": "region>town"}, TWO)
    with pytest.raises(JobError, match="eta: not a hyperparameter"):
        hierarchy_settings.read({"eta": "0.1"}, TWO)
    with pytest.raises(JobError, match="3 x 20 parts are held out; 40 is the most"):
        hierarchy_settings.read({"hold_out": "rows,zone,kind", "folds": "20"}, TWO)


def test_undeclared_levels_are_the_names_in_their_order():
    found = hierarchy_settings.read({}, TWO)
    assert found.chains == (("region", "zone", "kind"),)
    assert found.hold_out == ("rows", "kind")


def test_every_searched_hyperparameter_is_the_learner_s():
    known = {*hierarchy_settings.KINDS, *hierarchy_settings.lightgbm_settings.KINDS}
    assert set(LEARNERS["hierarchy"].hyperparameters) <= known

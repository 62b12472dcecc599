"""The PetShop study: the points it judges, scores blind to a point's place, and the baseline as measured."""

import os
from pathlib import Path

import numpy as np
import pytest

import metrics
from catalog.models.failure import FAILURE
from studies import petshop
from studies import petshop_scores as scores
from studies.petshop_data import Issue, load
from studies.petshop_model import failure_model

DATA = Path(os.environ.get("OPS_ML_DATA", Path(__file__).parents[2].parent / "shared" / "data")) / "petshop"
PLACES = np.array([-450.0, -150.0, 150.0, 450.0, 750.0])


@pytest.fixture(scope="module")
def low():
    if not DATA.is_dir():
        pytest.skip(f"{DATA} is absent: the PetShop data is not shipped")
    return load(DATA, petshop.LOW)


def series(draw, points, slower=1.0):
    """A site and one more node; `slower` multiplies latencies."""
    found = {}
    for node in (scores.SITE, "Other"):
        for name in scores.WATCHED:
            latency = slower * draw.lognormal(-2, 0.1, points)
            found[f"{node} {name}"] = latency if "latency" in name else draw.uniform(99, 100, points)
        found[f"{node} requests/Sum"] = draw.uniform(400, 500, points)
    return found


@pytest.fixture
def normal():
    return series(np.random.default_rng(0), 200)


@pytest.fixture
def issue():
    found = series(np.random.default_rng(1), 5)
    for name in found:
        if "latency" in name:
            found[name][2:4] *= 3
    return Issue("one", f"{scores.SITE} latency/Average", PLACES, found)


def every_score(normal, issue):
    health = scores.Health.of(normal)

    def answer(flat):
        return np.nan_to_num(flat).sum(axis=1)

    return [
        scores.alarming(health),
        scores.alarming_kind(health),
        scores.site(health),
        scores.everywhere(health),
        scores.learned([(health, [issue])], health),
        failure_model(answer, FAILURE.contract, None),
        failure_model(answer, FAILURE.contract, normal),
    ]


def test_points_around_the_onset_are_judged_and_later_ones_are_not(issue):
    assert issue.label.tolist() == [0, 0, 1, 1, -1]


def test_no_score_knows_the_place_of_a_point(normal, issue):
    order = np.array([3, 0, 4, 2, 1])
    moved = Issue("two", issue.target, PLACES, {name: each[order] for name, each in issue.series.items()})
    for score in every_score(normal, issue):
        np.testing.assert_allclose(score(moved), score(issue)[order], rtol=1e-5)


def test_every_score_rises_with_trouble(normal, issue):
    for score in every_score(normal, issue):
        found = score(issue)
        assert found[2:4].min() > found[:2].max()


def test_a_fall_of_availability_counts_and_a_rise_does_not(normal, issue):
    name = f"{scores.SITE} availability/Average"
    health = scores.Health.of(normal)
    worse, better = (Issue("x", name, PLACES, {**issue.series, name: np.full(5, v)}) for v in (90.0, 100.0))
    assert (scores.alarming(health)(worse) > 10).all()
    assert (scores.alarming(health)(better) < 0).all()


def test_a_start_has_no_score_from_itself(normal, issue):
    found = scores.own_start(scores.Health.of(normal))(issue)
    assert np.isnan(found[0])
    assert found[2:4].min() > max(found[1], found[4])


def test_the_files_hold_two_points_before_the_onset(low):
    assert {split: len(found) for split, found in low.issues.items()} == {"train": 8, "test": 18}
    for issue in (*low.issues["train"], *low.issues["test"]):
        assert (issue.times < 0).tolist() == [True, True, False, False, False]
        assert (issue.label == 0).sum() == 2


def test_the_baseline_is_as_measured(low):
    score = scores.robust_z(low)
    points = np.concatenate(
        [petshop._points(score, issue) for issue in (*low.issues["train"], *low.issues["test"])]
    )
    assert metrics.auc(points[:, 0] == 1, points[:, 1]) == pytest.approx(0.852, abs=0.001)


def test_a_folder_without_the_set_is_refused(tmp_path, capsys):
    assert petshop.main([str(tmp_path)]) == 2
    assert "metrics.parquet" in capsys.readouterr().out

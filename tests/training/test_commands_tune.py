"""`tune`: a search of all of a model's learners that goes on where it ended, and writes what train writes."""

import json
import tarfile

import pytest

from catalog.spec import Integer
from tests.models import LEARNED
from tests.training.cli import call

SPEC = max(
    (spec for spec in LEARNED if all(each.learner != "lstm" for each in spec.trained.searches)),
    key=lambda spec: len(spec.trained.searches),
)
OWN = SPEC.trained.learner
RECORDS = 600


@pytest.fixture(scope="module")
def tuned(tmp_path_factory):
    """One trial of each learner."""
    folder = tmp_path_factory.mktemp("tuned")
    done = call("tune", SPEC.name, "--synthetic", RECORDS, "--jobs", 1, "--output", folder)
    assert done.exit_code in (0, 1), done.output
    return folder, done


def trials(folder):
    return json.loads((folder / "trials.json").read_text())


def test_every_learner_is_searched_and_one_is_chosen(tuned):
    folder, done = tuned
    names = [search.learner for search in SPEC.trained.searches]
    assert [each["learner"] for each in trials(folder)] == names
    evaluation = json.loads((folder / "evaluation.json").read_text())
    assert set(evaluation["rivals"]) == (set(names) if len(names) > 1 else set())
    with tarfile.open(folder / "model.tar.gz") as archive:
        described = json.load(archive.extractfile("model.json"))
    assert described["learner"] == evaluation["learner"] == names[evaluation["chosen"]]
    assert all(name in done.stdout for name in names)


def test_settings_lie_in_the_declared_ranges(tuned):
    folder, _ = tuned
    for search in SPEC.trained.searches:
        (trial,) = (each for each in trials(folder) if each["learner"] == search.learner)
        assert set(trial["hyperparameters"]) == {span.name for span in search.ranges}
        for span in search.ranges:
            value = float(trial["hyperparameters"][span.name])
            assert span.low <= value <= span.high
            assert not isinstance(span, Integer) or value == int(value)


def test_the_same_call_goes_on_and_keeps_only_the_best(tuned):
    folder, _ = tuned
    before = [each for each in trials(folder) if each["learner"] == OWN]
    done = call("tune", SPEC.name, "--data", folder, "--jobs", 3, "--output", folder, "--learner", OWN)
    assert done.exit_code in (0, 1), done.output
    own = [each for each in trials(folder) if each["learner"] == OWN]
    assert len(own) == 3
    assert [{**own[0], "best": None}] == [{**each, "best": None} for each in before]
    assert len({json.dumps(each["hyperparameters"]) for each in own}) == 3
    least = SPEC.trained.tuning.objective.goal == "Minimize"
    best = (min if least else max)(own, key=lambda each: each["value"])
    assert [each["trial"] for each in own if each["best"]] == [best["trial"]]
    kept = [path.name for path in (folder / "candidates" / OWN).iterdir()]
    assert kept == [f"{best['trial']}.model.tar.gz"]


def test_other_data_are_refused_and_change_nothing(tuned):
    folder, _ = tuned
    before = (folder / "splits" / "metadata" / "metadata.json").read_bytes()
    done = call("tune", SPEC.name, "--synthetic", RECORDS + 100, "--jobs", 1, "--output", folder)
    assert done.exit_code == 2
    assert "holds a study of data_hash" in done.stderr
    assert (folder / "splits" / "metadata" / "metadata.json").read_bytes() == before
    assert not (folder / "splits.draft").exists()


def test_a_best_model_that_was_taken_away_is_trained_again(tuned):
    folder, _ = tuned
    (path,) = (folder / "candidates" / OWN).iterdir()
    path.unlink()
    done = call("tune", SPEC.name, "--data", folder, "--jobs", 1, "--output", folder, "--learner", OWN)
    assert done.exit_code in (0, 1), done.output
    assert path.is_file()

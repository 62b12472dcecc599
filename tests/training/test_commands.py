"""The command line: it trains and judges every trained model, and says in one line what is wrong."""

import json
import os
import subprocess
import sys
import tarfile

import pandas as pd
import pytest

from catalog.models import MODELS
from commands import main, models, verdict
from tests.models import LEARNED
from tests.training.cli import call, quick
from tests.training.fleet import fleet

RECORDS = 600
SPEC = LEARNED[0]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """What `train` writes of the first model."""
    folder = tmp_path_factory.mktemp("out")
    done = call("train", SPEC.name, "--synthetic", RECORDS, "--output", folder, *quick(SPEC.trained.learner))
    assert done.exit_code in (0, 1), done.output
    return folder


@pytest.mark.parametrize("spec", LEARNED, ids=lambda spec: spec.name)
def test_every_model_is_trained_and_judged(spec, tmp_path):
    learner = spec.trained.searches[-1].learner
    words = ["--synthetic", RECORDS, "--output", tmp_path, "--learner", learner, *quick(learner)]
    done = call("train", spec.name, *words)
    evaluation = json.loads((tmp_path / "evaluation.json").read_text())
    assert evaluation["model"] == spec.name
    assert evaluation["learner"] == learner
    found = verdict.findings(spec, evaluation)
    assert done.exit_code == (0 if all(each.holds for each in found) else 1), done.output
    for each in found:
        assert f"{'passes' if each.holds else 'fails'} {each.text}" in " ".join(done.stdout.split())
    assert f"{spec.trained.promotion.metric} " in done.stdout
    with tarfile.open(tmp_path / "model.tar.gz") as archive:
        names = archive.getnames()
    assert {"model.json", "model.onnx", "golden.json"} <= set(names)
    assert not [name for name in names if "commands" in name or "__main__" in name]


def test_hyperparameters_are_declared_ones_unless_given(trained):
    name = SPEC.trained.tuning.ranges[-1].name
    given = models.hyperparameters(models.search(SPEC, None), [f"{name}=0.5"])
    assert given == {**dict(SPEC.trained.tuning.fixed), name: "0.5", "learner": SPEC.trained.learner}
    used = json.loads((trained / "evaluation.json").read_text())["hyperparameters"]
    assert used.items() >= dict(SPEC.trained.tuning.fixed).items()


def test_a_csv_file_is_learned_from(tmp_path):
    file = tmp_path / "records.csv"
    pd.DataFrame(fleet()).to_csv(file, index=False)
    done = call("train", "iops-risk", "--data", file, "--output", tmp_path / "out", *quick("xgboost"))
    assert done.exit_code in (0, 1), done.output
    assert "live data" in done.stdout
    assert json.loads((tmp_path / "out" / "metrics.json").read_text())["test"]


def test_evaluate_tells_what_train_told_and_keeps_the_champion_rule(trained, tmp_path):
    artifact = trained / "model.tar.gz"
    words = ["--artifact", artifact, "--data", trained, "--champion", artifact, "--output", tmp_path]
    done = call("evaluate", SPEC.name, *words)
    before = json.loads((trained / "evaluation.json").read_text())
    now = json.loads((tmp_path / "evaluation.json").read_text())
    assert now["metrics"] == before["metrics"] == now["champion"]
    assert "of the champion's" in done.stdout


def test_a_missed_gate_is_named_and_exits_with_1(trained, monkeypatch):
    evaluation = json.loads((trained / "evaluation.json").read_text())
    metric = SPEC.trained.promotion.metric
    evaluation["metrics"][metric] = 0.0 if SPEC.trained.promotion.higher_is_better else 1e9
    failed = [each for each in verdict.findings(SPEC, evaluation) if not each.holds]
    assert any("does not beat" in each.text for each in failed)
    monkeypatch.setattr("commands.running.judge", lambda *_: evaluation)
    done = call("evaluate", SPEC.name, "--artifact", trained / "model.tar.gz", "--data", trained)
    assert done.exit_code == 1
    assert "fails" in done.stdout
    assert f"{SPEC.name} does not pass its gates" in done.stdout


UNTRAINED = next(spec for spec in MODELS if spec.training is None)
SOME = ("--synthetic", "600", "--output", "out")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("iops-rsk", *SOME), "model 'iops-rsk' is unknown (did you mean iops-risk?); trained models are"),
        ((UNTRAINED.name, *SOME), f"model {UNTRAINED.name!r} is not trained"),
        ((SPEC.name, "--output", "out"), "give either --data FILE or --synthetic N"),
        ((SPEC.name, *SOME, "--data", "x.csv"), "give either --data FILE or --synthetic N"),
        ((SPEC.name, "--data", "x.csv", "--output", "out"), "--data x.csv does not exist"),
        ((SPEC.name, *SOME, "--learner", "oracle"), f"learner 'oracle' is not one of {SPEC.name}'s, "),
        ((SPEC.name, *SOME, "--hyperparameter", "eta"), "--hyperparameter must be name=value, got 'eta'"),
        ((SPEC.name, *SOME, "--hyperparameter", "eta=fast"), "eta must be a number, got 'fast'"),
        ((SPEC.name, *SOME, "--profile", "moon"), f"data profile 'moon' has no gates of {SPEC.name}"),
    ],
)
def test_wrong_input_is_named_and_exits_with_2(words, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = call("train", *words)
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert "Traceback" not in done.output


def test_a_folder_of_several_profiles_asks_which(tmp_path):
    for name in ("live", "synthetic"):
        (tmp_path / f"profile={name}").mkdir()
    done = call("train", SPEC.name, "--data", tmp_path, "--output", tmp_path / "out")
    assert done.exit_code == 2
    assert "holds the profiles live, synthetic; give --profile" in done.stderr


def test_aliases_name_models_too():
    spec = next(spec for spec in LEARNED if spec.aliases)
    assert models.trained(spec.aliases[0]) is spec


def test_commands_are_listed_with_what_they_do_and_none_is_imported():
    code = (
        "import sys; from commands.main import app; app(['--help'], standalone_mode=False); "
        "print({'numpy', 'boto3', 'pyarrow', 'rich.table'} & set(sys.modules) - {'rich.table'})"
    )
    done = run("-c", code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "set()"
    for name in ("train", "evaluate", "compare", "tune", "remote"):
        assert name in done.stdout


def test_only_remote_may_load_the_sdk():
    there = [name for name in main.COMMANDS if (main.HERE / f"{name}.py").is_file()]
    load = f"import sys; from commands import main; [main.loaded(name) for name in {there}]"
    code = f"{load}; print('sagemaker' in sys.modules)"
    done = run("-c", code)
    assert done.stdout.split() == ["False"], done.stderr


def test_the_program_runs_from_the_root_and_keeps_the_exit_code():
    done = run("-m", "training", "train", "nothing", *SOME, roots=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: model 'nothing' is unknown")
    typo = run("-m", "training", "trian", roots=False)
    assert typo.returncode == 2
    assert "Did you mean 'train'" in typo.stderr


def run(*words, roots=True):
    place = {"PYTHONPATH": os.pathsep.join(("training", "."))} if roots else {}
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, env=os.environ | {"COLUMNS": "200"} | place
    )

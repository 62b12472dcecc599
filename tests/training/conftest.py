"""The small fleet, prepared and trained once for all tests of the jobs."""

import pytest

from tests.training.fleet import CONTRACTS, RISK, fleet, prepared_from, store, train_on


@pytest.fixture(scope="session")
def raw(tmp_path_factory):
    return store(tmp_path_factory.mktemp("raw"), fleet())


@pytest.fixture(scope="session")
def prepared(raw, tmp_path_factory):
    """The splits of both models, by model name."""
    folders = {name: tmp_path_factory.mktemp(name) for name in CONTRACTS}
    for name, folder in folders.items():
        prepared_from(raw, folder, CONTRACTS[name])
    return folders


@pytest.fixture(scope="session")
def trained(prepared, tmp_path_factory):
    """The model directories of both models, by model name."""
    folders = {name: tmp_path_factory.mktemp(f"{name}-model") for name in CONTRACTS}
    for name, folder in folders.items():
        train_on(prepared[name], folder, CONTRACTS[name])
    return folders


@pytest.fixture
def contracts_dir(tmp_path, monkeypatch):
    """A bundle's contracts folder, with the risk model's contract in it."""
    folder = tmp_path / "contracts"
    folder.mkdir()
    (folder / "iops-risk.json").write_text(RISK.to_json())
    monkeypatch.setenv("CONTRACTS_DIR", str(folder))
    return folder

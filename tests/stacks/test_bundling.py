"""Bundles hold what they serve and nothing else, and each imports alone."""

import gzip
import io
import json
import os
import subprocess
import sys
import sysconfig
import tarfile
from pathlib import Path

import pytest

from catalog.contract import SHIPPED
from catalog.known import LEARNERS
from catalog.models import MODELS
from catalog.spec import ModelSpec
from stacks.bundling import (
    DESK,
    Payloads,
    archive_bytes,
    content_hash,
    function_code,
    function_files,
    package_files,
    training_files,
)
from stacks.layer import layer_code, packed, zip_bytes

ROOT = Path()
FUNCTIONS = sorted(path.parent.name for path in Path("lambda").glob("*/handler.py"))
CONTRACTS = [spec.contract for spec in MODELS]
BUILT = Payloads.of(ROOT).packages


def unpack(files: dict[str, bytes], folder: Path) -> Path:
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder


def test_a_function_bundle_holds_its_code_and_contracts() -> None:
    files = set(function_files(ROOT, "predict", CONTRACTS))
    assert {"predict/handler.py", "catalog/contract.py", "catalog/__init__.py"} <= files
    assert {f"contracts/{spec.name}.json" for spec in MODELS} <= files
    assert {path.split("/")[0] for path in files} == {"predict", "shared", "catalog", "contracts"}
    assert {path for path in files if path.startswith("catalog/")} == {f"catalog/{name}" for name in SHIPPED}


@pytest.mark.parametrize("spec", [spec for spec in MODELS if spec.function], ids=lambda spec: spec.name)
def test_a_models_function_holds_what_it_was_trained_with(spec: ModelSpec) -> None:
    files = function_files(ROOT, "serve", [spec.contract], serves=spec.contract)
    beside = {path for path in files if path.startswith(("features/", "detectors/", "forecast"))}
    record, target = spec.contract.record, spec.contract.target
    own = {str(path.relative_to("training")) for path in Path("training/features").glob(f"{record.name}*.py")}
    features = {"features/columns.py", *own} if record.derives else set()
    assert {path for path in beside if path.startswith("features/")} == features
    assert ("forecast.py" in beside) is bool(target.horizons)
    assert bool(spec.contract.detector) is any(path.startswith("detectors/") for path in beside)
    for path in beside:
        assert files[path] == (ROOT / "training" / path).read_bytes()


def test_a_router_holds_the_code_it_builds_on() -> None:
    files = function_files(ROOT, "place", CONTRACTS)
    assert {"place/handler.py", "serve/handler.py", "shared/problems.py"} <= set(files)
    assert "serve/handler.py" not in function_files(ROOT, "predict", CONTRACTS)


def test_a_table_of_settings_lies_beside_the_code() -> None:
    files = function_files(ROOT, "models", [], settings={"models": {"b": {}, "a": {"title": "A"}}})
    assert json.loads(files["settings/models.json"]) == {"a": {"title": "A"}, "b": {}}


@pytest.mark.parametrize("spec", [spec for spec in MODELS if spec.training], ids=lambda spec: spec.name)
def test_a_job_bundle_holds_one_contract_and_its_records_generator(spec: ModelSpec) -> None:
    files = set(training_files(ROOT, spec.contract))
    assert {"train.py", "prepare.py", "evaluate.py", "inference.py"} <= files
    assert [path for path in files if path.startswith("contracts/")] == [f"contracts/{spec.name}.json"]
    sources = {path.split("/")[1] for path in files if path.startswith("sources/")}
    assert sources == {"__init__.py", "grouped.py", "layout.py", spec.contract.record.name}
    assert not [path for path in files if path.startswith(DESK)]


def test_a_job_bundle_holds_the_packages_of_its_learners_and_no_others() -> None:
    assert package_files(BUILT, ["xgboost", "random_forest", "neural_network"]) == {}
    found = package_files(BUILT, ["xgboost", "lightgbm", "random_forest"])
    assert {"packages/lightgbm/__init__.py", "packages/lightgbm/lib/lib_lightgbm.so"} <= set(found)
    assert {path.split("/")[1].split("-")[0] for path in found} == {"lightgbm", "narwhals"}


def test_a_missing_package_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"package 'lightgbm' is not built.*make setup"):
        package_files(tmp_path, ["xgboost", "lightgbm"])


def test_every_package_is_locked_as_at_the_desk_and_built_by_make() -> None:
    desk = _pins(Path("requirements.txt"))
    names = {name for learner in LEARNERS.values() for name in learner.packages}
    for name in names:
        pins = _pins(Path(f"requirements-{name}.txt"))
        assert pins.items() <= desk.items()
        assert name in pins
    (line,) = [line for line in Path("Makefile").read_text().splitlines() if line.startswith("PACKAGES")]
    assert set(line.partition("ready,")[2].strip(")").split()) == names


def _pins(lock: Path) -> dict[str, str]:
    """Versions by package name."""
    found = [line.split(" ")[0] for line in lock.read_text().splitlines() if "==" in line.split(" ")[0]]
    return {name: version for name, _, version in (pin.partition("==") for pin in found)}


def test_compiled_files_and_locks_never_ship(tmp_path: Path) -> None:
    (tmp_path / "catalog").mkdir()
    for name in (f"catalog/{each}" for each in SHIPPED):
        (tmp_path / name).write_text("")
    (tmp_path / "lambda/predict/__pycache__").mkdir(parents=True)
    for name in ("handler.py", "__pycache__/handler.cpython-311.pyc", "old.pyc", ".lock"):
        (tmp_path / "lambda/predict" / name).write_text("")
    files = function_files(tmp_path, "predict", [])
    assert sorted(files) == [*(f"catalog/{each}" for each in SHIPPED), "predict/handler.py"]


def test_the_hash_sees_paths_and_bytes_only() -> None:
    files = {"b": b"2", "a": b"1"}
    assert content_hash(files) == content_hash(dict(reversed(files.items())))
    assert content_hash(files) != content_hash({"a": b"1", "b": b"3"})
    assert content_hash({"ab": b"c"}) != content_hash({"a": b"bc"})


def test_the_archive_is_the_same_every_time() -> None:
    files = {"b/c.py": b"2", "a.py": b"1"}
    packed = archive_bytes(files)
    assert packed == archive_bytes(dict(reversed(files.items())))
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(packed))) as archive:
        assert [(each.name, each.mtime, each.mode) for each in archive] == [
            ("a.py", 0, 0o644),
            ("b/c.py", 0, 0o644),
        ]


def test_the_layer_is_packed_again_only_when_it_changed(tmp_path: Path) -> None:
    layer, staging = tmp_path / "functions", tmp_path / "staging"
    layer.mkdir()
    (layer / "one.py").write_text("1")
    payloads = Payloads(root=ROOT, layers=tmp_path, staging=staging)
    layer_code(payloads, "functions")
    (first,) = staging.glob("layer-functions-*.zip")
    written = first.stat().st_mtime_ns, first.stat().st_ino
    packed.cache_clear()  # the next synth
    layer_code(payloads, "functions")
    assert (first.stat().st_mtime_ns, first.stat().st_ino) == written
    (layer / "one.py").write_text("22")
    packed.cache_clear()
    layer_code(payloads, "functions")
    assert len(list(staging.glob("layer-functions-*.zip"))) == 2


def test_the_zip_is_the_same_every_time() -> None:
    files = {"b": b"2", "a": b"1"}
    assert zip_bytes(files) == zip_bytes(dict(reversed(files.items())))


def test_a_missing_layer_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"'tracking' is not built.*make setup"):
        layer_code(Payloads(root=ROOT, layers=tmp_path, staging=tmp_path), "tracking")


def test_a_missing_function_is_told(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="lambda/nothing/ holds no code"):
        function_code(Payloads(root=ROOT, layers=tmp_path, staging=tmp_path), "nothing")


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_a_function_imports_alone(folder: str, tmp_path: Path) -> None:
    bundle = unpack(function_files(ROOT, folder, CONTRACTS), tmp_path)
    _import_alone(bundle, f"{folder}.handler")


@pytest.mark.parametrize("module", ["prepare", "train", "evaluate", "inference"])
def test_a_job_imports_alone(module: str, tmp_path: Path) -> None:
    bundle = unpack(training_files(ROOT, MODELS[0].contract), tmp_path)
    _import_alone(bundle, module)


def test_a_learner_imports_from_its_bundle_alone(tmp_path: Path) -> None:
    """Where the container has numpy and scipy, but neither the package nor what it needs beside them."""
    files = training_files(ROOT, MODELS[0].contract) | package_files(BUILT, ["lightgbm"])
    bundle, container = unpack(files, tmp_path / "bundle"), tmp_path / "container"
    container.mkdir()
    for name in ("numpy", "numpy.libs", "scipy", "scipy.libs", "pyarrow"):
        place = Path(sysconfig.get_path("platlib")) / name
        if place.exists():
            (container / name).symlink_to(place)
    done = _ask_alone(
        [bundle, container],
        "import learners.lightgbm, lightgbm, narwhals; print(lightgbm.__file__, narwhals.__file__)",
    )
    assert done.returncode == 0, done.stderr
    assert all(Path(each).is_relative_to(bundle / "packages") for each in done.stdout.split())


def test_without_its_package_a_learner_says_what_is_missing(tmp_path: Path) -> None:
    bundle = unpack(training_files(ROOT, MODELS[0].contract), tmp_path)
    done = _ask_alone(
        [bundle, Path(sysconfig.get_path("platlib"))],
        "sys.modules['lightgbm'] = None; import learners.lightgbm_library",
    )
    assert "bundle the learner's packages" in done.stderr


def _ask_alone(places: list[Path], code: str) -> subprocess.CompletedProcess[str]:
    """In a fresh interpreter that sees `places` and the standard library."""
    seen = f"import sys; sys.path[:0] = {[str(place) for place in places]!r}; {code}"
    return subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", seen], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("spec", [spec for spec in MODELS if spec.training], ids=lambda spec: spec.name)
def test_a_generator_imports_alone(spec: ModelSpec, tmp_path: Path) -> None:
    bundle = unpack(training_files(ROOT, spec.contract), tmp_path)
    _import_alone(bundle, f"generate, sources.{spec.contract.record.name}")


def _import_alone(bundle: Path, module: str) -> None:
    """In a fresh interpreter that sees the bundle and installed libraries, but not this project."""
    code = f"import sys; sys.path.insert(0, {str(bundle)!r}); import {module}"
    environment = {"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "us-east-1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-I", "-c", code],
        cwd=bundle,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr

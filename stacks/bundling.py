"""Payloads without Docker: code, contract code and the contracts served; the same bytes on every machine."""

import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_s3_assets as s3_assets
from constructs import Construct

from catalog.contract import SHIPPED, Contract
from catalog.known import LEARNERS

SKIPPED_SUFFIXES = (".pyc", ".lock")
SKIPPED_PARTS = ("__pycache__",)
BESIDE: Mapping[str, tuple[str, ...]] = {"optimize": ("serve",), "place": ("serve",)}
"""Other functions' folders whose code a function's own builds on; `shared` every function has."""
SOURCES = "sources/"
DESK = ("__main__.py", "commands/", "diagnosis/", "studies/")
"""Of the training root, what runs at the desk alone."""
SHARED_SOURCES = tuple(f"{SOURCES}{name}.py" for name in ("__init__", "grouped", "layout"))
"""What the generators of all records need; whatever else lies there is for one record, or for the desk."""


@dataclass(frozen=True)
class Payloads:
    """Where payload code lies (`root` holds lambda/, training/, catalog/), where the functions' layers and
    the jobs' packages were built, each in a folder of its name, and where bundles are staged."""

    root: Path
    layers: Path
    staging: Path
    packages: Path = Path(".build/packages")

    @classmethod
    def of(cls, root: Path) -> "Payloads":
        built = root / ".build"
        return cls(root=root, layers=built / "layers", staging=built / "bundles", packages=built / "packages")


def function_files(
    root: Path,
    folder: str,
    contracts: Iterable[Contract],
    *,
    serves: Contract | None = None,
    settings: Mapping[str, object] | None = None,
) -> dict[str, bytes]:
    """What a function's bundle holds, by path inside it.

    `serves` is the model it answers for itself; `settings` are tables that its environment has no room for.
    """
    contracts = list(contracts)
    code = root / "lambda"
    tables = {
        f"settings/{name.lower()}.json": json.dumps(table, indent=1, sort_keys=True).encode()
        for name, table in (settings or {}).items()
    }
    return {
        **tables,
        **{
            path: data
            for each in (folder, *BESIDE.get(folder, ()), "shared")
            for path, data in read_files(code / each, each).items()
        },
        **_contract_files(root, contracts),
        **(_answering_files(root, serves, contracts) if serves else {}),
    }


def _answering_files(root: Path, serves: Contract, contracts: Sequence[Contract]) -> dict[str, bytes]:
    """Code for the model and for those that answer a part of its requests."""
    answering = [serves, *(each for each in contracts if each.name in serves.companions)]
    return {path: data for each in answering for path, data in model_files(root, each).items()}


def model_files(root: Path, contract: Contract) -> dict[str, bytes]:
    """Code of the training root that a function needs to answer as this model was trained."""
    code = root / "training"
    names: list[str] = []
    if contract.record.derives:
        own = f"features/{contract.record.name}"
        parts = sorted(str(path.relative_to(code)) for path in code.glob(f"{own}_*.py"))
        names += ["features/columns.py", f"{own}.py", *parts]
    if contract.target.horizons:
        names.append("forecast.py")
    if contract.detector:
        method = contract.detector.method
        found = code.glob(f"detectors/{method}*.py")
        names += sorted(str(path.relative_to(code)) for path in found)
    return {name: (code / name).read_bytes() for name in names}


def training_files(root: Path, contract: Contract) -> dict[str, bytes]:
    """What a model's job bundle holds: the training root without what runs at the desk, and of the sources
    only the generator of the model's own records."""
    own = (f"{SOURCES}{contract.record.name}.py", f"{SOURCES}{contract.record.name}/", *SHARED_SOURCES)
    code = {
        path: data
        for path, data in read_files(root / "training", "").items()
        if path.startswith(own) or not path.startswith((*DESK, SOURCES))
    }
    return {**code, **_contract_files(root, [contract])}


def function_bundle(
    payloads: Payloads,
    folder: str,
    contracts: Iterable[Contract] = (),
    *,
    serves: Contract | None = None,
    settings: Mapping[str, object] | None = None,
) -> tuple[Path, str]:
    """The function's bundle as a staged folder, and its hash; see `function_files`."""
    files = function_files(payloads.root, folder, contracts, serves=serves, settings=settings)
    if not any(path.startswith(f"{folder}/") for path in files):
        raise ValueError(f"lambda/{folder}/ holds no code; a function is bundled from it")
    digest = content_hash(files)
    target = payloads.staging / f"{folder}-{digest[:16]}"
    _stage(files, target)
    return target, digest


def package_files(built: Path, learners: Iterable[str]) -> dict[str, bytes]:
    """What the containers of `learners` lack, by path inside the job's bundle; ValueError where make did not
    build it."""
    files: dict[str, bytes] = {}
    for name in sorted({package for learner in learners for package in LEARNERS[learner].packages}):
        found = read_files(built / name, "packages")
        if not found:
            raise ValueError(
                f"the package {name!r} is not built ({built / name} is empty); run `make setup` first"
            )
        files |= found
    return files


def function_code(
    payloads: Payloads,
    folder: str,
    contracts: Iterable[Contract] = (),
    *,
    serves: Contract | None = None,
    settings: Mapping[str, object] | None = None,
) -> lambda_.Code:
    """The function's bundle as a folder asset."""
    target, digest = function_bundle(payloads, folder, contracts, serves=serves, settings=settings)
    return lambda_.Code.from_asset(str(target), asset_hash=digest, asset_hash_type=AssetHashType.CUSTOM)


def training_asset(
    scope: Construct, id: str, payloads: Payloads, contract: Contract, *, learners: Iterable[str]
) -> s3_assets.Asset:
    """The job bundle of one model as a .tar.gz file asset."""
    files = training_files(payloads.root, contract) | package_files(payloads.packages, learners)
    digest = content_hash(files)
    archive = payloads.staging / f"{contract.name}-{digest[:16]}.tar.gz"
    if not archive.exists():
        write_whole(archive, archive_bytes(files))
    return s3_assets.Asset(
        scope, id, path=str(archive), asset_hash=digest, asset_hash_type=AssetHashType.CUSTOM
    )


def content_hash(files: dict[str, bytes]) -> str:
    """SHA-256 over paths and bytes, blind to order, times and modes."""
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(f"{path}\0{len(files[path])}\0".encode())
        digest.update(files[path])
    return digest.hexdigest()


def archive_bytes(files: dict[str, bytes]) -> bytes:
    """A .tar.gz of `files`. Stored, not deflated: compressors differ between machines."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(filename="", fileobj=packed, mode="wb", compresslevel=0, mtime=0) as outer,
        tarfile.open(fileobj=outer, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for path in sorted(files):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mode, entry.mtime = len(files[path]), 0o644, 0
            archive.addfile(entry, io.BytesIO(files[path]))
    return packed.getvalue()


def _contract_files(root: Path, contracts: Iterable[Contract]) -> dict[str, bytes]:
    code = {f"catalog/{name}": (root / "catalog" / name).read_bytes() for name in SHIPPED}
    return {**code, **{f"contracts/{each.name}.json": each.to_json().encode() for each in contracts}}


def read_files(folder: Path, prefix: str) -> dict[str, bytes]:
    """Every file below `folder` that may ship, by `prefix` and its path."""
    return {
        str(Path(prefix) / path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and not path.name.endswith(SKIPPED_SUFFIXES)
        and not set(SKIPPED_PARTS) & set(path.parts)
    }


def _stage(files: dict[str, bytes], target: Path) -> None:
    """Write `files` below `target` unless a former synth did; whole or not at all."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        draft = Path(temporary) / "draft"
        for path, data in files.items():
            (draft / path).parent.mkdir(parents=True, exist_ok=True)
            (draft / path).write_bytes(data)
        for made in (draft, *draft.rglob("*")):
            made.chmod(0o755 if made.is_dir() else 0o644)
            os.utime(made, (0, 0))
        if not target.exists():
            shutil.move(draft, target)


def write_whole(target: Path, data: bytes) -> None:
    """Writes a file that no reader ever sees half of."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as draft:
        draft.write(data)
    Path(draft.name).chmod(0o644)
    os.utime(draft.name, (0, 0))
    Path(draft.name).rename(target)

"""The functions' third-party code as one archive: thousands of files would be copied at every synth."""

import hashlib
import io
import json
import os
import zipfile
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_

from stacks.bundling import Payloads, read_files, write_whole

LayerName = Literal["functions", "inference", "tracking", "workload", "parquet", "solver"]
LAYERS: tuple[LayerName, ...] = get_args(LayerName)
EPOCH = (1980, 1, 1, 0, 0, 0)


def layer_code(payloads: Payloads, name: LayerName) -> lambda_.Code:
    """The layer that make built of requirements-<name>.txt; ValueError where it did not."""
    archive, digest = packed(payloads, name)
    return lambda_.Code.from_asset(str(archive), asset_hash=digest, asset_hash_type=AssetHashType.CUSTOM)


@cache
def packed(payloads: Payloads, name: LayerName) -> tuple[Path, str]:
    """The archive of the layer's folder and its SHA-256, made anew only when a file of the folder changed."""
    folder = payloads.layers / name
    state = _state(folder)
    if not state[0]:
        raise ValueError(f"the layer {name!r} is not built ({folder} is empty); run `make setup` first")
    note = payloads.staging / f"layer-{name}.json"
    known = json.loads(note.read_text()) if note.exists() else {}
    if known.get("state") == state and (payloads.staging / known["name"]).exists():
        return payloads.staging / str(known["name"]), str(known["digest"])
    archive = zip_bytes(read_files(folder, ""))
    digest = hashlib.sha256(archive).hexdigest()
    made = payloads.staging / f"layer-{name}-{digest[:16]}.zip"
    write_whole(made, archive)
    write_whole(note, json.dumps({"state": state, "name": made.name, "digest": digest}).encode())
    return made, digest


def zip_bytes(files: dict[str, bytes]) -> bytes:
    """A .zip of `files`, stored: compressors differ between machines."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.external_attr = 0o644 << 16
            entry.create_system = 3
            archive.writestr(entry, files[path])
    return packed.getvalue()


def _state(folder: Path) -> list[int]:
    """How many files, of which size, changed when; enough to see that make built it again."""
    found = [(Path(place) / name).stat() for place, _, names in os.walk(folder) for name in names]
    return [
        len(found),
        sum(each.st_size for each in found),
        max((each.st_mtime_ns for each in found), default=0),
    ]

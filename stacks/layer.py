"""The functions' third-party code as one archive: thousands of files would be copied at every synth."""

import hashlib
import io
import json
import os
import zipfile
from functools import cache
from pathlib import Path

from aws_cdk import AssetHashType
from aws_cdk import aws_lambda as lambda_

from stacks.bundling import Payloads, read_files, write_whole

EPOCH = (1980, 1, 1, 0, 0, 0)


def layer_code(payloads: Payloads) -> lambda_.Code:
    """The layer that make built; ValueError where it did not."""
    archive, digest = packed(payloads)
    return lambda_.Code.from_asset(str(archive), asset_hash=digest, asset_hash_type=AssetHashType.CUSTOM)


@cache
def packed(payloads: Payloads) -> tuple[Path, str]:
    """The archive of the layer's folder and its SHA-256, made anew only when a file of the folder changed."""
    state = _state(payloads.layer)
    if not state[0]:
        raise ValueError(
            f"the functions' layer is not built ({payloads.layer} is empty); run `make setup` first"
        )
    note = payloads.staging / "layer.json"
    known = json.loads(note.read_text()) if note.exists() else {}
    if known.get("state") == state and (payloads.staging / known["name"]).exists():
        return payloads.staging / str(known["name"]), str(known["digest"])
    archive = zip_bytes(read_files(payloads.layer, ""))
    digest = hashlib.sha256(archive).hexdigest()
    name = f"layer-{digest[:16]}.zip"
    write_whole(payloads.staging / name, archive)
    write_whole(note, json.dumps({"state": state, "name": name, "digest": digest}).encode())
    return payloads.staging / name, digest


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

"""The emulator is the one the stand-ins were made for; its private names are where they were."""

from __future__ import annotations

import importlib
import importlib.metadata
import subprocess
import sys
from pathlib import Path

import pytest

from local import emulator

ROOT = Path(__file__).parents[2]


def test_the_emulators_private_names_are_where_they_were() -> None:
    try:
        emulator.check_emulator()
    except emulator.WrongEmulator as error:
        pytest.fail(str(error))


def test_another_emulator_is_refused_with_every_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda _: "2.0.0")
    monkeypatch.delattr(importlib.import_module("ministack.services.stepfunctions"), "_SERVICE_DISPATCH")
    with pytest.raises(emulator.WrongEmulator) as caught:
        emulator.check_emulator()
    assert "version 2.0.0 is installed, 1.5.33 is expected" in str(caught.value)
    assert "ministack.services.stepfunctions._SERVICE_DISPATCH is not a dict" in str(caught.value)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--home", "/tmp/with space"], "holds characters that shells split at"),  # noqa: S108
        (["--home", __file__], "is a file; name a folder"),
        (["--port", "1000000"], "cannot be used"),
    ],
)
def test_bad_arguments_get_one_clear_error(arguments: list[str], expected: str) -> None:
    command = [sys.executable, "-m", "local.aws", *arguments]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert expected in ended.stderr

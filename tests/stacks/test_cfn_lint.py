"""cfn-lint finds neither errors nor warnings, in the smallest environment and in the largest."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.stacks.assembly import Assembly


@pytest.mark.parametrize("which", ["local", "prod"])
def test_templates_are_clean(which: str, request: pytest.FixtureRequest) -> None:
    assembly: Assembly = request.getfixturevalue(which)
    templates = sorted(str(path) for path in assembly.folder.rglob("*.template.json"))
    assert len(templates) == len(assembly.stacks())
    linter = str(Path(sys.executable).parent / "cfn-lint")
    done = subprocess.run([linter, "--", *templates], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

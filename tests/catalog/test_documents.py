"""`python -m catalog render|check`."""

from pathlib import Path

import pytest

from catalog.__main__ import main
from catalog.models import MODELS
from catalog.table import BEGIN, END, replaced


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "README.md").write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n", encoding="utf-8")
    return tmp_path


def test_render_then_check(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"], root) == 1
    told = capsys.readouterr().err
    assert "README.md is behind the catalogue" in told
    assert "openapi.json is behind the catalogue" in told
    assert main(["render"], root) == 0
    assert main(["check"], root) == 0
    text = (root / "README.md").read_text(encoding="utf-8")
    assert text.startswith(f"before\n{BEGIN}\n| Model ")
    assert text.endswith(f"|\n{END}\nafter\n")
    assert all(f"`{spec.name}`" in text and spec.route in text for spec in MODELS)
    (root / "docs" / "openapi.json").write_text("{}", encoding="utf-8")
    assert main(["check"], root) == 1


def test_rendering_again_changes_nothing(root: Path) -> None:
    once = replaced((root / "README.md").read_text(encoding="utf-8"), MODELS)
    assert replaced(once, MODELS) == once


@pytest.mark.parametrize("text", ["no markers", f"{BEGIN}", f"{END} {BEGIN}", f"{BEGIN}{BEGIN}{END}"])
def test_without_markers_it_says_what_to_do(
    root: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "README.md").write_text(text, encoding="utf-8")
    assert main(["render"], root) == 1
    assert BEGIN in capsys.readouterr().err
    (root / "README.md").unlink()
    assert main(["check"], root) == 1

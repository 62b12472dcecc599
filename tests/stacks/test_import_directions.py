"""Who may import whom, read from the syntax tree of the whole project."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stacks.bundling import BESIDE, DESK

FUNCTION_ROOTS = tuple(sorted(path.name for path in Path("lambda").iterdir() if path.is_dir()))
ALLOWED: dict[str, tuple[str, ...]] = {
    "catalog": ("catalog",),
    "stacks": ("catalog", "stacks", "aws_cdk", "constructs", "jsii"),
    "lambda": (
        "catalog.contract",
        "catalog.histogram",
        *FUNCTION_ROOTS,
        "boto3",
        "botocore",
        "highspy",
        "urllib3",
        "aws_lambda_powertools",
        "mlflow",
        "matplotlib",
        "numpy",
        "onnxruntime",
        "PIL",
        "prometheus_client",
        "pyarrow",
        "waitress",
    ),
    "app.py": ("aws_cdk", "catalog", "stacks"),
}
SHARED = ("catalog", "catalog.contract", "catalog.histogram")
FORBIDDEN: dict[str, tuple[str, ...]] = {
    "training": ("stacks", "local", "aws_cdk", *FUNCTION_ROOTS),
    "local": ("stacks", "aws_cdk"),
}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


def sources(root: str) -> list[Path]:
    place = Path(root)
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def below(name: str, roots: tuple[str, ...]) -> bool:
    return any(name == root or name.startswith(f"{root}.") for root in roots)


@pytest.mark.parametrize("root", ALLOWED)
def test_only_what_is_allowed_is_imported(root: str) -> None:
    for path in sources(root):
        for name in imports(path):
            standard = name.split(".")[0] in sys.stdlib_module_names
            assert standard or below(name, ALLOWED[root]), f"{path} imports {name}"


@pytest.mark.parametrize("root", FORBIDDEN)
def test_what_is_forbidden_is_not_imported(root: str) -> None:
    for path in sources(root):
        for name in imports(path):
            assert not below(name, FORBIDDEN[root]), f"{path} imports {name}"


def job_sources() -> list[Path]:
    """The training root without what runs at the desk: commands, studies, diagnosis."""
    root = Path("training")
    return [path for path in sources("training") if not str(path.relative_to(root)).startswith(DESK)]


def test_jobs_know_contracts_and_not_specs() -> None:
    """What runs at the desk is of declared models, and ships in no job."""
    for path in job_sources():
        for name in imports(path):
            assert not name.startswith("catalog") or name in SHARED, f"{path} imports {name}"


def test_jobs_do_not_need_what_runs_at_the_desk() -> None:
    desk = tuple(part.strip("/") for part in DESK if part.endswith("/"))
    for path in job_sources():
        for name in imports(path):
            assert not below(name, (*desk, "typer", "rich")) or path.name == "load.py", (
                f"{path} imports {name}"
            )


def test_functions_do_not_import_each_other() -> None:
    for folder in FUNCTION_ROOTS:
        own = (folder, *BESIDE.get(folder, ()), "shared")
        others = tuple(root for root in FUNCTION_ROOTS if root not in own)
        for path in sources(f"lambda/{folder}"):
            for name in imports(path):
                assert not below(name, others), f"{path} imports {name}"


def test_unit_tests_leave_the_cdk_alone() -> None:
    for path in sources("tests"):
        if "stacks" not in path.parts:
            assert not any(below(name, ("aws_cdk",)) for name in imports(path)), path

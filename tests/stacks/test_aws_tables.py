"""The checked-in tables say what AWS publishes; `PYTHONPATH=. python tests/stacks/test_aws_tables.py` renews."""

import json
from pathlib import Path

import pytest

FOLDER = Path("stacks/data")
ROLES = {
    "hosting": "ProductionVariantInstanceType",
    "training": "TrainingInstanceType",
    "processing": "ProcessingInstanceType",
}


def instance_types() -> dict[str, list[str]]:
    """The instance types that SageMaker accepts, by role, in botocore's order."""
    import botocore.session

    service = botocore.session.get_session().get_service_model("sagemaker")
    return {role: list(service.shape_for(shape).enum) for role, shape in ROLES.items()}


def xgboost_images() -> dict[str, str]:
    """The URI of the XGBoost image by region; one image trains and serves."""
    from sagemaker.core.image_uris import config_for_framework, retrieve

    from stacks.images import XGBOOST_VERSION as VERSION

    registries = config_for_framework("xgboost")["training"]["versions"][VERSION]["registries"]
    return {
        region: str(retrieve("xgboost", region, VERSION, instance_type="ml.m5.large"))
        for region in sorted(registries)
    }


TABLES = {"instance_types.json": instance_types, "xgboost_images.json": xgboost_images}


@pytest.mark.parametrize("name", TABLES)
def test_table_is_fresh(name: str) -> None:
    assert json.loads((FOLDER / name).read_text()) == TABLES[name]()


def test_sdk_returns_the_version_asked_for() -> None:
    from stacks.images import XGBOOST_VERSION

    images = json.loads((FOLDER / "xgboost_images.json").read_text())
    assert all(uri.endswith(f"/sagemaker-xgboost:{XGBOOST_VERSION}") for uri in images.values())


if __name__ == "__main__":
    for name, table in TABLES.items():
        (FOLDER / name).write_text(json.dumps(table(), indent=1) + "\n")

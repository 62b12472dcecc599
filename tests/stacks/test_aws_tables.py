"""The checked-in tables say what AWS publishes.

`PYTHONPATH=. python tests/stacks/test_aws_tables.py` renews them.
"""

import json
from importlib.metadata import distribution
from pathlib import Path

from stacks.images import XGBOOST_VERSION, image_repository_arn

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


def registries() -> dict[str, str]:
    """The account that holds the XGBoost image, by region, from the SDK's own table."""
    path = distribution("sagemaker-core").locate_file("sagemaker/core/image_uri_config/xgboost.json")
    versions = json.loads(Path(str(path)).read_text())
    training, inference = (
        versions[scope]["versions"][XGBOOST_VERSION]["registries"] for scope in ("training", "inference")
    )
    assert training == inference  # one image trains and serves
    return {region: str(training[region]) for region in sorted(training)}


def xgboost_images() -> dict[str, str]:
    """The image's URI by region, as the SDK builds it; importing the SDK takes seconds."""
    from sagemaker.core.image_uris import retrieve

    return {
        region: str(retrieve("xgboost", region, XGBOOST_VERSION, instance_type="ml.m5.large"))
        for region in registries()
    }


def test_instance_types_are_fresh() -> None:
    assert json.loads((FOLDER / "instance_types.json").read_text()) == instance_types()


def test_images_are_fresh() -> None:
    images = json.loads((FOLDER / "xgboost_images.json").read_text())
    assert {region: uri.split(".")[0] for region, uri in images.items()} == registries()
    for region, uri in images.items():
        assert f".dkr.ecr.{region}." in uri
        assert uri.endswith(f"/sagemaker-xgboost:{XGBOOST_VERSION}")


def test_pull_permission_names_the_repository() -> None:
    assert image_repository_arn("us-east-1").endswith(":683313688378:repository/sagemaker-xgboost")
    assert image_repository_arn("cn-north-1").startswith("arn:aws-cn:ecr:cn-north-1:")


if __name__ == "__main__":
    for name, table in (("instance_types", instance_types()), ("xgboost_images", xgboost_images())):
        (FOLDER / f"{name}.json").write_text(json.dumps(table, indent=1) + "\n")

"""The checked-in tables say what AWS publishes.

`PYTHONPATH=. python tests/stacks/test_aws_tables.py` renews them.
"""

import json
from importlib.metadata import distribution
from pathlib import Path

import pytest

from stacks.images import VERSIONS, image_repository_arn

FOLDER = Path("stacks/data")
ROLES = {
    "hosting": "ProductionVariantInstanceType",
    "training": "TrainingInstanceType",
    "processing": "ProcessingInstanceType",
}
CONFIGS = {
    "xgboost": ("xgboost.json", ("training", "inference"), "3.2-0"),
    "scikit-learn": ("sklearn.json", ("training", "inference"), "1.9-0"),
    "pytorch": ("pytorch.json", ("training",), "2.9"),
}
"""The SDK's table, what the image is for (one image where it is for both), and the version as it is asked."""


def instance_types() -> dict[str, list[str]]:
    """The instance types that SageMaker accepts, by role, in botocore's order."""
    import botocore.session

    service = botocore.session.get_session().get_service_model("sagemaker")
    return {role: list(service.shape_for(shape).enum) for role, shape in ROLES.items()}


def registries(framework: str) -> dict[str, str]:
    """The account that holds the framework's image, by region, from the SDK's own table."""
    file, scopes, version = CONFIGS[framework]
    path = distribution("sagemaker-core").locate_file(f"sagemaker/core/image_uri_config/{file}")
    table = json.loads(Path(str(path)).read_text())
    parts = [table.get(scope) or table for scope in scopes]
    first, *others = (
        part["versions"][part.get("version_aliases", {}).get(version, version)]["registries"]
        for part in parts
    )
    assert all(first == other for other in others)
    return {region: str(first[region]) for region in sorted(first)}


def images() -> dict[str, dict[str, str]]:
    """Each image's URI by region, as the SDK builds it; importing the SDK takes seconds."""
    from sagemaker.core.image_uris import retrieve

    names = {"scikit-learn": "sklearn"}
    return {
        framework: {
            region: str(
                retrieve(
                    names.get(framework, framework),
                    region,
                    version,
                    instance_type="ml.m5.large",
                    image_scope="training",
                )
            )
            for region in registries(framework)
        }
        for framework, (_, _, version) in CONFIGS.items()
    }


def test_instance_types_are_fresh() -> None:
    assert json.loads((FOLDER / "instance_types.json").read_text()) == instance_types()


@pytest.mark.parametrize("framework", CONFIGS)
def test_images_are_fresh(framework: str) -> None:
    found = json.loads((FOLDER / "images.json").read_text())[framework]
    assert {region: uri.split(".")[0] for region, uri in found.items()} == registries(framework)
    for region, uri in found.items():
        assert f".dkr.ecr.{region}." in uri
        assert uri.endswith(f":{VERSIONS[framework]}")  # type: ignore[index]


def test_pull_permission_names_the_repository() -> None:
    assert image_repository_arn("us-east-1", "xgboost").endswith(":683313688378:repository/sagemaker-xgboost")
    assert image_repository_arn("us-east-1", "pytorch").endswith(":763104351884:repository/pytorch-training")
    assert image_repository_arn("cn-north-1", "xgboost").startswith("arn:aws-cn:ecr:cn-north-1:")


if __name__ == "__main__":
    for name, table in (("instance_types", instance_types()), ("images", images())):
        (FOLDER / f"{name}.json").write_text(json.dumps(table, indent=1) + "\n")

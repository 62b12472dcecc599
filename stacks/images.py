"""The container image of jobs and endpoints: SageMaker XGBoost in script mode, x86 only."""

import json
from functools import cache
from pathlib import Path

XGBOOST_VERSION = "3.2-0"
TABLE = Path(__file__).parent / "data" / "xgboost_images.json"


@cache
def xgboost_images() -> dict[str, str]:
    images: dict[str, str] = json.loads(TABLE.read_text())
    return images


def xgboost_image(region: str) -> str:
    """The image's URI in `region`; ValueError where AWS publishes none."""
    try:
        return xgboost_images()[region]
    except KeyError:
        raise ValueError(
            f"region {region!r} has no XGBoost {XGBOOST_VERSION} image; choose one of "
            + ", ".join(xgboost_images())
        ) from None


def image_repository_arn(region: str) -> str:
    """The ECR repository that holds the image, for a pull permission on nothing else."""
    registry, _, repository = xgboost_image(region).partition("/")
    account = registry.split(".")[0]
    partition = "aws-cn" if region.startswith("cn-") else "aws-us-gov" if "-gov-" in region else "aws"
    return f"arn:{partition}:ecr:{region}:{account}:repository/{repository.split(':')[0]}"

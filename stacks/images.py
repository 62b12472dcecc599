"""The container images of jobs and endpoints: SageMaker's own, in script mode, x86 only."""

import json
from functools import cache
from pathlib import Path

from catalog.known import LEARNERS, Framework
from catalog.spec import ModelSpec

VERSIONS: dict[Framework, str] = {
    "xgboost": "3.2-0",
    "scikit-learn": "1.9-0-cpu-py3",
    "pytorch": "2.9-cpu-py312",
}
PROCESSING: Framework = "xgboost"
"""Prepares and generates data for every model."""
TABLE = Path(__file__).parent / "data" / "images.json"


@cache
def images() -> dict[Framework, dict[str, str]]:
    """Each framework's image by region."""
    found: dict[Framework, dict[str, str]] = json.loads(TABLE.read_text())
    return found


def framework(learner: str) -> Framework:
    """Whose container trains the learner."""
    return LEARNERS[learner].framework


def frameworks(spec: ModelSpec) -> tuple[Framework, ...]:
    """Whose containers train the model's learners, each once, its own learner's first."""
    return tuple(dict.fromkeys(framework(search.learner) for search in spec.trained.searches))


def judging(spec: ModelSpec) -> Framework:
    """Whose container evaluates the model: where learners of several compete, the XGBoost one, which holds
    scikit-learn and numpy too."""
    known = frameworks(spec)
    return "xgboost" if "xgboost" in known else known[0]


def image(region: str, framework: Framework) -> str:
    """The image's URI in `region`; ValueError where AWS publishes none."""
    try:
        return images()[framework][region]
    except KeyError:
        raise ValueError(
            f"region {region!r} has no {framework} {VERSIONS[framework]} image; choose one of "
            + ", ".join(images()[framework])
        ) from None


def image_repository_arn(region: str, framework: Framework) -> str:
    """The ECR repository that holds the image, for a pull permission on nothing else."""
    registry, _, repository = image(region, framework).partition("/")
    account = registry.split(".")[0]
    partition = "aws-cn" if region.startswith("cn-") else "aws-us-gov" if "-gov-" in region else "aws"
    return f"arn:{partition}:ecr:{region}:{account}:repository/{repository.split(':')[0]}"

"""Which package each model is served with, and what the registry knows about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from catalog.contract import NO_CHAMPION

AT_ONCE = 10
"""Parameters that SSM reads in one call."""


def champions(ssm: Any, parameters: Iterable[str]) -> dict[str, Mapping[str, Any]]:
    """Each parameter's `{"Value", "LastModifiedDate", ...}`; those that do not exist are left out."""
    names = sorted(set(parameters))
    found: dict[str, Mapping[str, Any]] = {}
    for start in range(0, len(names), AT_ONCE):
        answer = ssm.get_parameters(Names=names[start : start + AT_ONCE])
        found.update({parameter["Name"]: parameter for parameter in answer["Parameters"]})
    return found


def version(model: str, package_arn: str) -> str:
    """`iops-risk/3` of the ARN of iops-risk's third package; what is no such ARN is left as it is."""
    return f"{model}/{package_arn.rpartition('/')[2]}" if ":model-package/" in package_arn else package_arn


def package(sagemaker: Any, champion: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """The champion's model package as the registry describes it; None where there is no champion."""
    if champion is None or champion["Value"] == NO_CHAMPION:
        return None
    return dict(sagemaker.describe_model_package(ModelPackageName=champion["Value"]))

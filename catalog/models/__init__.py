"""Every model of the platform. Adding one is a file here and its line in `MODELS`."""

from catalog.models.iops_performance import IOPS_PERFORMANCE
from catalog.models.iops_risk import IOPS_RISK
from catalog.registry import checked
from catalog.spec import ModelSpec

MODELS: tuple[ModelSpec, ...] = checked(
    IOPS_RISK,
    IOPS_PERFORMANCE,
)

"""Every model of the platform. Adding one is a file here and its line in `MODELS`."""

from catalog.models.anomaly import ANOMALY
from catalog.models.capacity import CAPACITY
from catalog.models.failure import FAILURE
from catalog.models.failure_rule import FAILURE_RULE
from catalog.models.family_stress import FAMILY_STRESS
from catalog.models.iops_performance import IOPS_PERFORMANCE
from catalog.models.iops_risk import IOPS_RISK
from catalog.models.placement import PLACEMENT
from catalog.models.spot_stability import SPOT_STABILITY
from catalog.models.threat import THREAT
from catalog.models.threat_payload import THREAT_PAYLOAD
from catalog.models.zone import ZONE
from catalog.registry import checked
from catalog.spec import ModelSpec

MODELS: tuple[ModelSpec, ...] = checked(
    IOPS_RISK,
    IOPS_PERFORMANCE,
    FAILURE,
    FAILURE_RULE,
    THREAT,
    THREAT_PAYLOAD,
    CAPACITY,
    ANOMALY,
    PLACEMENT,
    FAMILY_STRESS,
    SPOT_STABILITY,
    ZONE,
)

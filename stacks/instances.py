"""Which instance type a wish becomes: the nearest that SageMaker both hosts and scales."""

import difflib
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Role = Literal["hosting", "training", "processing"]
TABLE = Path(__file__).parent / "data" / "instance_types.json"

STEADY: dict[str, str] = {
    "medium": "ml.c6i.large",
    "large": "ml.m6i.large",
    "xlarge": "ml.m6i.xlarge",
    "2xlarge": "ml.m6i.2xlarge",
}
"""For each size of the burstable families, the steady x86 type with as many cores and as much memory."""

LOCAL_DISK = ("g4dn", "g5", "g6", "g6e", "g7e", "p4d", "p4de", "p5", "p5e", "p5en", "trn1", "trn1n", "trn2")


@dataclass(frozen=True)
class Resolved:
    """The instance type to host on, and why it is not the one wished for (None where it is)."""

    instance_type: str
    reason: str | None = None

    @property
    def encrypts_volume(self) -> bool:
        """SageMaker refuses a volume key where the instance has its own NVMe disk (always encrypted)."""
        family = self.instance_type.split(".")[1]
        return not (family in LOCAL_DISK or family.rstrip("n").endswith("d"))

    @property
    def cores(self) -> int:
        """Virtual CPUs, as SageMaker's x86 sizes count them."""
        size = self.instance_type.split(".")[2]
        return {"medium": 2, "large": 2, "xlarge": 4}.get(size) or 4 * int(size.removesuffix("xlarge"))


@cache
def instance_types() -> dict[Role, tuple[str, ...]]:
    """What SageMaker accepts, by role."""
    return {role: tuple(types) for role, types in json.loads(TABLE.read_text()).items()}


def instance_problem(role: Role, instance_type: str) -> str | None:
    """Why SageMaker would refuse `instance_type`, or None."""
    allowed = instance_types()[role]
    if instance_type in allowed:
        return None
    near = ", ".join(difflib.get_close_matches(instance_type, allowed, n=3)) or "ml.m5.large"
    return f"{role} instance {instance_type!r} is not offered by SageMaker; near it: {near}"


def resolve_hosting(wish: str) -> Resolved:
    """The type that endpoints use for `wish`; ValueError where none is near.

    SageMaker hosts no `ml.t3` and scales no burstable variant, so such a wish becomes its steady sibling.
    """
    _, family, size = wish.split(".")
    if family.startswith("t") and family[1:2].isdigit():
        if size not in STEADY:
            raise ValueError(f"burstable size {size!r} of {wish!r} is unknown; known are {', '.join(STEADY)}")
        reason = (
            f"{wish} cannot be hosted with auto scaling by SageMaker; {STEADY[size]} is the nearest that can"
        )
        return Resolved(STEADY[size], reason)
    if problem := instance_problem("hosting", wish):
        raise ValueError(problem)
    if "g" in family[2:]:
        raise ValueError(
            f"{wish!r} is a Graviton type and the XGBoost image is x86 only; wish for its x86 sibling"
        )
    return Resolved(wish)

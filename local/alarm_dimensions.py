"""Makes the emulator's alarms look at the metric of their own dimensions, as AWS does.

ministack's look at every metric of the same name: one function's error would ring the alarms of all
functions, and take other models' promotions back.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any


def install(cloudwatch: Any) -> None:
    """Wrap the evaluation of ministack's CloudWatch module: the same code sees one metric alone."""
    theirs = cloudwatch._evaluate_alarm

    def evaluate(alarm: dict[str, Any]) -> None:
        dimensions = cloudwatch._dims_key(cloudwatch._dims_from_list(alarm.get("Dimensions") or []))
        key = (alarm.get("Namespace"), alarm.get("MetricName"), dimensions)
        own = {key: cloudwatch._metrics.get(key) or []}
        FunctionType(theirs.__code__, {**vars(cloudwatch), "_metrics": own})(alarm)

    cloudwatch._evaluate_alarm = evaluate

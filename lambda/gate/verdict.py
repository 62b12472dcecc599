"""From findings to what the registry stores: status, reasons, description and metrics."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gate.rules import findings

STATUS = {"automatic": "Approved", "manual": "PendingManualApproval"}
LONGEST_DESCRIPTION = 1024
NOT_ALLOWED = re.compile(r"[^A-Za-z0-9 _.:/=+@-]")
"""What SageMaker's customer metadata refuses."""


def verdict(evaluation: Mapping[str, Any], event: Mapping[str, Any]) -> dict[str, Any]:
    """The gate's answer; ValueError where the evaluation is not the one that was asked for.

    `chosen` is the place of the candidate that was judged, among those of several learners.
    """
    for field in ("model", "profile"):
        if evaluation[field] != event[field]:
            raise ValueError(f"the evaluation is of {field} {evaluation[field]!r}, not of {event[field]!r}")
    if event["approval"] not in STATUS:
        raise ValueError(f"approval must be one of {', '.join(STATUS)}, got {event['approval']!r}")
    found = list(findings(evaluation, event["promotion"]))
    reasons = [finding.text for finding in found if not finding.holds]
    status = "Rejected" if reasons else STATUS[event["approval"]]
    told = "; ".join(reasons or [finding.text for finding in found])
    return {
        "status": status,
        "reasons": reasons,
        "description": _line(f"{status}: {told}")[:LONGEST_DESCRIPTION],
        "metrics": _metadata(evaluation),
        "chosen": evaluation.get("chosen", 0),
    }


def _metadata(evaluation: Mapping[str, Any]) -> dict[str, str]:
    """Metrics and lineage as the registry's customer metadata: text to text."""
    facts = {
        **{name: f"{value:.6g}" for name, value in evaluation["metrics"].items() if value is not None},
        **{
            name: evaluation.get(name)
            for name in ("learner", "profile", "rows", "data_hash", "data_until", "contract_hash")
        },
        "challenge": _challenge(evaluation.get("challenge")),
    }
    return {
        name: NOT_ALLOWED.sub("_", str(value))[:256]
        for name, value in facts.items()
        if value not in (None, "")
    }


def _challenge(told: Mapping[str, Any] | None) -> str:
    """`better: macro_f1 +0.021 from 0.004 to 0.038 on 812 fresh rows`."""
    if not told or None in (told["difference"], told["low"], told["high"]):
        return ""
    difference = f"{told['metric']} {told['difference']:+.4g} from {told['low']:.4g} to {told['high']:.4g}"
    return f"{told['verdict']}: {difference} on {told['rows']} {told['on']} rows"


def _line(text: str) -> str:
    return " ".join(text.split())

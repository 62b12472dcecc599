"""What is told of a request once its answer is made: log, metrics, counters and events."""

from __future__ import annotations

import time

from catalog.contract import Contract
from serve.parts import Parts
from serve.service import Reply, above
from shared.telemetry import count, logger


def tell(parts: Parts, reply: Reply, request_id: str, started: float) -> None:
    """`started` is the performance counter's time at which the request came. Nothing here fails it."""
    contract, rows = parts.contract, len(reply.answers)
    reasons = sorted({reason for reason in reply.reasons if reason})
    level = logger.warning if reasons else logger.info
    level(
        "predicted",
        extra={
            "model": contract.name,
            "versions": sorted(set(reply.versions)),
            "records": rows,
            "reasons": reasons,
        },
    )
    faults = reply.faults
    counts = {
        "Predictions": rows,
        "Degraded": reply.degraded,
        "ModelFaults": faults.champion,
        "CandidateFaults": faults.candidate,
    }
    count(counts, model=contract.name)
    if parts.inputs:
        parts.inputs.count([each.record for each in reply.sent])
    told = parts.events.tell(_details(parts, reply, request_id))
    latency_ms = 1000 * (time.perf_counter() - started)
    added = {"predictions": rows, "anomalies": _anomalies(contract, reply), "remediations": told}
    parts.counters.add(contract.name, added, latency_ms)


def _details(parts: Parts, reply: Reply, request_id: str) -> list[dict[str, object]]:
    contract = parts.contract
    if contract.advice is None:
        return []
    schema, field = contract.record, contract.advice.field
    return [
        {
            "environment": parts.settings.environment,
            "model": contract.name,
            "model_version": version,
            "entity": sent.record[schema.entity],
            "label": told.body["label"],
            "risk": told.risk,
            "level": told.body[field],
            "recommended_action": told.body["recommended_action"],
            "request_id": request_id,
            "time": sent.record[schema.time],
        }
        for sent, told, version in above(contract, reply, parts.settings.remediate_above)
    ]


def _anomalies(contract: Contract, reply: Reply) -> int:
    """Answers with another class than the calm one; a platform is neither."""
    classes = contract.target.classes
    if not classes or contract.placement:
        return 0
    calm = contract.advice.calm if contract.advice else classes[0]
    return sum(told.body["label"] != calm for told in reply.answers)

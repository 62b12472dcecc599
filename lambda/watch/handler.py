"""Daily: emits ModelAgeDays, FeatureDrift and DriftedShare per champion, and retrains who drifted or aged.

By a model's schedule: retrains it, where there is something to learn from.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any, NamedTuple

import boto3
from aws_lambda_powertools.utilities.typing import LambdaContext

from shared.clients import bounded
from shared.environment import Environment
from shared.locks import Locks
from shared.registry import champions
from shared.runs import Runs
from shared.served import Served, served
from shared.telemetry import count, logger, tracer
from watch.fresh import Fresh, Labels
from watch.limits import limits
from watch.notes import Notes
from watch.watcher import Watcher


class NotWatched(Exception):
    """Some models could not be looked at; the others were."""


class UnknownModel(Exception):
    """The event names a model that is not watched here."""


class Watch(NamedTuple):
    models: dict[str, Served]
    ssm: Any
    watcher: Watcher


@cache
def watch() -> Watch:
    environment = Environment()
    models = served(environment, machines=environment.text("MACHINES"))
    labels = environment.table("LABELS", "folder", "time", "field")
    table, bucket = environment.text("STATE_TABLE"), environment.text("RAW_BUCKET")
    bounds = limits(environment, models)
    lacking = sorted(set(models) - set(labels))
    environment.require(not lacking, f"LABELS lacks {', '.join(lacking)}")
    environment.done()
    ssm, sagemaker, s3, dynamodb, steps = (
        boto3.client(service, config=bounded(read_timeout_s=10))
        for service in ("ssm", "sagemaker", "s3", "dynamodb", "stepfunctions")
    )
    watcher = Watcher(
        sagemaker=sagemaker,
        s3=s3,
        dynamodb=dynamodb,
        table=table,
        runs=Runs(steps, Locks(dynamodb, table)),
        notes=Notes(dynamodb, table),
        fresh=Fresh(s3, bucket),
        labels={model: Labels(**labels[model]) for model in models},
        limits=bounds,
        now=lambda: now(),
    )
    return Watch(models, ssm, watcher)


def now() -> datetime:
    return datetime.now(UTC)


@logger.inject_lambda_context(clear_state=True)
@tracer.capture_lambda_handler(capture_response=False)
def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, Any]:
    """Answers metrics and decision of each model; one without a champion has none. NotWatched once all were
    tried: asked again, whoever was decided on today stays as decided.

    `{"scheduled": model}` is about that one alone.
    """
    made = watch()
    if "scheduled" in event:
        return _due(made, str(event["scheduled"]))
    parameters = champions(made.ssm, (model.parameter for model in made.models.values()))
    told: dict[str, Any] = {}
    failed = []
    for name, model in made.models.items():
        try:
            seen = made.watcher.look(model, parameters.get(model.parameter))
        except Exception:  # one model's fault hides no other
            logger.exception("not watched", extra={"model": name})
            failed.append(name)
            continue
        if seen:
            count(seen.metrics(), model=name)
            told[name] = {**seen.metrics(), "decision": seen.decision}
            logger.info("watched", extra={"model": name, **told[name]})
    if failed:
        raise NotWatched(", ".join(failed))
    return told


def _due(made: Watch, name: str) -> dict[str, Any]:
    model = made.models.get(name)
    if model is None:
        raise UnknownModel(f"no model {name!r} is watched; known: {', '.join(made.models)}")
    found = champions(made.ssm, [model.parameter])
    decision = made.watcher.due(model, found.get(model.parameter))
    logger.info("scheduled", extra={"model": name, **decision})
    return {"decision": decision}

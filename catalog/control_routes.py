"""The control routes of each API in the OpenAPI document: health, status, trainings and metrics."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from catalog.answers import EXECUTION_ID
from catalog.contract import MAX_RECORDS, SAMPLES, SYNTHETIC
from catalog.operations import as_json, body, json_answer, problems, read
from catalog.schemas import closed, ref
from catalog.spec import ModelSpec

Json = dict[str, Any]
SHOWN_SAMPLES = 1000
COUNTS = "Counts and latencies in Prometheus' text format 0.0.4"
EXECUTION = {
    "name": "execution_id",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "description": "As the start of the training answered it",
    "example": EXECUTION_ID,
}
METRICS = {
    "content": {
        "text/plain": {
            "schema": {"type": "string"},
            "examples": {
                "metrics": {
                    "value": "# TYPE ops_ml_predictions_total counter\n"
                    'ops_ml_predictions_total{model="failure"} 12.0\n'
                }
            },
        }
    }
}


def paths(models: Sequence[ModelSpec]) -> Json:
    """The routes of every API that a model has, by path."""
    found: Json = {}
    for api in dict.fromkeys(spec.api for spec in models):
        found |= _of(api, [spec for spec in models if spec.api == api])
    return found


def _of(api: str, models: Sequence[ModelSpec]) -> Json:
    mark = "".join(part.capitalize() for part in api.split("/"))
    health, status = as_json(ref("Health")), as_json(ref("StatusList"))
    routes: Json = {
        f"{api}/health": {"get": read(f"tellHealth{mark}", "Whether every model of the API serves", health)},
        f"{api}/models/status": {"get": read(f"tellStatus{mark}", "The API's models, in full", status)},
        f"{api}/metrics": {"get": read(f"tellMetrics{mark}", COUNTS, METRICS)},
    }
    trained = [spec for spec in models if spec.training]
    if trained:
        routes[f"{api}/models/train"] = {"post": _train(mark, trained)}
        routes[f"{api}/models/train/{{execution_id}}"] = {"get": _training(mark)}
    return routes


def _train(mark: str, trained: Sequence[ModelSpec]) -> Json:
    started = "One entry per model: started now, or running already; one that failed says why"
    return {
        "operationId": f"train{mark}",
        "summary": "Starts the training of models; a model that is being trained is not started again",
        "requestBody": body(_order(trained), {"synthetic": _example(trained), "live": _named(trained[:1])}),
        "responses": {"202": json_answer(started, ref("Trainings")), **problems()},
    }


def _training(mark: str) -> Json:
    return {
        "operationId": f"tellTraining{mark}",
        "summary": "What becomes of a training",
        "parameters": [EXECUTION],
        "responses": {
            "200": json_answer("The execution, and its result once it has ended", ref("Training")),
            **problems("404", "429", "500"),
        },
    }


def _order(trained: Sequence[ModelSpec]) -> Json:
    fewest, most = SAMPLES
    names = [name for spec in trained for name in (spec.name, *spec.aliases)]
    profiles = {profile.name for spec in trained for profile in spec.trained.promotion.profiles}
    return closed(
        {
            "models": {
                "type": "array",
                "items": {"type": "string", "enum": names},
                "minItems": 1,
                "maxItems": MAX_RECORDS,
            },
            "use_synthetic_data": {
                "type": ["boolean", "null"],
                "default": False,
                "description": "Profile synthetic; otherwise what callers sent, profile live",
            },
            "n_samples": {
                "type": ["integer", "null"],
                "minimum": fewest,
                "maximum": most,
                "description": "Synthetic records to make first; those of former runs if it is left out",
            },
            "profile": {
                "type": ["string", "null"],
                "enum": [*sorted(profiles), None],
                "description": "A data profile of every model named, in the place of use_synthetic_data",
            },
        },
        ["models"],
    )


def _example(trained: Sequence[ModelSpec]) -> Json:
    """By aliases where there are any; of models that synthetic data is made for."""
    able = [spec for spec in trained if _has(spec, SYNTHETIC)]
    named = _named([spec for spec in able if spec.aliases] or able)
    return {**named, "use_synthetic_data": True, "n_samples": SHOWN_SAMPLES}


def _named(specs: Iterable[ModelSpec]) -> Json:
    return {"models": [(spec.aliases or (spec.name,))[0] for spec in specs]}


def _has(spec: ModelSpec, profile: str) -> bool:
    return any(each.name == profile for each in spec.trained.promotion.profiles)

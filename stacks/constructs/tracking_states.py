"""The states that tell the recorder. Where the queue refuses, a record is lost and nothing else fails."""

from typing import Any

from stacks.constructs.states import State, expression, retry
from stacks.constructs.tuning_states import Candidates


def record_training(queue_url: str, model: str, trials: Candidates, *, then: str) -> State:
    """After a registration, whose output it passes on."""
    ended = {name: expression(f"$states.input.{name}") for name in ("package", "status", "reasons")}
    return _tell(queue_url, model, _training(model, trials) | ended, then=then)


def record_failure(queue_url: str, model: str, trials: Candidates, *, then: str) -> State:
    """After an error, which it passes on: the trials that there were are recorded all the same."""
    reason = "$string($states.input.Error) & ': ' & $substring($string($states.input.Cause), 0, 1000)"
    ended = {"package": "", "status": "Failed", "reasons": [expression(reason)]}
    return _tell(queue_url, model, _training(model, trials) | ended, then=then)


def record_promotion(queue_url: str, *, then: str) -> State:
    """Once `$package` is the champion of `$model`, after `$previous`."""
    told = {name: expression(f"${name}") for name in ("model", "package", "previous")}
    return _tell(queue_url, told["model"], {"kind": "promotion", **told}, then=then)


def _training(model: str, trials: Candidates) -> dict[str, Any]:
    """`$evaluated` is where the evaluation lies; it and the jobs' names are empty until they are known."""
    return {
        "kind": "training",
        "model": model,
        "run": expression("$run"),
        "profile": expression("$profile"),
        **trials.told,
        "training_job": expression(trials.trial),
        "evaluation_uri": expression("$evaluated"),
    }


def _tell(queue_url: str, group: str, message: dict[str, Any], *, then: str) -> State:
    passed_on = expression("$states.input")
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Arguments": {
            "QueueUrl": queue_url,
            "MessageGroupId": group,
            "MessageDeduplicationId": expression("$states.context.Execution.Name"),
            "MessageBody": message,
        },
        "TimeoutSeconds": 60,
        "Retry": [retry(["States.TaskFailed"], seconds=2, attempts=3)],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Output": passed_on, "Next": then}],
        "Output": passed_on,
        "Next": then,
    }

"""The state machine of a promotion: start the update, watch it, take it back when it rolls back."""

from typing import Any

from stacks.constructs.states import FAILED, expression, failure_states, invoke, retry
from stacks.environments import Environment

LONGEST_UPDATE_S = 8 * 3600


def promotion_definition(env: Environment, *, promote_arn: str, topic_arn: str) -> dict[str, Any]:
    """Input `{"model": name, "package": arn}`."""
    known = {"model": expression("$model"), "package": expression("$package")}
    told = expression("$exists($progress.reason) ? $string($progress.reason) : 'no reason given'")
    restore = {"action": "restore", "previous": expression("$previous"), "reason": told, **known}
    busy = retry(["StackBusy"], seconds=env.poll_s, attempts=120, backoff=1.0)
    start = invoke(
        promote_arn,
        {
            "action": "start",
            "model": expression("$states.input.model"),
            "package": expression("$states.input.package"),
        },
        then="StartedOrCurrent",
        retries=[busy],
        assign={
            "model": expression("$states.input.model"),
            "package": expression("$states.input.package"),
            "previous": expression("$states.result.Payload.previous"),
            "progress": expression("$states.result.Payload"),
        },
    )
    check = invoke(
        promote_arn,
        {"action": "check", **known},
        then="DoneOrRolledBack",
        retries=[retry(["States.TaskFailed"], seconds=env.poll_s, attempts=5)],
        assign={"progress": expression("$states.result.Payload")},
    )
    return {
        "Comment": f"Promotes a model package of the {env.name} environment",
        "QueryLanguage": "JSONata",
        "StartAt": "Start",
        "TimeoutSeconds": LONGEST_UPDATE_S,
        "States": {
            "Start": start,
            "StartedOrCurrent": _choice({"current": "Promoted"}, otherwise="Wait"),
            "Wait": {"Type": "Wait", "Seconds": env.poll_s, "Next": "Check"},
            "Check": check,
            "DoneOrRolledBack": _choice({"done": "Promoted", "rolled_back": "Restore"}, otherwise="Wait"),
            "Restore": {
                **invoke(promote_arn, restore, then=FAILED),
                "Output": expression(
                    "{'Error': 'RolledBack', 'Cause': $model & ' serves ' & $states.result.Payload.champion"
                    " & ' again: ' & $states.result.Payload.reason}"
                ),
            },
            "Promoted": {
                "Type": "Succeed",
                "Output": {**known, "previous": expression("$previous")},
            },
            **failure_states(topic_arn, f"Promotion in {env.name}"),
        },
    }


def _choice(answers: dict[str, str], *, otherwise: str) -> dict[str, Any]:
    choices = [
        {"Condition": expression(f"$progress.state = '{state}'"), "Next": then}
        for state, then in answers.items()
    ]
    return {"Type": "Choice", "Choices": choices, "Default": otherwise}

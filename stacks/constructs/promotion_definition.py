"""The state machine of a promotion: start the update, watch it, take it back when it rolls back.

Whatever ends the watch - a rollback, an error, patience - leads to Restore, which looks at the stack itself.
"""

from typing import Any

from stacks.constructs.states import FAILED, expression, failure_states, invoke, retry
from stacks.constructs.tracking_states import record_promotion
from stacks.environments import Environment

WATCHED_S = 4 * 3600
"""An update that runs longer is waited for once more, by Restore, and then told as a failure."""
LONGEST_S = 9 * 3600
BUSY_ATTEMPTS = 120


def promotion_definition(
    env: Environment, *, promote_arn: str, topic_arn: str, tracking_url: str
) -> dict[str, Any]:
    """Input `{"model": name, "package": arn}`."""
    known = {"model": expression("$model"), "package": expression("$package")}
    restore = {"action": "restore", "previous": expression("$previous"), **known}
    busy = retry(["StackBusy"], seconds=env.poll_s, attempts=BUSY_ATTEMPTS, backoff=1.0)
    failed = retry(["States.TaskFailed"], seconds=env.poll_s, attempts=5)
    start = invoke(
        promote_arn,
        {
            "action": "start",
            "model": expression("$states.input.model"),
            "package": expression("$states.input.package"),
        },
        then="StartedOrCurrent",
        retries=[busy, retry(["CheckFailed"], seconds=env.poll_s, attempts=5)],
        assign={
            "model": expression("$states.input.model"),
            "package": expression("$states.input.package"),
            "previous": expression("$states.result.Payload.previous"),
            "progress": expression("$states.result.Payload"),
            "checks": 0,
        },
    )
    check = invoke(
        promote_arn,
        {"action": "check", **known},
        then="DoneOrRolledBack",
        retries=[failed],
        assign={"progress": expression("$states.result.Payload"), "checks": expression("$checks + 1")},
        on_error="Restore",
    )
    watched_long = {
        "Condition": expression(f"$checks >= {max(1, WATCHED_S // env.poll_s)}"),
        "Next": "Restore",
    }
    return {
        "Comment": f"Promotes a model package of the {env.name} environment",
        "QueryLanguage": "JSONata",
        "StartAt": "Start",
        "TimeoutSeconds": LONGEST_S,
        "States": {
            "Start": start,
            "StartedOrCurrent": _choice(
                # a package that was not promoted is no champion, in the records either
                {"current": "Promoted", "superseded": "Ended"},
                otherwise="Wait",
            ),
            "Wait": {"Type": "Wait", "Seconds": env.poll_s, "Next": "Check"},
            "Check": check,
            "DoneOrRolledBack": _choice(
                {"done": "Promoted", "rolled_back": "Restore"}, watched_long, otherwise="Wait"
            ),
            "Restore": {
                **invoke(
                    promote_arn,
                    restore,
                    then="KeptOrRestored",
                    retries=[busy, failed],
                    assign={"progress": expression("$states.result.Payload")},
                ),
                "Output": expression(
                    "{'Error': 'RolledBack', 'Cause': $model & ' serves ' & $states.result.Payload.champion"
                    " & ' again: ' & $states.result.Payload.reason}"
                ),
            },
            "KeptOrRestored": _choice({"kept": "Promoted"}, otherwise=FAILED),
            "Promoted": record_promotion(tracking_url, then="Ended"),
            "Ended": {
                "Type": "Succeed",
                "Output": {**known, "previous": expression("$previous")},
            },
            **failure_states(topic_arn, f"Promotion in {env.name}"),
        },
    }


def _choice(answers: dict[str, str], *more: dict[str, str], otherwise: str) -> dict[str, Any]:
    choices = [
        {"Condition": expression(f"$progress.state = '{state}'"), "Next": then}
        for state, then in answers.items()
    ]
    return {"Type": "Choice", "Choices": [*choices, *more], "Default": otherwise}

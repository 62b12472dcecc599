"""The few shapes that state machines are made of, in Amazon States Language with JSONata."""

from typing import Any

State = dict[str, Any]

SDK_ERRORS = ["SageMaker.SageMakerException", "SageMaker.ThrottlingException", "Ssm.SsmException"]
JOB_ERRORS = [
    "SageMaker.AmazonSageMakerException",
    "SageMaker.ResourceLimitExceededException",
    "SageMaker.ThrottlingException",
]
LAMBDA_ERRORS = [
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
]
FAILED = "TellFailure"


def expression(jsonata: str) -> str:
    return "{% " + jsonata + " %}"


def retry(errors: list[str], *, seconds: int, attempts: int, backoff: float = 2.0) -> dict[str, Any]:
    return {
        "ErrorEquals": errors,
        "IntervalSeconds": seconds,
        "MaxAttempts": attempts,
        "BackoffRate": backoff,
        "MaxDelaySeconds": max(seconds, 300),
        "JitterStrategy": "FULL",
    }


def bounded(
    resource: str, arguments: dict[str, Any], *, timeout_s: int, retries: list[dict[str, Any]]
) -> State:
    """A task that ends within `timeout_s` and tries again on `retries`."""
    return {
        "Type": "Task",
        "Resource": resource,
        "Arguments": arguments,
        "TimeoutSeconds": timeout_s,
        "Retry": retries,
    }


def task(
    resource: str,
    arguments: dict[str, Any],
    *,
    then: str,
    timeout_s: int,
    retries: list[dict[str, Any]],
    assign: dict[str, str] | None = None,
    on_error: str = FAILED,
) -> State:
    """A bounded task whose other errors go to `on_error`."""
    state: State = {
        **bounded(resource, arguments, timeout_s=timeout_s, retries=retries),
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": on_error}],
        "Next": then,
    }
    return {**state, "Assign": assign} if assign else state


def invoke(function_arn: str, payload: dict[str, Any], **rest: Any) -> State:
    """Calls a function; `$states.result.Payload` is its answer."""
    arguments = {"FunctionName": function_arn, "Payload": payload}
    retries = [*rest.pop("retries", []), retry(LAMBDA_ERRORS, seconds=2, attempts=4)]
    return task("arn:aws:states:::lambda:invoke", arguments, timeout_s=120, retries=retries, **rest)


def failure_states(topic_arn: str, what: str, *, then: str = "Failed") -> dict[str, State]:
    """Tells the alarm topic what went wrong, then fails with the same error, by way of `then`."""
    told = {
        "TopicArn": topic_arn,
        "Subject": f"{what} failed"[:100],
        "Message": expression(
            "$string({'execution': $states.context.Execution.Id, 'error': $states.input.Error,"
            " 'cause': $states.input.Cause})"
        ),
    }
    return {
        FAILED: {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Arguments": told,
            "TimeoutSeconds": 60,
            "Retry": [retry(["States.TaskFailed"], seconds=2, attempts=3)],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Output": expression("$states.input"), "Next": then}],
            "Output": expression("$states.input"),
            "Next": then,
        },
        "Failed": {
            "Type": "Fail",
            "Error": expression("$states.input.Error"),
            "Cause": expression("$states.input.Cause"),
        },
    }

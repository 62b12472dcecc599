"""The gateway's own refusals, told as the handlers tell theirs: application/problem+json."""

import json

from aws_cdk import aws_apigateway as apigateway
from constructs import Construct

RESPONSES: dict[str, tuple[int | None, str, str]] = {
    "BadRequestBody": (
        400,
        "Bad request",
        "The body must be a JSON object: one record, or records with a list",
    ),
    "MissingAuthenticationToken": (403, "Forbidden", "The request is not signed, or there is no such route"),
    "AccessDenied": (403, "Forbidden", "The caller may not use this route"),
    "Unauthorized": (401, "Unauthorized", "The request must be signed with AWS Signature Version 4"),
    "InvalidSignature": (403, "Forbidden", "The signature does not match the request"),
    "ExpiredToken": (403, "Forbidden", "The credentials have expired"),
    "RequestTooLarge": (
        413,
        "Content too large",
        "The body is larger than the API takes; send fewer records",
    ),
    "UnsupportedMediaType": (415, "Unsupported media type", "Send application/json"),
    "Throttled": (429, "Too many requests", "Slow down and try again"),
    "QuotaExceeded": (429, "Too many requests", "The quota is used up"),
    "IntegrationTimeout": (504, "Gateway timeout", "The function did not answer in time"),
    "IntegrationFailure": (502, "Bad gateway", "The function did not answer"),
    "Default4xx": (None, "Request refused", "The gateway refused the request"),
    "Default5xx": (None, "Internal error", "The gateway failed to answer"),
}
"""Status, title and detail by response type; without a status the gateway answers with one of many, which no
template can read, so the body tells none either."""


class ProblemResponses(Construct):
    def __init__(self, scope: Construct, id: str, *, api: apigateway.RestApi) -> None:
        super().__init__(scope, id)
        for name, (status, title, detail) in RESPONSES.items():
            body = {
                "type": "about:blank",
                "title": title,
                **({"status": status} if status else {}),
                "detail": detail,
                "request_id": "$context.requestId",
            }
            headers = {"Content-Type": "'application/problem+json'"}
            if status == 429:
                headers["Retry-After"] = "'1'"
            apigateway.CfnGatewayResponse(
                self,
                name,
                rest_api_id=api.rest_api_id,
                response_type=_response_type(name),
                status_code=str(status) if status else None,
                response_parameters={
                    f"gatewayresponse.header.{key}": value for key, value in headers.items()
                },
                response_templates={"application/json": json.dumps(body)},
            )


def _response_type(name: str) -> str:
    """`BadRequestBody` is BAD_REQUEST_BODY, `Default4xx` is DEFAULT_4XX."""
    words = "".join(f"_{letter}" if letter.isupper() or letter.isdigit() else letter for letter in name)
    return words.strip("_").upper()

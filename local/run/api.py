"""Call the deployed REST API as any client would: HTTPS-style requests signed with SigV4."""

from __future__ import annotations

import json
import shlex
from typing import Any

import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.run.cloud import Cloud
from local.run.place import KEY, REGION

TIMEOUT_S = 60


def url(cloud: Cloud) -> str:
    """The API's address on this machine: the local gateway answers under its own path, not amazonaws.com."""
    api = cloud.output("Api", "ApiId")
    stage = cloud.client("apigateway").get_stages(restApiId=api)["item"][0]["stageName"]
    return f"{cloud.place.endpoint}/restapis/{api}/{stage}/_user_request_"


def call(method: str, address: str, body: object = None) -> tuple[int, Any]:
    """Send one signed request; its status and decoded answer."""
    answer = send(method, address, body)
    return answer.status_code, answer.json()


def send(method: str, address: str, body: object = None) -> requests.Response:
    """Send one signed request."""
    data = None if body is None else json.dumps(body)
    request = AWSRequest(method, address, data=data, headers={"content-type": "application/json"})
    SigV4Auth(Credentials(KEY, KEY), "execute-api", REGION).add_auth(request)
    return requests.request(method, address, data=data, headers=dict(request.headers), timeout=TIMEOUT_S)


def curl(address: str, body: object) -> str:
    """The command that a person pastes; against an account only the address and the keys differ."""
    return " \\\n  ".join(
        (
            f"curl -s --aws-sigv4 'aws:amz:{REGION}:execute-api' --user {KEY}:{KEY}",
            "-H 'content-type: application/json'",
            f"-d {shlex.quote(json.dumps(body))}",
            shlex.quote(address),
        )
    )

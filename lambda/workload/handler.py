"""The workload as a Lambda function, invoked directly: the event is the request.

Without the functions' layer: a start pays for nothing that the work does not need.
"""

from __future__ import annotations

import logging
from typing import Any

from workload.content import BadContent
from workload.problems import logger, problem, request_id
from workload.twin import Twin

logger.setLevel(logging.INFO)
twin = Twin("lambda")


def handler(event: Any, _: Any) -> dict[str, Any]:
    """The answer, or a problem with a `statusCode` where the request is at fault; all else is raised."""
    try:
        answer = twin.answer(event)
    except BadContent as error:
        logger.info("refused", extra={"request_id": request_id(event), "detail": str(error)})
        return {"statusCode": 400, **problem(400, str(error), event)}
    done = {name: answer[name] for name in ("workload_type", "work_ms", "cpu_ms", "cold")}
    logger.info("worked", extra={"request_id": request_id(event), **done})
    return answer

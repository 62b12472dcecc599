"""Makes the emulator's DynamoDB stream mappings give up as AWS does.

ministack repeats a failing batch for ever, whatever MaximumRetryAttempts, BisectBatchOnFunctionError and
ReportBatchItemFailures say: one poison record would block the stream, and a reported failure would be lost.
With this, a batch that has used up its attempts is tried record by record where it is to be bisected, and
what still fails goes to the on-failure destination.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

logger = logging.getLogger("local.stream_retries")

_FOR_EVER = -1
Scope = Callable[[str, str], AbstractContextManager[None]]


def install(functions: Any, tables: Any, scope: Scope) -> None:
    """Wrap the poller of ministack's Lambda module; `tables` is its DynamoDB module."""
    retries = _Retries(functions, tables, scope)
    functions._execute_function = retries.executed(functions._execute_function)
    functions._poll_dynamodb_streams = retries.polled(functions._poll_dynamodb_streams)


class _Retries:
    """How often each mapping has failed at its present position."""

    def __init__(self, functions: Any, tables: Any, scope: Scope) -> None:
        self._functions, self._tables, self._scope = functions, tables, scope
        self._attempts: dict[tuple[str, int], int] = {}

    def executed(self, execute: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
        """A result that reports failed items counts as failed where a mapping asks for such reports."""

        def run(function: dict[str, Any], event: Any, *rest: Any, **options: Any) -> dict[str, Any]:
            result = execute(function, event, *rest, **options)
            body = result.get("body")
            reported = isinstance(body, dict) and body.get("batchItemFailures")
            if reported and _from_stream(event) and self._reports(function):
                failure = {"errorType": "BatchItemFailures", "errorMessage": str(reported)[:500]}
                return {**result, "error": True, "body": failure}
            return result

        return run

    def polled(self, poll: Callable[[], bool]) -> Callable[[], bool]:
        """One pass of the poller, then what it failed at is counted and, at the end, given up."""

        def run() -> bool:
            before = dict(self._functions._esm_backoff_until.all_items())
            processed = poll()
            for account, region, mapping in self._failed(before):
                with self._scope(account, region):
                    processed = self._count(mapping) or processed
            return processed

        return run

    def _failed(self, before: dict[Any, float]) -> Iterator[tuple[str, str, dict[str, Any]]]:
        now = dict(self._functions._esm_backoff_until.all_items())
        for account, region, mapping in self._functions._iter_all_esms():
            key = (account, region, mapping["UUID"])
            if ":dynamodb:" in mapping.get("EventSourceArn", "") and now.get(key) != before.get(key):
                yield account, region, mapping

    def _count(self, mapping: dict[str, Any]) -> bool:
        """True where the batch was given up and the stream goes on."""
        limit = mapping.get("MaximumRetryAttempts", _FOR_EVER)
        position = self._functions._dynamodb_stream_positions.get(mapping["UUID"])
        if (
            limit == _FOR_EVER
            or position is None
            or mapping["UUID"] not in self._functions._esm_backoff_until
        ):
            return False
        key = (mapping["UUID"], position)
        self._attempts[key] = self._attempts.get(key, 0) + 1
        if self._attempts[key] <= limit:
            return False
        del self._attempts[key]
        self._give_up(mapping, position)
        return True

    def _give_up(self, mapping: dict[str, Any], position: int) -> None:
        functions = self._functions
        table = mapping["EventSourceArn"].split(":table/")[1].split("/")[0]
        records = self._tables.stream_records_since(table, position, mapping.get("BatchSize", 100))
        wanted = functions._apply_filter_criteria(records, mapping)
        function, _ = functions._get_func_record_for_qualifier(
            mapping["FunctionName"], mapping.get("Qualifier")
        )
        bisects = mapping.get("BisectBatchOnFunctionError") and len(wanted) > 1
        for part in [[record] for record in wanted] if bisects else [wanted]:
            result = functions._execute_function(function, {"Records": part}) if bisects else {"error": True}
            if result.get("error"):
                logger.warning("%s gave up on %d records of %s", mapping["FunctionName"], len(part), table)
                functions._send_ddb_stream_failure_record(
                    mapping, function, part, mapping["EventSourceArn"], result, "RetryAttemptsExhausted"
                )
        functions._esm_backoff_until.pop(mapping["UUID"], None)
        functions._dynamodb_stream_positions[mapping["UUID"]] = position + len(records)

    def _reports(self, function: dict[str, Any]) -> bool:
        name = (function.get("config") or function).get("FunctionName")
        mappings = (mapping for _, _, mapping in self._functions._iter_all_esms())
        return any(
            m["FunctionName"] == name and "ReportBatchItemFailures" in m.get("FunctionResponseTypes", [])
            for m in mappings
        )


def _from_stream(event: Any) -> bool:
    records = event.get("Records") if isinstance(event, dict) else None
    return bool(records and records[0].get("eventSource") == "aws:dynamodb")

"""Each collector once, through its deployed function; a later run finds what is new."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from catalog import names
from catalog.dataset import Dataset
from catalog.datasets import DATASETS
from local.run.cloud import ENVIRONMENT, Cloud
from local.run.place import REGION

AT_ONCE = 3


def collect(cloud: Cloud, say: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """What each data set's collector answered; RuntimeError where one fails."""
    functions = cloud.client("lambda")

    def run(dataset: Dataset) -> dict[str, Any]:
        answer = functions.invoke(
            FunctionName=names.collector(ENVIRONMENT, dataset.name),
            Payload=json.dumps({"region": REGION}).encode(),
        )
        told: dict[str, Any] = json.loads(answer["Payload"].read())
        if answer.get("FunctionError"):
            raise RuntimeError(f"collecting {dataset.name} failed: {json.dumps(told)[:500]}")
        say(f"{dataset.name}: {told['rows']:,} rows")
        return told

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {each["dataset"]: each for each in pool.map(run, DATASETS)}


def summary(told: dict[str, dict[str, Any]]) -> str:
    rows, gaps = (sum(each[name] for each in told.values()) for name in ("rows", "gaps"))
    new = f"{rows:,} new rows of {len(told)} data sets" if rows else "nothing new"
    return f"{new}, {gaps} gaps" if gaps else new

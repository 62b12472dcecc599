"""What lies in the raw bucket of the deployed platform."""

from __future__ import annotations

from collections.abc import Iterator

from local.run.cloud import Cloud


def raw_files(cloud: Cloud, prefix: str) -> Iterator[tuple[str, bytes]]:
    """(key, content) of every object below `prefix`."""
    bucket, storage = cloud.output("Foundation", "RawBucket"), cloud.client("s3")
    for page in storage.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", []):
            yield each["Key"], storage.get_object(Bucket=bucket, Key=each["Key"])["Body"].read()

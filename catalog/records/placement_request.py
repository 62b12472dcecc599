"""The placement request: what is known of a request before it is decided where it runs."""

from catalog.contract import Feature, Key, RecordSchema

WORKLOADS = ("lightweight_api", "thumbnail_processing", "medium_processing", "heavy_processing")
"""From the lightest to the heaviest."""
TIME_WINDOWS = ("night", "morning", "midday", "afternoon", "evening")
LOAD_PATTERNS = ("low_load", "medium_load", "high_load", "burst_load")


def _computed(
    name: str, unit: str, description: str, minimum: float = 0.0, maximum: float | None = None
) -> Feature:
    return Feature(
        name=name, unit=unit, description=description, minimum=minimum, maximum=maximum, missing="compute"
    )


PLACEMENT_REQUEST = RecordSchema(
    name="placement_request",
    title="Placement request",
    keys=(
        Key(
            name="request_id",
            kind="text",
            description="Identifies the request; the API's own id where it is left out",
            example="order-4711",
            missing="request",
        ),
        Key(
            name="timestamp",
            kind="timestamp",
            description="When the request came, ISO 8601 with offset; now where it is left out",
            example="2025-11-23T12:00:00Z",
            missing="now",
        ),
    ),
    features=(
        Feature(
            name="workload_type",
            unit="category",
            categories=WORKLOADS,
            missing="refuse",
            description="Kind of work, from the lightest to the heaviest",
            example="lightweight_api",
        ),
        Feature(
            name="payload_size_kb",
            unit="KB",
            minimum=0.1,
            maximum=10_240,
            missing="refuse",
            description="Size of what is worked on",
            example=5.0,
        ),
        Feature(
            name="time_window",
            unit="category",
            categories=TIME_WINDOWS,
            missing="refuse",
            description="Part of the caller's day: night until 6, morning until 11, midday until 14, "
            "afternoon until 18, evening",
            example="midday",
        ),
        Feature(
            name="load_pattern",
            unit="category",
            categories=LOAD_PATTERNS,
            missing="refuse",
            description="Rate of requests over the last minutes against the usual one",
            example="medium_load",
        ),
        _computed(
            "hour_sin", "share", "Sine of the hour of the day (UTC), one turn a day", minimum=-1, maximum=1
        ),
        _computed(
            "hour_cos", "share", "Cosine of the hour of the day (UTC), one turn a day", minimum=-1, maximum=1
        ),
        _computed("day_of_week", "day", "Day of the week (UTC), Monday 0", maximum=6),
        _computed("is_weekend", "flag", "Whether it is Saturday or Sunday (UTC)", maximum=1),
        _computed("log_payload_kb", "log(KB)", "Logarithm of one plus the payload's size"),
        _computed("payload_x_workload", "product", "log_payload_kb times the workload's place, from 1"),
        _computed(
            "workload_x_time_window", "product", "The workload's place times the time window's, from 1"
        ),
        _computed("payload_x_time_window", "product", "log_payload_kb times the time window's place, from 1"),
        _computed("payload_x_load", "product", "log_payload_kb times the load pattern's place, from 1"),
        _computed("workload_x_load", "product", "The workload's place times the load pattern's, from 1"),
        _computed(
            "time_window_x_load", "product", "The time window's place times the load pattern's, from 1"
        ),
    ),
)

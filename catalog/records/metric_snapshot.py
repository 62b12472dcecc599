"""The metric snapshot: what an agent on a resource measured over five minutes."""

from catalog.contract import Feature, History, Key, RecordSchema

METRIC_SNAPSHOT = RecordSchema(
    name="metric_snapshot",
    title="Metric snapshot",
    keys=(
        Key(
            name="resource_id",
            kind="text",
            description="The server, container or service, unique in the fleet",
            example="server-01",
        ),
        Key(
            name="timestamp",
            kind="timestamp",
            description="End of the five minutes, ISO 8601 with offset; the time of arrival if left out",
            example="2026-03-02T14:30:00+00:00",
            missing="now",
        ),
    ),
    group="metrics",
    features=(
        Feature(name="cpu_usage", unit="%", maximum=100, description="Mean CPU in use", example=85.5),
        Feature(name="memory_usage", unit="%", maximum=100, description="Memory in use", example=78.2),
        Feature(name="disk_io", unit="1/s", description="Mean disk operations a second", example=1200),
        Feature(
            name="network_errors",
            unit="count",
            description="Packets lost or refused in the five minutes",
            example=15,
        ),
        Feature(name="disk_queue", unit="count", description="Mean disk operations outstanding", example=3.1),
        Feature(name="response_time_ms", unit="ms", description="Mean response time", example=180.0),
        Feature(
            name="error_rate",
            unit="share",
            maximum=1,
            description="Share of requests that failed",
            example=0.004,
        ),
    ),
    history=History(records=24, ttl_hours=48),
)

"""The metric point: one value of one metric series at one instant; any unit, any spacing."""

from catalog.contract import Feature, Key, RecordSchema

METRIC_POINT = RecordSchema(
    name="metric_point",
    title="Metric point",
    series="points",
    keys=(
        Key(
            name="series_id",
            kind="text",
            description="The series, unique in the fleet: resource and metric, say",
            example="server-01/cpu_usage",
        ),
        Key(
            name="timestamp",
            kind="timestamp",
            missing="now",
            description="When it was measured, ISO 8601 with offset; the time of arrival if left out",
            example="2026-03-02T14:30:00+00:00",
        ),
    ),
    features=(
        Feature(
            name="value",
            unit="the series' own",
            minimum=-1e15,
            missing="refuse",
            description="The value measured; the same unit throughout a series",
            example=42.5,
        ),
    ),
)

"""The storage I/O insight: one volume's measurements over one window (30 minutes unless the sender says less)."""

from catalog.contract import Feature, Key, RecordSchema

IOPS_INSIGHT = RecordSchema(
    name="iops_insight",
    title="Storage I/O insight",
    keys=(
        Key(name="volume_id", kind="text", description="The volume, unique in the fleet", example="vol-0a1b2c"),
        Key(
            name="timestamp",
            kind="timestamp",
            description="End of the window, ISO 8601 with offset",
            example="2026-03-02T14:30:00+00:00",
        ),
    ),
    features=(
        Feature(name="read_iops", unit="1/s", description="Mean reads a second", example=850.0),
        Feature(name="write_iops", unit="1/s", description="Mean writes a second", example=420.0),
        Feature(name="total_iops", unit="1/s", description="Reads and writes a second", missing="derive", example=1270.0),
        Feature(name="iops_variance", unit="1/s^2", description="Variance of total IOPS inside the window", example=5200.0),
        Feature(name="avg_latency", unit="ms", description="Mean latency", example=4.2),
        Feature(name="p95_latency", unit="ms", description="95th percentile of latency", example=6.1),
        Feature(name="p99_latency", unit="ms", description="99th percentile of latency", example=11.4),
        Feature(
            name="latency_spike_count", unit="count", integer=True, missing="derive", example=2,
            description="Windows of the last 6 h in which p99 latency exceeded twice the mean",
        ),
        Feature(name="bandwidth_mbps", unit="MB/s", description="Mean throughput", example=78.0),
        Feature(name="throughput_variance", unit="(MB/s)^2", description="Variance of throughput inside the window", example=31.0),
        Feature(name="error_rate", unit="share", maximum=1, description="Share of operations that failed", example=0.001),
        Feature(
            name="error_trend", unit="-1, 0, 1", minimum=-1, maximum=1, integer=True, missing="derive", example=0,
            description="Whether the error rate falls, stays or rises against the volume's previous window",
        ),
        Feature(name="hour_of_day", unit="h", maximum=23, integer=True, missing="derive", description="UTC hour of the window's end", example=14),
        Feature(name="day_of_week", unit="day", maximum=6, integer=True, missing="derive", description="Monday is 0", example=0),
        Feature(name="time_since_last_alert", unit="h", description="Hours since the volume last raised an alert", example=36.0),
        Feature(name="sequential_access_ratio", unit="share", maximum=1, description="Share of sequential operations", example=0.12),
        Feature(
            name="random_access_ratio", unit="share", maximum=1, missing="derive", example=0.88,
            description="Share of random operations; one minus the sequential share",
        ),
        Feature(name="queue_depth", unit="count", description="Mean operations outstanding", example=5.3),
        Feature(name="io_size_avg", unit="KB", description="Mean size of an operation", example=62.0),
        Feature(name="io_size_variance", unit="KB^2", description="Variance of the operations' sizes inside the window", example=900.0),
        Feature(
            name="iops_per_latency", unit="1/(s ms)", missing="derive", example=302.0,
            description="Total IOPS over mean latency",
        ),
        Feature(
            name="anomaly_score", unit="deviations", missing="derive", example=0.7,
            description="How far this window's latency lies above the volume's own recent median, in robust deviations",
        ),
        Feature(
            name="trend_score", unit="1/h", minimum=-1e6, missing="derive", example=0.05,
            description="Slope of log latency over the volume's recent windows",
        ),
        Feature(
            name="load_factor", unit="share", maximum=1, missing="derive", example=0.41,
            description="Total IOPS over the highest the volume reached recently",
        ),
        Feature(
            name="efficiency_ratio", unit="MB per operation", missing="derive", example=0.061,
            description="Throughput per IOPS",
        ),
    ),
)

"""The storage reading: how full one resource is at one instant; hourly readings tell the most."""

from catalog.contract import Feature, History, Key, RecordSchema
from catalog.records.calendar import DAY_OF_WEEK, hour_of_day


def _percent(name: str, description: str, example: float) -> Feature:
    return Feature(
        name=name, unit="%", maximum=100, missing="derive", description=description, example=example
    )


def _points(name: str, description: str, example: float, unit: str = "points") -> Feature:
    """Percentage points, up or down."""
    return Feature(
        name=name, unit=unit, minimum=-1e3, missing="derive", description=description, example=example
    )


def _size(name: str, description: str, example: float, unit: str = "points") -> Feature:
    return Feature(name=name, unit=unit, missing="derive", description=description, example=example)


STORAGE_READING = RecordSchema(
    name="storage_reading",
    title="Storage reading",
    series="points",
    history=History(records=48, ttl_hours=96),
    keys=(
        Key(
            name="resource_id",
            kind="text",
            description="The storage resource, unique in the fleet",
            example="vol-1",
        ),
        Key(
            name="timestamp",
            kind="timestamp",
            missing="now",
            description="When it was read, ISO 8601 with offset",
            example="2026-03-02T14:30:00+00:00",
        ),
    ),
    features=(
        hour_of_day("the reading"),
        DAY_OF_WEEK,
        Feature(
            name="is_business_hours",
            unit="0, 1",
            maximum=1,
            integer=True,
            missing="derive",
            description="Whether people work: Monday to Friday, 8 to 18 UTC unless the sender says otherwise",
            example=1,
        ),
        Feature(
            name="current_storage_usage",
            unit="%",
            maximum=100,
            missing="refuse",
            description="Share of the resource's capacity in use",
            example=71.2,
        ),
        Feature(
            name="write_rate_mb", unit="MB/s", description="Mean write rate of the last hour", example=12.5
        ),
        _percent("lag_1h", "Usage one hour before, or within 30 minutes of it", 70.9),
        _percent("lag_2h", "Usage two hours before, or within 30 minutes of it", 70.4),
        _percent("lag_6h", "Usage six hours before, or within 30 minutes of it", 69.2),
        _percent("lag_24h", "Usage a day before, or within 30 minutes of it", 69.8),
        _percent("rolling_mean_1h", "Mean usage of the last hour's readings", 71.2),
        _percent("rolling_mean_6h", "Mean usage of the last six hours' readings", 70.2),
        _percent("rolling_mean_24h", "Mean usage of the last day's readings", 69.5),
        _size("rolling_std_24h", "Standard deviation of the last day's readings", 0.8),
        _percent("minimum_24h", "Lowest usage of the last day", 68.3),
        _percent("maximum_24h", "Highest usage of the last day", 71.2),
        _percent("maximum_48h", "Highest usage of the last two days", 71.4),
        _points("slope_6h", "Slope of usage over the last six hours", 0.36, "points/h"),
        _points("slope_24h", "Slope of usage over the last day", 0.06, "points/h"),
        _points("change_1h", "Usage against one hour before", 0.3),
        _points("change_6h", "Usage against six hours before", 2.0),
        _points("change_24h", "Usage against a day before", 1.4),
        _points("change_48h", "Usage against two days before", 2.6),
        _points(
            "day_before_next_1h", "How usage changed within one hour from this time of the day before", 0.2
        ),
        _points("day_before_next_3h", "How usage changed within three hours from then", 0.7),
        _points("day_before_next_6h", "How usage changed within six hours from then", 0.9),
        _points("day_before_next_12h", "How usage changed within twelve hours from then", -0.4),
        _size("hours_since_drop", "Hours since usage last fell by 2 points between two readings", 11, "h"),
        _size("last_drop", "How far it fell then", 3.1),
        _points("below_last_peak", "How far usage is below where it fell from", 0.2),
        _points(
            "growth_24h", "Growth over the last day, drops of 2 points and more left out", 0.2, "points/h"
        ),
        _points("hours_to_last_peak", "Hours until usage is back there if it grows on so", 1.0, "h"),
        Feature(
            name="write_ratio_24h",
            unit="ratio",
            missing="derive",
            description="Write rate over its mean of the last day",
            example=1.3,
        ),
    ),
)

"""Features of a record's time that record schemas share; feature code derives them."""

from catalog.contract import Feature


def hour_of_day(of: str) -> Feature:
    return Feature(
        name="hour_of_day",
        unit="h",
        maximum=23,
        integer=True,
        missing="derive",
        description=f"UTC hour of {of}",
        example=14,
    )


DAY_OF_WEEK = Feature(
    name="day_of_week",
    unit="day",
    maximum=6,
    integer=True,
    missing="derive",
    description="Monday is 0",
    example=0,
)

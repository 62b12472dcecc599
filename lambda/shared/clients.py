"""AWS clients with bounded waits. `AWS_ENDPOINT_URL` is honoured by boto3 itself."""

from botocore.config import Config


def bounded(*, read_timeout_s: float = 5, attempts: int = 3) -> Config:
    """Connect within a second, answer within `read_timeout_s`, try at most `attempts` times in all."""
    return Config(
        connect_timeout=1,
        read_timeout=read_timeout_s,
        retries={"total_max_attempts": attempts, "mode": "standard"},
    )

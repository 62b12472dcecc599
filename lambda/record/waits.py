"""How long a message that could not be recorded stays away."""

FIRST_S, LONGEST_S = 15, 3600


def waiting(received: int) -> int:
    """Seconds until a message that was received so often is tried again."""
    return int(min(FIRST_S * 2 ** min(received - 1, 20), LONGEST_S))

"""The HTTP payload: the value of one request parameter, as text."""

from catalog.contract import Key, RecordSchema, Text

HTTP_PAYLOAD = RecordSchema(
    name="http_payload",
    title="HTTP payload",
    keys=(
        Key(name="request_id", kind="text", description="The request, unique", example="req-7f3a91"),
        Key(
            name="timestamp",
            kind="timestamp",
            description="When it came, ISO 8601 with offset; now where it is left out",
            example="2026-03-02T14:30:00+00:00",
            missing="now",
        ),
    ),
    texts=(
        Text(
            name="payload",
            description="The parameter's value, decoded",
            example="' OR 1=1 --",
        ),
    ),
)

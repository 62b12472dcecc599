"""What events of each class look like.

An event comes about in one of its class's ways. A way says what is typical where it differs from `QUIET`;
around what is typical a measurement varies normally, on the scale that its kind says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["count", "amount", "share"]
"""Normal on the log scale (a count is rounded down) or, for a share, on the logit scale."""


@dataclass(frozen=True)
class Measure:
    """`typical` and `spread` (deviation on the kind's scale) where an event is quiet; `least` of a count."""

    kind: Kind
    typical: float
    spread: float
    least: int = 0


@dataclass(frozen=True)
class Way:
    """`share` of the class's events; what is `typical` where it is not as quiet as usual, and its spread."""

    label: str
    share: float
    typical: Mapping[str, tuple[float, float]]


QUIET = {
    "failed_auth_count": Measure("count", 0.6, 0.8),
    "request_rate": Measure("amount", 60, 1.0),
    "unique_ips": Measure("count", 1.6, 0.6, least=1),
    "geographic_entropy": Measure("share", 0.5, 0.8),
    "file_access_rate": Measure("amount", 6, 1.1),
    "bytes_out_mb": Measure("amount", 4, 1.1),
    "error_rate": Measure("share", 0.03, 0.8),
    "denied_access_count": Measure("count", 0.6, 0.8),
    "privilege_change_count": Measure("count", 0.2, 0.9),
    "new_process_count": Measure("count", 1.2, 0.8),
    "distinct_accounts": Measure("count", 1.3, 0.5, least=1),
    "outbound_destinations": Measure("count", 3, 0.8),
    "query_length": Measure("amount", 30, 0.6),
    "quote_share": Measure("share", 0.02, 1.0),
    "markup_share": Measure("share", 0.01, 1.0),
}
"""By feature, in the record's order. Entropy is drawn as a share of the most that its addresses allow."""

WAYS = (
    Way("normal", 0.33, {}),
    Way("normal", 0.15, {"request_rate": (600, 0.9), "bytes_out_mb": (20, 1.0), "query_length": (45, 0.6)}),
    Way("normal", 0.12, {
        "unique_ips": (40, 0.9), "request_rate": (500, 0.9), "distinct_accounts": (12, 0.7),
        "failed_auth_count": (3, 0.8),
    }),
    Way("normal", 0.07, {
        "request_rate": (2500, 0.9), "unique_ips": (150, 0.9), "geographic_entropy": (0.65, 0.8),
        "error_rate": (0.08, 0.8),
    }),
    Way("normal", 0.10, {"failed_auth_count": (6, 0.6), "error_rate": (0.15, 0.7)}),
    Way("normal", 0.08, {"bytes_out_mb": (350, 1.0), "file_access_rate": (200, 1.0)}),
    Way("normal", 0.08, {
        "privilege_change_count": (2.2, 0.6), "new_process_count": (7, 0.8),
        "denied_access_count": (2, 0.8), "file_access_rate": (20, 1.0),
    }),
    Way("normal", 0.07, {
        "quote_share": (0.15, 0.9), "markup_share": (0.12, 0.9), "query_length": (160, 0.7),
    }),
    Way("unauthorized_access", 0.50, {
        "unique_ips": (5, 0.7), "geographic_entropy": (0.9, 0.8), "denied_access_count": (6, 0.7),
        "file_access_rate": (30, 1.0), "failed_auth_count": (2.5, 0.8),
    }),
    Way("unauthorized_access", 0.50, {
        "denied_access_count": (18, 0.7), "error_rate": (0.35, 0.7), "request_rate": (150, 0.8),
        "failed_auth_count": (4, 0.8),
    }),
    Way("ddos_attack", 0.60, {
        "request_rate": (6000, 1.0), "unique_ips": (300, 1.0), "geographic_entropy": (0.85, 0.7),
        "error_rate": (0.3, 0.8),
    }),
    Way("ddos_attack", 0.40, {
        "request_rate": (1500, 0.8), "unique_ips": (120, 0.9), "error_rate": (0.12, 0.8),
        "query_length": (18, 0.6),
    }),
    Way("data_exfiltration", 0.50, {
        "bytes_out_mb": (1500, 1.0), "file_access_rate": (150, 1.0), "outbound_destinations": (6, 0.8),
    }),
    Way("data_exfiltration", 0.50, {
        "bytes_out_mb": (150, 0.9), "file_access_rate": (60, 0.9), "outbound_destinations": (14, 0.7),
        "denied_access_count": (2, 0.8),
    }),
    Way("privilege_escalation", 0.60, {
        "privilege_change_count": (7, 0.6), "new_process_count": (9, 0.8),
        "denied_access_count": (6, 0.8),
    }),
    Way("privilege_escalation", 0.40, {
        "privilege_change_count": (3.5, 0.5), "new_process_count": (5, 0.8),
        "file_access_rate": (25, 1.0), "denied_access_count": (3, 0.8),
    }),
    Way("malware_activity", 0.50, {
        "outbound_destinations": (40, 0.8), "new_process_count": (8, 0.8), "request_rate": (25, 0.9),
    }),
    Way("malware_activity", 0.50, {
        "file_access_rate": (900, 0.9), "new_process_count": (14, 0.8),
        "outbound_destinations": (6, 0.8),
    }),
    Way("brute_force", 0.55, {
        "failed_auth_count": (60, 0.8), "error_rate": (0.6, 0.8), "request_rate": (300, 0.8),
    }),
    Way("brute_force", 0.45, {
        "failed_auth_count": (18, 0.7), "distinct_accounts": (16, 0.7), "unique_ips": (10, 0.9),
        "error_rate": (0.35, 0.8),
    }),
    Way("sql_injection", 0.60, {
        "quote_share": (0.6, 0.9), "query_length": (170, 0.6), "error_rate": (0.25, 0.8),
        "request_rate": (350, 0.9),
    }),
    Way("sql_injection", 0.40, {
        "quote_share": (0.3, 0.9), "query_length": (110, 0.6), "error_rate": (0.14, 0.8),
    }),
    Way("xss_attack", 0.60, {
        "markup_share": (0.55, 0.9), "query_length": (150, 0.6), "request_rate": (200, 0.9),
    }),
    Way("xss_attack", 0.40, {
        "markup_share": (0.3, 0.9), "query_length": (100, 0.6), "quote_share": (0.12, 0.9),
    }),
)  # fmt: skip

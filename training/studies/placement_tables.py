"""What the placement report counts of the data: whose platform is better how often, and how sure that is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from catalog.records.placement_request import WORKLOADS

WANTED = dict(zip(WORKLOADS, (0.47, 0.57, 0.75, 0.96), strict=True))
"""About how often Lambda should be the better one."""
SIZES = 12
"""Payload groups of a type, with as many requests each."""


def shares(requests: pd.DataFrame) -> pd.DataFrame:
    """By workload: requests, how often Lambda is the better one, and how often it should be."""
    of = requests.groupby("workload_type", observed=False)["best"]
    found = pd.DataFrame(
        {"requests": of.size(), "lambda better": of.apply(lambda best: (best == "lambda").mean())}
    )
    return found.assign(wanted=pd.Series(WANTED)).rename(index=plain)


def examples(requests: pd.DataFrame, most: int = 6) -> pd.DataFrame:
    """The first requests as they were measured on both platforms."""
    some = requests.sort_values("timestamp").head(most)
    told = {
        "time": some["timestamp"].dt.strftime("%Y-%m-%d %H:%M:%S"),
        "payload, KB": some["payload_size_kb"].map("{:,.1f}".format),
        "window": some["time_window"].astype(str),
        "load": some["load_pattern"].astype(str).map(plain),
    }
    for name in ("lambda", "ecs"):
        told[f"{name}, ms"] = some[f"latency_ms[{name}]"].map("{:,.1f}".format)
        told[f"{name}, $/million"] = (1e6 * some[f"cost_usd[{name}]"]).map("{:,.2f}".format)
    found = pd.DataFrame({**told, "better": some["best"].astype(str)})
    return found.set_index(pd.Index(some["workload_type"].astype(str).map(plain)))


def sized(requests: pd.DataFrame) -> pd.DataFrame:
    """The requests with their payload group within the workload, by number."""
    ranks = requests.groupby("workload_type", observed=False)["payload_size_kb"].rank(
        pct=True, method="first"
    )
    return requests.assign(size=np.minimum((ranks * SIZES).astype(int), SIZES - 1))


def variance(requests: pd.DataFrame) -> pd.DataFrame:
    """By workload and payload group: the median payload, how often Lambda is the better one, and how often
    two requests of the same workload, time window, load and payload group have different best platforms."""
    found = sized(requests)
    alike = ["workload_type", "size", "time_window", "load_pattern"]
    cells = found.assign(first=found["best"] == "lambda").groupby(alike, observed=True)["first"]
    cell = cells.agg(["size", "sum"]).rename(columns={"size": "n", "sum": "k"}).reset_index()
    cell["pairs"] = cell["n"] * (cell["n"] - 1) / 2
    cell["differ"] = cell["k"] * (cell["n"] - cell["k"])
    total = cell.groupby(["workload_type", "size"], observed=True)[["n", "k", "pairs", "differ"]].sum()
    payload = found.groupby(["workload_type", "size"], observed=True)["payload_size_kb"].median()
    return pd.DataFrame(
        {
            "payload_kb": payload,
            "requests": total["n"],
            "lambda": total["k"] / total["n"],
            "pairs": total["pairs"],
            "differ": total["differ"] / total["pairs"],
        }
    ).reset_index()


def variance_by_type(variance: pd.DataFrame) -> pd.DataFrame:
    """The same of whole workloads, and of the payload group where it is least and most."""
    rows = {}
    for name, part in variance.groupby("workload_type", observed=True):
        mean = float((part["differ"] * part["pairs"]).sum() / part["pairs"].sum())
        least, most = (part.iloc[int(place)] for place in (part["differ"].argmin(), part["differ"].argmax()))
        rows[plain(str(name))] = {
            "pairs that differ": mean,
            "least": least["differ"],
            "least at KB": least["payload_kb"],
            "most": most["differ"],
            "most at KB": most["payload_kb"],
        }
    return pd.DataFrame(rows).T


def split_table(metadata: dict[str, Any]) -> pd.DataFrame:
    """Rows, time and share of Lambda of each split."""
    rows = {}
    for name, facts in metadata["splits"].items():
        classes = facts["target"]["classes"]
        rows[name] = {
            "requests": facts["rows"],
            "from": facts["from"][:16].replace("T", " "),
            "to": facts["to"][:16].replace("T", " "),
            "lambda better": classes["lambda"] / facts["rows"],
        }
    return pd.DataFrame(rows).T


def plain(name: str) -> str:
    return name.replace("_", " ")

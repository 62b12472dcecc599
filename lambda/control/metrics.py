"""Counts of the state table in Prometheus' text format: the same whichever of many functions answers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector, CollectorRegistry

from shared.counters import Totals

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
REQUESTED = "requested"
COUNTERS = {
    "predictions": "Records predicted",
    "anomalies": "Predictions of another class than the calm one",
    "errors": "Requests answered with a status of 500 or above",
}
OF_REMEDIATIONS = (
    f"Remediations by outcome: {REQUESTED} counts the events told, the others what was decided on them"
)


class Counted(Collector):
    """Totals and remediation outcomes by model, and the uptime in seconds."""

    def __init__(
        self, totals: Mapping[str, Totals], decided: Mapping[str, Mapping[str, int]], uptime_s: float
    ) -> None:
        self._totals, self._decided, self._uptime_s = totals, decided, uptime_s

    def collect(self) -> Iterator[Metric]:
        for name, about in COUNTERS.items():
            counter = CounterMetricFamily(f"ops_ml_{name}", about, labels=["model"])
            for model, total in self._totals.items():
                counter.add_metric([model], total[name])
            yield counter
        yield self._remediations()
        yield self._latency()
        yield GaugeMetricFamily(
            "ops_ml_uptime_seconds", "Since the first request was counted", value=self._uptime_s
        )

    def _remediations(self) -> Metric:
        counter = CounterMetricFamily("ops_ml_remediations", OF_REMEDIATIONS, labels=["model", "outcome"])
        for model, total in self._totals.items():
            found = {REQUESTED: total["remediations"], **self._decided.get(model, {})}
            for outcome, value in found.items():
                counter.add_metric([model, outcome], value)
        return counter

    def _latency(self) -> Metric:
        histogram = HistogramMetricFamily(
            "ops_ml_prediction_latency_seconds", "Time from request to answer", labels=["model"]
        )
        for model, total in self._totals.items():
            histogram.add_metric([model], list(_buckets(total.cumulative())), total["latency_ms_sum"] / 1000)
        return histogram


def text(totals: Mapping[str, Totals], decided: Mapping[str, Mapping[str, int]], uptime_s: float) -> str:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Counted(totals, decided, uptime_s))
    return generate_latest(registry).decode()


def _buckets(cumulative: Iterable[tuple[float, int]]) -> Iterator[tuple[str, float]]:
    for bound_ms, calls in cumulative:
        yield ("+Inf" if bound_ms == float("inf") else str(bound_ms / 1000)), calls

"""The comparison's load, on a tiny server in place of the router, and what is made of figures."""

from __future__ import annotations

import json
import os
import tarfile
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from catalog.models import MODELS
from catalog.models.placement import TWINS
from local.compare import candidate, deployed, frontier, load, page, plots, tables, verdict
from local.compare.deployed import Trial
from local.compare.fleet import Watch
from local.compare.intervals import Spread, better, over, reached, returned, saving
from local.compare.load import Target


class Answering(ThreadingHTTPServer):
    """Notes what is asked, and answers as the router does; the fifth request is refused."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, str, dict[str, str], Any]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Answering

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((time.monotonic(), self.path, dict(self.headers.items()), body))
        refused = len(self.server.asked) == 5
        answer = json.dumps({"detail": "no"} if refused else _answer()).encode()
        self.send_response(400 if refused else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: Any) -> None:
        pass


def _answer() -> dict[str, Any]:
    return {
        "outcome": {
            "platform": "ecs", "latency_ms": 12.0, "cost_usd": 1e-6, "failed_over": False, "explored": False,
        },
        "metrics": {"inference_time_ms": 0.2, "inference_cost_usd": 2e-7},
        "model_info": {"model_type": "XGBoost"},
    }  # fmt: skip


@pytest.fixture
def server() -> Iterator[Answering]:
    made = Answering()
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def given(count: int) -> dict[str, Any]:
    rows = [
        {
            "at_s": 100.0 * n,
            "workload_type": "lightweight_api",
            "payload_size_kb": 1.0 + n,
            "time_window": "midday",
            "load_pattern": "low_load",
            "timestamp": "2026-03-02T12:00:00.000+00:00",
        }
        for n in range(count)
    ]
    return {"pattern": "steady", "lasts_s": 100.0 * count, "weight": 2.0, "rows": rows}


def test_locust_sends_each_request_once_signed_and_when_it_is_due(server: Answering, tmp_path: Path) -> None:
    environ = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "HOME": os.environ["HOME"]}
    rows = load.send(Target(server.url, environ), given(8), "auto", 2.0, tmp_path)
    sizes = [body["payload_size_kb"] for _, _, _, body in server.asked]
    assert sorted(sizes) == [1.0 + n for n in range(8)]
    assert {path for _, path, _, _ in server.asked} == {"/v1/route?platform=auto"}
    times = [when for when, _, _, _ in server.asked]
    assert times[-1] - times[0] >= 7 / 8 * 2.0 - 0.3, "sent faster than they are due"
    assert [row["payload_size_kb"] for row in rows] == [1.0 + n for n in range(8)]
    assert sorted(row["status"] for row in rows) == [200] * 7 + [400]
    _, path, headers, body = server.asked[0]
    assert headers["Authorization"] == _signature(server, path, headers, body)


def _signature(server: Answering, path: str, headers: dict[str, str], body: Any) -> str:
    """As the service would compute it for the date that was sent."""
    url = f"http://127.0.0.1:{server.server_port}{path}"
    request = AWSRequest("POST", url, data=json.dumps(body), headers={"content-type": "application/json"})
    request.context["timestamp"] = headers["X-Amz-Date"]
    request.headers["X-Amz-Date"] = headers["X-Amz-Date"]
    auth = SigV4Auth(Credentials("key", "secret"), "execute-api", "us-east-1")
    canonical = auth.canonical_request(request)
    signature = auth.signature(auth.string_to_sign(request, canonical), request)
    signed = auth.signed_headers(auth.headers_to_sign(request))
    scope = auth.scope(request)
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={signed}, Signature={signature}"


def row(**totals: float) -> dict[str, dict[str, Any]]:
    """Figures of a seed with these bills; ecs is the slowest."""
    return {
        name: {
            "requests": 1000, "total_usd": total, "function_usd": total, "service_usd": 0.0,
            "router_usd": 1.0 if name == "model" else 0.0, "burden_usd": 2 * total,
            "average_ms": 50.0, "p95_ms": 100.0 + (name == "ecs"),
            "p99_ms": None if name == "lambda" else 300.0, "error_rate": 0.01, "accuracy": 0.8,
            "lambda_share": 0.5, "most_tasks": 3,
            "curve_ms": [10.0, 20.0, None if name == "lambda" else 30.0],
        }
        for name, total in totals.items()
    }  # fmt: skip


SEEDS = [row(**{"lambda": 10.0, "ecs": 20.0, "model": 8.0 + n / 10, "oracle": 6.0}) for n in range(3)]


def test_an_interval_is_students() -> None:
    spread = Spread.of([1.0, 2.0, 3.0])
    assert spread.mean == 2.0
    assert spread.half == pytest.approx(4.303 / 3**0.5, rel=1e-3)
    assert Spread.of([5.0]) == (5.0, None)
    assert over(SEEDS, lambda each: each["lambda"]["p99_ms"]) is None


def test_savings_returns_and_shares_of_the_bound() -> None:
    first = SEEDS[0]
    assert saving(first, "model", "lambda") == pytest.approx(0.2)
    assert saving(first, "model", "ecs") == pytest.approx(0.6)
    assert returned(first, "model", "lambda") == pytest.approx(2.0)
    assert returned(first, "ecs", "lambda") is None
    assert reached(first, "model") == pytest.approx(0.5)
    assert better(SEEDS, "total_usd") == "lambda"


@pytest.mark.parametrize(
    ("saved", "slower", "told"),
    [
        (Spread(0.2, 0.05), Spread(0.0, 0.01), "reached"),
        (Spread(0.2, 0.15), Spread(-0.1, 0.01), "cannot be told from so few"),
        (Spread(0.05, 0.01), Spread(0.0, 0.01), "not reached"),
        (Spread(0.2, 0.05), Spread(0.02, 0.01), "not reached"),
    ],
)
def test_the_goal_is_reached_where_all_of_the_interval_says_so(
    saved: Spread, slower: Spread, told: str
) -> None:
    assert verdict.outcome(saved, slower) == told


def test_the_verdict_names_the_better_baseline_and_the_bound() -> None:
    first, share = verdict.judged({"steady": SEEDS})
    assert "against Lambda only, the baseline of the lesser burden and of the smaller bill" in first
    assert "ML-routed is 19.0% cheaper (± 2.5%), its p95 +0.00% (± 0.00%): reached" in first
    assert "ML-routed 48%" in share


def test_tables_have_a_cell_for_each_configuration() -> None:
    made = {line[0]: line[1:] for line in tables.lines(SEEDS)}
    assert tables.configurations(SEEDS) == ["lambda", "ecs", "model", "oracle"]
    assert all(len(cells) == 4 for cells in made.values())
    assert made["p99 (ms)"][0] == "-", "an answer that never came has no time"
    assert made["total cost (USD a million)"][2] == "8100.000 ± 248.414"
    assert made["saves against Lambda only"][0] == "-"


def test_plots_are_the_same_again(tmp_path: Path) -> None:
    found = {"steady": SEEDS, "all": SEEDS}
    first, again = (plots.draw(found, (0.5, 0.9, 0.99), tmp_path / name, "x") for name in ("a", "b"))
    assert [path.name for path in first] == ["x-cost.svg", "x-latency.svg", "x-savings.svg"]
    assert all(a.read_bytes() == b.read_bytes() for a, b in zip(first, again, strict=True))


def tried(**points: tuple[float, float]) -> dict[str, dict[str, Any]]:
    """A seed's figures of these (bill, p95)."""
    whole = row(**{name: bill for name, (bill, _) in points.items()})
    return {name: {**whole[name], "p95_ms": p95} for name, (_, p95) in points.items()}


BESIDE = {"lambda": (10.0, 100.0), "ecs": (4.0, 900.0), "oracle": (6.0, 100.0)}


def test_the_cheapest_threshold_that_is_as_quick_under_every_load_is_picked() -> None:
    steady = tried(**BESIDE, **{"0.5": (9.0, 100.1), "0.8": (8.0, 100.4), "0.9": (7.0, 100.4)})
    burst = tried(**BESIDE, **{"0.5": (9.0, 100.1), "0.8": (8.0, 100.9), "0.9": (7.0, 101.1)})
    assert frontier.pick({"steady": [steady], "burst": [steady]}) == "0.9"
    assert frontier.pick({"steady": [steady], "burst": [burst]}) == "0.8"
    slow = {name: {**each, "p95_ms": 200.0 - 100 * (name == "lambda")} for name, each in burst.items()}
    assert frontier.pick({"burst": [slow]}) is None


def test_the_frontier_tells_what_is_declared_and_what_was_picked(tmp_path: Path) -> None:
    spec = next(each for each in MODELS if each.router)
    given = tried(**BESIDE, **{"0.5": (9.0, 100.1), "0.85": (7.0, 100.4), "0.9": (6.5, 140.0)})
    made = frontier.section({"steady": [given, given], "burst": [given, given]}, spec, tmp_path)
    assert f"**{TWINS.lambda_from:g}**" in made.before
    assert "**0.85**" in made.before
    assert [line[0] for line in made.rows][2:] == ["oracle (bound)", "from 0.5", "from 0.85", "from 0.9"]
    assert made.rows[-1][1:5] == ("140.0", "+40.00% ± 0.00%", "6500.000", "35.0% ± 0.0%")
    assert (tmp_path / "placement-simulated-frontier.svg").is_file()


def test_the_page_keeps_what_other_modes_found(tmp_path: Path) -> None:
    path = tmp_path / "page.md"
    page.write([tables.section("Account, as measured: steady", SEEDS)], (page.ACCOUNT,), path)
    page.write([tables.section("Simulated", SEEDS)], (page.SIMULATED,), path)
    page.write([tables.section("Simulated", SEEDS[:1])], (page.SIMULATED,), path)
    text = path.read_text()
    assert text.count("## Simulated") == text.count("## Account, as measured: steady") == 1
    assert text.index("## Simulated") < text.index("## Account")


def trial(platform: str, cost: float, ms: float, statuses: tuple[int, ...] = (200, 200)) -> Trial:
    rows = [
        {
            "status": status, "platform": platform, "cost_usd": cost, "latency_ms": ms, "client_ms": ms + 5,
            "inference_usd": 1e-7, "inference_ms": 0.2, "late_s": 0.0, "workload_type": "lightweight_api",
            "payload_size_kb": 1.0, "load_pattern": "low_load", "timestamp": "2026-03-02T12:00:00+00:00",
        }
        for status in statuses
    ]  # fmt: skip
    return Trial(rows, task_s=60.0, most_tasks=2, seconds=30.0)


def test_measured_bills_add_up_and_accuracy_compares_the_same_request() -> None:
    fast, slow = trial("lambda", 2e-6, 10.0, (200, 503)), trial("ecs", 1e-6, 500.0)
    routed = trial("ecs", 1e-6, 400.0)
    trials = {"steady": {"lambda": fast, "ecs": slow, "auto": routed}}
    found = deployed.figures(trials, TWINS)["steady"]
    fleet = 60 * TWINS.service.task_usd_s(TWINS.prices)
    assert found["lambda"]["total_usd"] == pytest.approx(2e-6)
    assert found["ecs"]["total_usd"] == pytest.approx(fleet)
    assert found["model"]["total_usd"] == pytest.approx(fleet + 2e-7)
    assert found["lambda"]["error_rate"] == 0.5
    assert found["lambda"]["p95_ms"] is None
    assert found["model"]["accuracy"] == 0.5, "the first was better on lambda, the second failed there"


def test_a_request_is_the_same_work_in_every_configuration() -> None:
    function, service = (
        TWINS.function.cost_usd(90.0, TWINS.prices),
        TWINS.service.cost_usd(30.0, TWINS.prices),
    )
    trials = {
        "lambda": trial("lambda", function, 1.0),
        "ecs": trial("ecs", service, 1.0, (200, 503)),
        "auto": trial("lambda", function, 1.0),
    }
    found = deployed.measured({"steady": trials}, {"steady": 5.0}, TWINS)["steady"]
    assert found["weight"] == 5.0
    assert [row["work_ms"] for row in found["lambda"]] == pytest.approx([30.0, 90.0])
    assert [row["work_ms"] for row in found["auto"]] == pytest.approx([30.0, 90.0])
    assert found["ecs"][1]["work_ms"] is None


@pytest.mark.parametrize("platform", ["lambda", "ecs"])
def test_work_is_read_back_from_its_bill(platform: str) -> None:
    twin = TWINS.function if platform == "lambda" else TWINS.service
    (sent, _) = trial(platform, twin.cost_usd(37.0, TWINS.prices), 1.0).rows
    assert deployed.work_ms(sent, TWINS) == pytest.approx(37.0)
    assert deployed.work_ms({**sent, "status": 503}, TWINS) is None


def test_a_fleet_is_paid_for_the_tasks_that_ran_between_looks() -> None:
    tasks = iter((2, 4, 4))
    watch = Watch(lambda: next(tasks))
    for now in (0.0, 10.0, 15.0):
        watch.look(now)
    assert watch.task_s == 2 * 10 + 4 * 5
    assert watch.most == 4


def test_a_model_of_another_contract_is_not_compared(tmp_path: Path) -> None:
    spec = next(each for each in MODELS if each.router)
    (tmp_path / "model.onnx").write_bytes(b"")
    (tmp_path / "model.json").write_text(json.dumps({"contract_hash": "other", "learner": "xgboost"}))
    with pytest.raises(ValueError, match="train it again"):
        candidate.find(spec, tmp_path, tmp_path, tmp_path, print)
    with pytest.raises(ValueError, match="neither"):
        candidate.find(spec, tmp_path / "none", tmp_path, tmp_path, print)


def test_a_packed_model_is_unpacked_where_it_is_told(tmp_path: Path) -> None:
    spec = next(each for each in MODELS if each.router)
    facts = {"contract_hash": spec.contract.hash, "learner": "xgboost", "learner_title": "XGBoost"}
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.json").write_text(json.dumps(facts))
    (folder / "model.onnx").write_bytes(b"onnx")
    with tarfile.open(tmp_path / "model.tar.gz", "w:gz") as archive:
        for path in folder.iterdir():
            archive.add(path, path.name)
    found = candidate.find(spec, tmp_path / "model.tar.gz", tmp_path, tmp_path / "work", print)
    assert found.told == "XGBoost, from model.tar.gz"
    assert found.onnx.read_bytes() == b"onnx"

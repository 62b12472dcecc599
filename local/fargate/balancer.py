"""Load balancers: a port of this machine for each, in front of the healthy tasks of its target group."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

import aiohttp
from aiohttp import web
from yarl import URL

from local.fargate.targets import DRAINING, HEALTHY, INITIAL, Group, Target
from local.sagemaker.telemetry import Telemetry

BODY_LIMIT = 64 * 2**20
_FIRST_CHECKS_S = 0.1
_NAMESPACE = "AWS/ApplicationELB"
_SERVER = "awselb/2.0"
_HOP_BY_HOP = frozenset(
    ("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade")
)


@dataclass(frozen=True)
class Front:
    """One load balancer: its full name, its port on 127.0.0.1 and the longest wait for a target."""

    name: str
    port: int
    idle_s: float = 60


class Balancer:
    """Every front on one event loop in a thread of its own. `routes`: load balancer to target group."""

    def __init__(self, telemetry: Telemetry) -> None:
        self.groups: dict[str, Group] = {}
        self.routes: dict[str, str] = {}
        self._telemetry = telemetry
        self._runners: dict[str, web.AppRunner] = {}
        self._fronts: dict[str, Front] = {}
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def open(self, arn: str, front: Front) -> None:
        """Listen; OSError where somebody else holds the port."""
        self._runners[arn] = self._wait(self._listen(arn, front))
        self._fronts[arn] = front

    def reopen(self, arn: str, front: Front) -> None:
        """The same load balancer under other settings."""
        self.close(arn)
        self.open(arn, front)

    def put(self, arn: str, group: Group) -> None:
        """A new target group, or other settings of one that keeps its targets."""
        held = self.groups.setdefault(arn, group)
        if held is not group:
            held.check, held.delay_s, held.least_busy = group.check, group.delay_s, group.least_busy

    def close(self, arn: str) -> None:
        self._fronts.pop(arn, None)
        runner = self._runners.pop(arn, None)
        if runner:
            self._wait(runner.cleanup())

    def close_all(self) -> None:
        for arn in list(self._runners):
            self.close(arn)

    def register(self, group: Group, port: int) -> Target:
        """A new target of the group, checked until it is taken out."""
        target = Target(port)
        group.targets.append(target)
        asyncio.run_coroutine_threadsafe(self._probe(group, target), self._running())
        return target

    def drain(self, group: Group, target: Target) -> None:
        """No new request for the target; waits for those it holds, no longer than the group says."""
        target.state = DRAINING
        deadline = time.monotonic() + group.delay_s
        while target.in_flight and time.monotonic() < deadline:
            time.sleep(0.02)
        self.remove(group, target)

    def remove(self, group: Group, target: Target) -> None:
        target.state = DRAINING
        with contextlib.suppress(ValueError):
            group.targets.remove(target)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=self._loop.run_forever, name="balancer", daemon=True).start()
                asyncio.run_coroutine_threadsafe(self._connect(), self._loop).result()
            return self._loop

    def _wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._running()).result()

    async def _connect(self) -> None:
        # A connection a request: a kept one may close just when the next request is written to it.
        connector = aiohttp.TCPConnector(limit=0, force_close=True)
        self._session = aiohttp.ClientSession(connector=connector, auto_decompress=False)

    async def _listen(self, arn: str, front: Front) -> web.AppRunner:
        async def answer(request: web.Request) -> web.Response:
            return await self._answer(arn, front, request)

        app = web.Application(client_max_size=BODY_LIMIT)
        app.router.add_route("*", "/{path:.*}", answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", front.port).start()
        return runner

    async def _answer(self, arn: str, front: Front, request: web.Request) -> web.Response:
        group = self.groups.get(self.routes.get(arn, ""))
        body = await request.read()
        target = group.next() if group else None
        started = time.monotonic()
        if group is None or target is None:
            answer = _own(503, "Service Temporarily Unavailable")
        else:
            answer = await self._forward(front, target, request, body)
        self._measure(front, group, answer, time.monotonic() - started)
        return answer

    async def _forward(self, front: Front, target: Target, request: web.Request, body: bytes) -> web.Response:
        url = URL(f"http://127.0.0.1:{target.port}{request.raw_path}", encoded=True)
        headers = {name: text for name, text in request.headers.items() if name.lower() not in _HOP_BY_HOP}
        headers |= {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http", "X-Forwarded-Port": "80"}
        limit = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=front.idle_s)
        target.in_flight += 1
        try:
            async with self._session.request(
                request.method, url, headers=headers, data=body, timeout=limit, allow_redirects=False
            ) as given:
                return web.Response(status=given.status, headers=_kept(given), body=await given.read())
        except TimeoutError:
            return _own(504, "Gateway Time-out")
        except aiohttp.ClientError:
            return _own(502, "Bad Gateway")
        finally:
            target.in_flight -= 1

    def _measure(self, front: Front, group: Group | None, answer: web.Response, seconds: float) -> None:
        balancer = ("LoadBalancer", front.name)
        whole = (balancer, ("TargetGroup", group.name)) if group else (balancer,)
        own = answer.headers.get("Server") == _SERVER
        code = f"HTTPCode_{'ELB' if own else 'Target'}_{answer.status // 100}XX_Count"
        note = self._telemetry.metric
        note(_NAMESPACE, code, (balancer,) if own else whole, 1, "Count")
        if not own:
            note(_NAMESPACE, "RequestCount", whole, 1, "Count")
            note(_NAMESPACE, "TargetResponseTime", whole, seconds, "Seconds")

    def count_hosts(self) -> None:
        """The metrics of each target group's health, of now."""
        for arn, chosen in list(self.routes.items()):
            group, front = self.groups.get(chosen), self._fronts.get(arn)
            if group and front:
                named = (("LoadBalancer", front.name), ("TargetGroup", group.name))
                healthy = sum(target.state == HEALTHY for target in list(group.targets))
                counts = {"HealthyHostCount": healthy, "UnHealthyHostCount": len(group.targets) - healthy}
                for name, count in counts.items():
                    self._telemetry.metric(_NAMESPACE, name, named, count, "Count")

    async def _probe(self, group: Group, target: Target) -> None:
        """The group's health check; the first ones come fast, since nothing serves before one passed."""
        while target.state != DRAINING:
            target.seen(await self._healthy(group, target), group.check)
            await asyncio.sleep(_FIRST_CHECKS_S if target.state == INITIAL else group.check.interval_s)

    async def _healthy(self, group: Group, target: Target) -> bool:
        url = f"http://127.0.0.1:{target.port}{group.check.path}"
        limit = aiohttp.ClientTimeout(total=group.check.timeout_s)
        try:
            async with self._session.get(url, timeout=limit, allow_redirects=False) as given:
                return group.check.passes(given.status)
        except (TimeoutError, aiohttp.ClientError):
            return False


def _kept(given: aiohttp.ClientResponse) -> list[tuple[str, str]]:
    dropped = _HOP_BY_HOP | {"content-length"}
    return [(name, text) for name, text in given.headers.items() if name.lower() not in dropped]


def _own(status: int, reason: str) -> web.Response:
    """An answer of the load balancer itself."""
    page = f"<html><head><title>{status} {reason}</title></head></html>"
    return web.Response(status=status, text=page, content_type="text/html", headers={"Server": _SERVER})

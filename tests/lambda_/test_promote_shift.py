"""Promotion of a model that a function serves: a share first, then all, back at an alarm."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from promote.champion import Champion
from promote.packages import PackageRefused, Packages
from promote.serving_function import CheckFailed, ServingFunction
from promote.shift import ABANDONED_S, Shift
from promote.stack import StackBusy
from tests.lambda_.fakes import TIME, Fake, Registry, Ssm, refusal

CHAMPION, CANDIDATE = "/ops-ml/local/m/champion", "/ops-ml/local/m/candidate"


class Functions(Fake):
    service = "lambda"

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[str, Any] = {"ok": True, "rows": 16, "largest_difference": 1e-7}
        self.failed = False

    def Invoke(self, FunctionName: str, Payload: bytes) -> Any:  # noqa: N802, N803 - AWS's names
        assert FunctionName == "local-m"
        assert set(json.loads(Payload)) == {"check"}
        error = {"FunctionError": "Unhandled"} if self.failed else {}
        return {"Payload": io.BytesIO(json.dumps(self.told).encode()), **error}


class Alarms(Fake):
    service = "cloudwatch"

    def __init__(self) -> None:
        super().__init__()
        self.firing: list[str] = []

    def DescribeAlarms(self, AlarmNames: list[str], StateValue: str) -> Any:  # noqa: N802, N803
        assert StateValue == "ALARM"
        return {"MetricAlarms": [{"AlarmName": name} for name in self.firing if name in AlarmNames]}


class Clocked(Ssm):
    """Parameters that know when each was written."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(**{CHAMPION: "none", CANDIDATE: "none"})
        self.clock, self.times = clock, dict.fromkeys((CHAMPION, CANDIDATE), TIME)

    def GetParameter(self, Name: str) -> Any:  # noqa: N802, N803 - AWS's names
        found = super().GetParameter(Name)
        found["Parameter"]["LastModifiedDate"] = self.times[Name.partition(":")[0]]
        return found

    def PutParameter(self, Name: str, Value: str, Overwrite: bool) -> Any:  # noqa: N802, N803
        self.times[Name] = datetime.fromtimestamp(self.clock.seconds, UTC)
        return super().PutParameter(Name, Value, Overwrite)


@dataclass
class Clock:
    seconds: float = field(default_factory=lambda: (TIME + timedelta(days=1)).timestamp())

    def __call__(self) -> float:
        return self.seconds


@dataclass
class World:
    clock: Clock
    ssm: Clocked
    registry: Registry
    functions: Functions
    alarms: Alarms
    shift: Shift

    @property
    def parameters(self) -> tuple[str, str]:
        return self.ssm.value(CHAMPION), self.ssm.value(CANDIDATE)

    def wait(self, seconds: float) -> None:
        self.clock.seconds += seconds


@pytest.fixture
def world() -> World:
    clock = Clock()
    ssm, registry, functions, alarms = Clocked(clock), Registry("local-m"), Functions(), Alarms()
    shift = Shift(
        Champion(ssm, CHAMPION),
        Champion(ssm, CANDIDATE),
        ServingFunction(functions, alarms, "local-m", ["faults", "degraded"]),
        Packages(registry, "local-m"),
        percent=10,
        wait_s=600,
        bake_s=300,
        now=clock,
    )
    return World(clock, ssm, registry, functions, alarms, shift)


def promoted(world: World, version: int) -> str:
    package = world.registry.add(version)
    world.shift.start(package)
    world.wait(600)
    world.shift.check(package)
    world.wait(300)
    assert world.shift.check(package)["state"] == "done"
    return package


def test_a_share_then_all_then_done(world: World) -> None:
    package = world.registry.add(1)
    assert world.shift.start(package) == {"previous": "none", "stack": "local-m", "state": "running"}
    assert world.parameters == ("none", f"{package} 10")
    world.wait(599)
    assert world.shift.check(package) == {"state": "running", "reason": "10% of the traffic"}
    world.wait(1)
    assert world.shift.check(package)["state"] == "running"
    assert world.parameters[0] == package
    world.wait(299)
    assert world.shift.check(package)["state"] == "running"
    world.wait(1)
    assert world.shift.check(package)["state"] == "done"
    assert world.parameters == (package, "none")
    assert world.shift.start(package)["state"] == "current"


@pytest.mark.parametrize("when", [300, 700])
def test_an_alarm_takes_it_back_and_rejects_it(world: World, when: float) -> None:
    first = promoted(world, 1)
    second = world.registry.add(2)
    previous = world.shift.start(second)["previous"]
    world.wait(when)
    world.shift.check(second)
    world.alarms.firing = ["faults", "elsewhere"]
    assert world.shift.check(second) == {"state": "rolled_back", "reason": "alarm faults rings"}
    assert world.shift.restore(second, previous)["state"] == "restored"
    assert world.parameters == (first, "none")
    assert world.registry.packages[second]["ModelApprovalStatus"] == "Rejected"
    assert world.registry.packages[first]["ModelApprovalStatus"] == "Approved"


def test_a_package_that_answers_otherwise_is_rejected_and_nothing_is_written(world: World) -> None:
    world.functions.told = {"ok": False, "reason": "golden row 3 differs by 0.2"}
    package = world.registry.add(1)
    with pytest.raises(PackageRefused, match="row 3"):
        world.shift.start(package)
    assert world.parameters == ("none", "none")
    assert world.registry.packages[package]["ModelApprovalStatus"] == "Rejected"


def test_a_function_that_cannot_try_blames_nobody(world: World) -> None:
    world.functions.failed, world.functions.told = True, {"errorMessage": "out of memory"}
    package = world.registry.add(1)
    with pytest.raises(CheckFailed, match="out of memory"):
        world.shift.start(package)
    assert world.registry.packages[package]["ModelApprovalStatus"] == "Approved"
    assert world.parameters == ("none", "none")


def test_a_second_promotion_waits_for_the_first(world: World) -> None:
    first, second = world.registry.add(1), world.registry.add(2)
    world.shift.start(first)
    with pytest.raises(StackBusy, match="is being given"):
        world.shift.start(second)
    assert world.shift.start(first)["state"] == "running"


def test_a_promotion_that_was_stopped_half_way_is_forgotten_in_time(world: World) -> None:
    first, second = world.registry.add(1), world.registry.add(2)
    world.shift.start(first)
    world.wait(ABANDONED_S - 1)
    with pytest.raises(StackBusy):
        world.shift.start(second)
    world.wait(1)
    assert world.shift.start(second)["state"] == "running"
    assert world.parameters == ("none", f"{second} 10")


def test_patience_that_ends_without_an_alarm_leaves_the_package_approved(world: World) -> None:
    package = world.registry.add(1)
    world.shift.start(package)
    told = world.shift.restore(package, "none")
    assert told["state"] == "restored"
    assert world.parameters == ("none", "none")
    assert world.registry.packages[package]["ModelApprovalStatus"] == "Approved"


def test_nothing_is_shifted_while_an_alarm_rings_already(world: World) -> None:
    package = world.registry.add(1)
    world.alarms.firing = ["faults"]
    with pytest.raises(StackBusy, match="rings before"):
        world.shift.start(package)
    assert world.parameters == ("none", "none")
    assert world.registry.packages[package]["ModelApprovalStatus"] == "Approved"
    world.alarms.firing = []
    assert world.shift.start(package)["state"] == "running"
    world.alarms.firing = ["faults"]
    assert world.shift.start(package)["state"] == "running"


def test_of_two_that_shift_at_once_the_first_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = world.registry.add(1), world.registry.add(2)
    fault = ServingFunction.fault

    def meanwhile(function: ServingFunction, package: str) -> str | None:
        monkeypatch.setattr(ServingFunction, "fault", fault)
        world.shift.start(first)
        return fault(function, package)

    monkeypatch.setattr(ServingFunction, "fault", meanwhile)
    with pytest.raises(StackBusy, match="another promotion writes"):
        world.shift.start(second)
    assert world.parameters == ("none", f"{first} 10")


def test_a_function_that_cannot_be_asked_blames_nobody(world: World) -> None:
    def fail(**_: Any) -> Any:
        raise refusal("Invoke", "TooManyRequestsException")

    vars(world.functions)["invoke"] = fail
    package = world.registry.add(1)
    with pytest.raises(CheckFailed, match="TooManyRequests"):
        world.shift.start(package)
    assert world.registry.packages[package]["ModelApprovalStatus"] == "Approved"


def test_an_older_package_needs_a_new_approval(world: World) -> None:
    older = world.registry.add(1)
    newer = promoted(world, 2)
    assert world.shift.start(older)["state"] == "superseded"
    assert world.parameters == (newer, "none")
    world.registry.packages[older]["LastModifiedTime"] = datetime.fromtimestamp(world.clock.seconds + 1, UTC)
    assert world.shift.start(older)["state"] == "running"


def test_a_champion_that_fails_is_left_at_once(world: World) -> None:
    older = promoted(world, 1)
    newer = promoted(world, 2)
    world.alarms.firing = ["faults"]
    world.registry.packages[older]["LastModifiedTime"] = datetime.fromtimestamp(world.clock.seconds + 1, UTC)
    told = world.shift.start(older)
    assert (told["previous"], told["state"]) == (newer, "current")
    assert told["reason"] == "went back at once, as alarm faults rings"
    assert world.parameters == (older, "none")
    world.registry.packages[newer]["LastModifiedTime"] = datetime.fromtimestamp(world.clock.seconds + 9, UTC)
    with pytest.raises(StackBusy, match="rings before"):
        world.shift.start(newer)

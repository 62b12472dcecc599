"""`python -m training registry`: what it tells, what it changes, and that it ends well only where something
serves."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from catalog.models import MODELS
from commands import registry_changing, registry_promotion, registry_reading
from commands.main import app
from commands.registry_champions import Earlier, earlier
from tests.models import ENDPOINTS, FUNCTIONS, LEARNED
from tests.training.registered import NOTHING, STUCK, SUPERSEDED, TAKEN_BACK, World, refusal

ENDPOINT, FUNCTION = ENDPOINTS[0], next(spec for spec in FUNCTIONS if spec.training)
OF_BOTH = pytest.mark.parametrize("world", [ENDPOINT, FUNCTION], ids=["endpoint", "function"], indirect=True)
Run = Callable[..., Result]


@pytest.fixture
def world(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> World:
    made = World(getattr(request, "param", ENDPOINT))
    for module in (registry_changing, registry_reading):
        monkeypatch.setattr(module, "Cloud", lambda: made)
    for name, seconds in {"POLL_S": 0.001, "STARTS_S": 0.05, "SERVES_S": 0.05}.items():
        monkeypatch.setattr(registry_promotion, name, seconds)
    return made


@pytest.fixture
def run(world: World) -> Run:
    def call(command: str, *arguments: str, **options: Any) -> Result:
        return CliRunner(env={"COLUMNS": "200"}).invoke(app, ["registry", command, *arguments], **options)

    return call


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (["none", "a"], []),
        (["none", "a", "b"], [Earlier("a")]),
        (["none", "a", "none", "b"], [Earlier("a", "it was taken back")]),
        (["none", "a", "b", "a", "c"], [Earlier("a"), Earlier("b", "it was taken back")]),
        (["none", "a", "b", "c", "b"], [Earlier("c", "it was taken back"), Earlier("a")]),
        (["none", "a", "b", "a", "b", "c"], [Earlier("b", ""), Earlier("a", "it was taken back")]),
    ],
)
def test_what_served_before(values: list[str], found: list[Earlier]) -> None:
    assert list(earlier(values)) == found


class TestTelling:
    def test_the_champion_is_listed_though_it_is_older_than_all_that_are_asked_for(
        self, world: World, run: Run
    ) -> None:
        world.serve(world.add(1))
        world.add(2, "Rejected")
        world.add(3, "PendingManualApproval")
        told = json.loads(run("list", world.spec.name, "--limit", "1", "--json").output)
        assert [(each["version"], each["status"], each["champion"]) for each in told] == [
            (3, "PendingManualApproval", False),
            (1, "Approved", True),
        ]
        metric = world.spec.trained.promotion.metric
        assert (told[0]["metric"], told[0]["value"]) == (metric, 0.3)
        table = run("list", world.spec.name).output
        assert "● dev" in table
        assert "PendingManual" in table

    def test_what_each_environment_serves(self, world: World, run: Run) -> None:
        world.serve(world.add(4))
        world.values[f"/ops-ml/prod/{world.spec.name}/champion"] = ["none"]
        told = json.loads(run("list", world.spec.name, "--env", "all", "--json").output)
        assert [(each["environment"], each["serves"] and each["serves"]["version"]) for each in told] == [
            ("dev", 4),
            ("prod", None),
        ]
        assert "none yet" in run("list", "--env", "all").output
        world.serve(world.arn(9))
        assert f"{world.arn(9)}, which is gone" in run("list", "--env", "all").output

    def test_a_version_beside_baselines_champion_and_gates(self, world: World, run: Run) -> None:
        world.serve(world.add(1))
        gate = next(p for p in world.spec.trained.promotion.profiles if p.name == "synthetic").gates[0]
        baselines, hyperparameters = {"trivial": {gate.metric: 0.5}}, {"eta": 0.1}
        metrics = {gate.metric: gate.threshold}
        world.judged(1, metrics=metrics, baselines=baselines, hyperparameters=hyperparameters)
        lineage = {"lineage": {"files": 9, "sources": [f"part-{n}" for n in range(9)]}}
        world.objects["data/m/r1/metadata/metadata.json"] = json.dumps(lineage).encode()
        told = json.loads(run("show", world.spec.name, "champion", "--json").output)
        assert (told["metrics"], told["baselines"]) == (metrics, baselines)
        assert told["gates"][0]["holds"] is (gate.op in (">=", "<="))
        assert (len(told["lineage"]["sources"]), told["lineage"]["source_files"]) == (5, 9)
        assert told["contract"]["matches"] is True
        table = run("show", world.spec.name, "1").output
        for word in ("trivial", gate.metric, "eta", "part-0", "the code has the same"):
            assert word in table

    def test_a_version_whose_files_are_gone_is_told_by_what_the_registry_keeps(
        self, world: World, run: Run
    ) -> None:
        world.add(1, contract_hash="0000")
        told = json.loads(run("show", world.spec.name, "latest", "--json").output)
        assert told["metrics"] == {world.spec.trained.promotion.metric: 0.1}
        assert told["contract"]["matches"] is False
        assert world.spec.contract.hash in run("show", world.spec.name, "1").output

    def test_what_changed(self, world: World, run: Run) -> None:
        world.add(1, data_hash="aa")
        world.add(2, data_hash="bb", contract_hash="0000")
        world.judged(1, metrics={"f1": 0.5}, hyperparameters={"eta": 0.1, "depth": 3})
        world.judged(2, metrics={"f1": 0.7}, hyperparameters={"eta": 0.2, "depth": 3})
        world.pack(1, {"record": {"features": [{"name": "a", "low": 0}, {"name": "b"}]}})
        world.pack(2, {"record": {"features": [{"name": "a", "low": 1}, {"name": "c"}]}})
        told = json.loads(run("diff", world.spec.name, "1", "2", "--json").output)
        assert told["metrics"] == {"f1": {"a": 0.5, "b": 0.7}}
        assert told["hyperparameters"] == {"eta": [0.1, 0.2]}
        assert set(told["data"]) == {"data_hash", "contract_hash"}
        assert told["contract"] == {
            "record.features.a.low": [0, 1],
            "record.features.b": [{"name": "b"}, None],
            "record.features.c": [None, {"name": "c"}],
        }
        table = run("diff", world.spec.name, "1", "2").output
        assert "+0.2" in table
        assert "record.features.a.low" in table


class TestJudging:
    def test_an_approval_carries_its_reason(self, world: World, run: Run) -> None:
        arn = world.add(1, "PendingManualApproval")
        assert run("approve", world.spec.name, "1", "--reason", "seen by two", "--yes").exit_code == 0
        assert world.updates == [
            {
                "ModelPackageArn": arn,
                "ModelApprovalStatus": "Approved",
                "ApprovalDescription": "Approved: seen by two",
            }
        ]

    def test_what_is_approved_already_is_not_approved_again(self, world: World, run: Run) -> None:
        world.add(1)
        result = run("approve", world.spec.name, "1", "--yes")
        assert (result.exit_code, world.updates) == (2, [])
        assert "promote" in result.output

    def test_nothing_changes_without_a_yes(self, world: World, run: Run) -> None:
        world.serve(world.add(1), world.add(2))
        for words in (["promote", "1"], ["reject", "1", "--reason", "x"]):
            assert run(words[0], world.spec.name, *words[1:], input="n\n").exit_code == 1
        assert run("rollback", world.spec.name, input="n\n").exit_code == 1
        assert world.updates == []

    def test_a_champion_that_is_rejected_goes_on_serving_and_it_says_so(self, world: World, run: Run) -> None:
        world.serve(world.add(1))
        result = run("reject", world.spec.name, "1", "--reason", "biased", "--yes")
        assert (result.exit_code, world.status(1)) == (0, "Rejected")
        assert "until `rollback`" in result.output


@OF_BOTH
class TestPromotion:
    def test_a_pending_version_comes_to_serve(self, world: World, run: Run) -> None:
        arn = world.add(1, "PendingManualApproval")
        result = run("promote", world.spec.name, "1", "--yes")
        assert (result.exit_code, world.champion(), len(world.updates)) == (0, arn, 1)
        assert "is served by version 1" in result.output

    def test_an_approved_one_is_approved_anew_as_only_a_change_is_an_event(
        self, world: World, run: Run
    ) -> None:
        world.add(1)
        assert run("promote", world.spec.name, "latest", "--yes").exit_code == 0
        assert [each["ModelApprovalStatus"] for each in world.updates] == ["Rejected", "Approved"]

    def test_one_that_is_on_its_way_is_followed(self, world: World, run: Run) -> None:
        arn = world.add(1)
        world.start(arn)
        assert run("promote", world.spec.name, "1", "--yes").exit_code == 0
        assert (world.updates, world.champion()) == ([], arn)

    def test_one_that_is_taken_back_fails_and_says_why(self, world: World, run: Run) -> None:
        first = world.add(1)
        world.serve(first)
        world.add(2, "PendingManualApproval")
        world.outcome = TAKEN_BACK
        result = run("promote", world.spec.name, "2", "--yes")
        assert (result.exit_code, world.champion()) == (1, first)
        assert "alarm rang" in result.output

    def test_one_that_is_superseded_fails_and_names_what_serves(self, world: World, run: Run) -> None:
        world.serve(world.add(7))
        world.add(8, "PendingManualApproval")
        world.outcome = SUPERSEDED
        result = run("promote", world.spec.name, "8", "--yes")
        assert result.exit_code == 1
        assert "version 7" in result.output

    def test_an_approval_that_starts_nothing_fails(self, world: World, run: Run) -> None:
        world.add(1, "PendingManualApproval")
        world.outcome = NOTHING
        result = run("promote", world.spec.name, "1", "--yes")
        assert result.exit_code == 1
        assert "no promotion started" in result.output

    def test_a_version_of_another_contract_is_refused(self, world: World, run: Run) -> None:
        world.add(1, "PendingManualApproval", contract_hash="0000")
        result = run("promote", world.spec.name, "1", "--yes")
        assert (result.exit_code, world.updates) == (2, [])
        assert "contract 0000" in result.output


def test_an_endpoint_that_still_runs_another_package_is_not_served(world: World, run: Run) -> None:
    world.serve(world.add(1))
    world.add(2, "PendingManualApproval")
    world.outcome = STUCK
    result = run("promote", world.spec.name, "2", "--yes")
    assert result.exit_code == 1
    assert f"runs {world.arn(1)}" in " ".join(result.output.split())


@OF_BOTH
class TestRollback:
    def test_the_champion_before_serves_again_and_the_one_that_served_is_rejected(
        self, world: World, run: Run
    ) -> None:
        first, second = world.add(1), world.add(2)
        world.serve(first, second)
        result = run("rollback", world.spec.name, "--reason", "too slow", "--yes")
        assert (result.exit_code, world.champion()) == (0, first)
        assert (world.status(1), world.status(2)) == ("Approved", "Rejected")
        assert "too slow" in world.packages[second]["ApprovalDescription"]
        assert "from version 2: too slow" in world.packages[first]["ApprovalDescription"]

    def test_what_was_taken_back_rejected_lost_or_cannot_be_read_is_passed_over(
        self, world: World, run: Run
    ) -> None:
        good, rejected, foreign = world.add(1), world.add(2, "Rejected"), world.add(3, contract_hash="0000")
        gone, undone, now = world.arn(4), world.add(5), world.add(6)
        world.serve(good, rejected, foreign, gone, now, undone, now)
        result = run("rollback", world.spec.name, "--yes")
        assert (result.exit_code, world.champion()) == (0, good)
        told = [line for line in result.output.splitlines() if line.startswith("passed over")]
        assert [line.split(":")[0].split()[-1] for line in told] == ["5", "4", "3", "2"]

    def test_one_that_broke_off_between_its_two_approvals_goes_on_to_the_same_version(
        self, world: World, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world.serve(world.add(1), world.add(2), world.add(3))
        update = world.update_model_package

        def once(ModelPackageArn: str, **changes: Any) -> Any:  # noqa: N803 - AWS's names
            if changes["ModelApprovalStatus"] == "Approved":
                raise refusal("UpdateModelPackage", "ConflictException")
            return update(ModelPackageArn, **changes)

        with monkeypatch.context() as patch:
            patch.setattr(world, "update_model_package", once)
            assert run("rollback", world.spec.name, "--yes").exit_code == 2
        assert world.status(2) == "Rejected"
        assert run("rollback", world.spec.name, "--yes").exit_code == 0
        assert world.champion() == world.arn(2)

    @pytest.mark.parametrize("command", [["rollback"], ["promote", "1"]])
    def test_another_version_that_is_on_its_way_is_told(
        self, world: World, run: Run, command: list[str]
    ) -> None:
        world.serve(world.add(1), world.add(2))
        world.start(world.add(3))
        name, *version = command
        result = run(name, world.spec.name, *version, input="n\n")
        assert (result.exit_code, world.updates) == (1, [])
        assert "version 3 is being promoted too" in result.output

    def test_to_a_version_that_is_named(self, world: World, run: Run) -> None:
        world.serve(world.add(1), world.add(2), world.add(3))
        assert run("rollback", world.spec.name, "--to", "1", "--yes").exit_code == 0
        assert world.champion() == world.arn(1)

    def test_one_that_fails_rejects_nothing_that_serves(self, world: World, run: Run) -> None:
        world.serve(world.add(1), world.add(2))
        world.outcome = TAKEN_BACK
        assert run("rollback", world.spec.name, "--yes").exit_code == 1
        assert (world.champion(), world.status(2)) == (world.arn(2), "Approved")

    def test_where_nothing_served_before_it_says_so(self, world: World, run: Run) -> None:
        world.serve(world.add(1))
        result = run("rollback", world.spec.name, "--yes")
        assert (result.exit_code, world.updates) == (2, [])
        assert "--to VERSION" in result.output


class TestErrors:
    def test_each_names_what_was_given_and_what_there_is(self, world: World, run: Run) -> None:
        world.add(1)
        cases = [
            (["show", "weather", "1"], [repr("weather"), *(spec.name for spec in LEARNED)]),
            (["show", world.spec.name, "9"], ["'9'", "there are: 1", "latest"]),
            (["show", world.spec.name, "champion"], ["'champion'", "there are: 1"]),
            (["show", world.spec.name, "1", "--env", "moon"], ["'moon'", "found: dev"]),
            (["rollback", world.spec.name], ["nothing to roll back"]),
        ]
        declared = [spec.name for spec in MODELS if spec.training is None]
        cases += [(["list", name], ["declared", "no versions"]) for name in declared]
        for words, parts in cases:
            result = run(*words)
            assert result.exit_code == 2, words
            told = " ".join(result.output.split())
            assert told.startswith("error: "), told
            assert all(part in told for part in parts), told

    def test_credentials_and_access(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            monkeypatch.setenv(name, str(tmp_path / "none"))
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        monkeypatch.setenv("AWS_REGION", "us-east-1")
        result = CliRunner().invoke(app, ["registry", "list", ENDPOINT.name])
        assert result.exit_code == 2
        assert "AWS_PROFILE" in result.output

"""A model is one declaration: job, endpoint, route, alarms and dashboard follow."""

import dataclasses

import pytest

from catalog.models import MODELS
from catalog.models.iops_risk import IOPS_RISK
from stacks.environments import DEV
from tests.stacks.assembly import Assembly
from tests.stacks.conftest import Synthesize
from tests.stacks.test_api import paths

TOY = dataclasses.replace(
    IOPS_RISK,
    contract=dataclasses.replace(
        IOPS_RISK.contract,
        name="toy-model",
        title="Toy",
        record=dataclasses.replace(IOPS_RISK.contract.record, name="toy-record"),
    ),
    route="/api/predict/toy",
)


@pytest.fixture(scope="module")
def with_toy(synthesized: Synthesize) -> Assembly:
    return synthesized(DEV, (*MODELS, TOY))


def test_a_toy_model_gets_everything(with_toy: Assembly) -> None:
    assert "dev-toy-model-training" in with_toy.machines()
    endpoints = with_toy.resources("AWS::SageMaker::Endpoint", "ToyModel").values()
    assert [each["Properties"]["EndpointName"] for each in endpoints] == ["dev-toy-model"]
    assert ("POST", "/api/predict/toy") in paths(with_toy)
    alarms = with_toy.resources("AWS::CloudWatch::Alarm", "ToyModel")
    assert len(alarms) == len(with_toy.resources("AWS::CloudWatch::Alarm", "IopsRisk"))
    (dashboard,) = with_toy.resources("AWS::CloudWatch::Dashboard", "Api").values()
    assert "dev-toy-model" in str(dashboard["Properties"]["DashboardBody"])


def test_the_table_takes_the_records_of_the_first_model_only(with_toy: Assembly) -> None:
    """The insights function refuses to start with two record schemas."""
    assert contracts(with_toy, "InsightsFunction") == {"iops-risk", "iops-performance"}
    assert contracts(with_toy, "PredictFunction") == {"iops-risk", "iops-performance", "toy-model"}


def contracts(assembly: Assembly, function: str) -> set[str]:
    """The models whose contracts lie in a function's bundle."""
    functions = assembly.resources("AWS::Lambda::Function", "Api")
    (resource,) = (each for name, each in functions.items() if name.startswith(function))
    digest = resource["Properties"]["Code"]["S3Key"].removesuffix(".zip")
    bundle = assembly.folder / f"asset.{digest}"
    return {path.stem for path in (bundle / "contracts").glob("*.json")}


def test_the_other_models_are_left_alone(dev: Assembly, with_toy: Assembly) -> None:
    for name in ("IopsRisk", "IopsPerformance"):
        assert with_toy.stacks()[name] == dev.stacks()[name]


def test_a_name_too_long_for_job_names_is_refused(synthesized: Synthesize) -> None:
    contract = dataclasses.replace(IOPS_RISK.contract, name="a-model-with-a-name-beyond-all-limits")
    with pytest.raises(Exception, match="longer than 24"):
        synthesized(DEV, (dataclasses.replace(IOPS_RISK, contract=contract),))

"""What the run ends with: what was deployed, tuned, promoted and answered, for a person to read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from catalog.models import MODELS
from catalog.names import scoped
from catalog.spec import ModelSpec
from local.run.answered import Answered
from local.run.api import curl
from local.run.cloud import ENVIRONMENT, Cloud
from local.run.display import Steps

RIVAL_METRICS = ("accuracy", "macro_f1", "mlogloss")


def summary(
    console: Console,
    cloud: Cloud,
    steps: Steps,
    packages: Mapping[str, dict[str, Any] | None],
    answered: Sequence[Answered],
    mlflow: str,
) -> None:
    """Print the whole summary."""
    console.print()
    console.print(Panel(_deployed(cloud), title="Deployed", title_align="left"))
    console.print(Panel(_models(cloud, packages), title="Models", title_align="left"))
    console.print(Panel(_times(steps), title="Time", title_align="left"))
    console.print(f"[bold]Experiments[/], each trial of them: {mlflow}")
    if not answered:
        console.print("[bold red]No model passed its gates, so none is served.[/] The reasons stand above.")
        return
    for each in answered:
        console.print(Panel(each.shown(), title=f"Predicted by {each.spec.name}", title_align="left"))
    first = answered[0]
    console.print("[bold]Ask it yourself[/] (in the cloud: the same command, its URL, your keys)")
    console.print(curl(first.address, first.body), soft_wrap=True, markup=False)
    console.print("\n[dim]make status[/] shows what is served, [dim]make down[/] stops it.")


def status(console: Console, cloud: Cloud, mlflow: str | None) -> None:
    """Print what is deployed and which version of each model is served."""
    console.print(f"The local AWS runs at {cloud.place.endpoint} (process {cloud.place.pid}).")
    console.print(f"MLflow runs at {mlflow}." if mlflow else "MLflow is not running. `make run` starts it.")
    if not cloud.stacks():
        console.print("Nothing is deployed yet. `make run` deploys.")
        return
    console.print(Panel(_deployed(cloud), title="Deployed", title_align="left"))
    table = Table(box=None)
    for title in ("model", "served by", "version"):
        table.add_column(title)
    for spec in MODELS:
        served = _endpoint(cloud, spec) if spec.endpoint else "its function"
        version = (
            _version(cloud.champion(spec.name)) if spec.training else f"contract {spec.contract.hash[:8]}"
        )
        table.add_row(spec.name, served, version)
    console.print(Panel(table, title="Models", title_align="left"))


def _deployed(cloud: Cloud) -> Table:
    table = Table(box=None)
    table.add_column("stack")
    table.add_column("resources", justify="right")
    for name in sorted(cloud.stacks()):
        table.add_row(name, str(cloud.resource_count(name)))
    return table


def _models(cloud: Cloud, packages: Mapping[str, dict[str, Any] | None]) -> Group:
    return Group(*(_model(cloud, spec, packages[spec.name]) for spec in MODELS if spec.training))


def _model(cloud: Cloud, spec: ModelSpec, package: dict[str, Any] | None) -> Group:
    """The test split's metrics beside the baselines, the winning trial and the verdict."""
    title = Text(spec.name, style="bold")
    if package is None:
        return Group(title, Text("no candidate was registered"))
    judged = evaluation(cloud, package)
    columns = {"model": judged["metrics"], **judged["baselines"]}
    if judged.get("champion"):
        columns["champion before"] = judged["champion"]
    table = Table("test split", box=None)
    for name in columns:
        table.add_column(name, justify="right", style="bold" if name == "model" else "")
    for metric in judged["metrics"]:
        table.add_row(metric, *(_number(values.get(metric)) for values in columns.values()))
    verdict = f"{_version(package['ModelPackageArn'])}: {package.get('ModelPackageDescription', '')}"
    colour = "green" if package["ModelApprovalStatus"] == "Approved" else "yellow"
    tuned = Text(_tuned(cloud, package), style="dim")
    return Group(title, table, *_rivals(judged), tuned, Text(verdict, style=colour))


def _rivals(judged: Mapping[str, Any]) -> list[Table]:
    """The learners that were compared, on the split that chose one and on the test split."""
    told = judged.get("rivals")
    if not told:
        return []
    table = Table("learner", box=None)
    for split in ("validation", "test"):
        for name in RIVAL_METRICS:
            table.add_column(f"{split} {name}", justify="right")
    for name in ("gap", "ms a row", "kB"):
        table.add_column(name, justify="right")
    for learner, each in told.items():
        figures = [each[split].get(name) for split in ("validation", "test") for name in RIVAL_METRICS]
        figures += [each["gap"], each["inference_ms"], each["bytes"] / 1024]
        style = "bold" if each["chosen"] else ""
        table.add_row(f"{learner}{' (chosen)' * each['chosen']}", *map(_number, figures), style=style)
    return [table]


def _tuned(cloud: Cloud, package: dict[str, Any]) -> str:
    """The trial that won, and against how many."""
    sagemaker = cloud.client("sagemaker")
    job = package["CustomerMetadataProperties"]["training_job"]
    trial = sagemaker.describe_training_job(TrainingJobName=job)
    name = trial["TuningJobArn"].rsplit("/", 1)[-1]
    tuning = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    best = tuning["BestTrainingJob"]
    objective = best["FinalHyperParameterTuningJobObjectiveMetric"]
    tuned = ", ".join(
        f"{key} {float(value):.3g}" for key, value in sorted(best["TunedHyperParameters"].items())
    )
    done = tuning["TrainingJobStatusCounters"]["Completed"]
    learner = package["CustomerMetadataProperties"].get("learner", "")
    return (
        f"{learner}, best of {done} trials: {objective['MetricName']} {objective['Value']:.4f} with {tuned}"
    )


def evaluation(cloud: Cloud, package: dict[str, Any]) -> dict[str, Any]:
    uri = package["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    found: dict[str, Any] = json.loads(cloud.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    return found


def _times(steps: Steps) -> Table:
    table = Table(box=None, show_header=False)
    for step in steps.done:
        table.add_row(step.title, f"{step.elapsed:6.1f} s", Text(step.detail, style="dim"))
    table.add_row("[bold]all", f"[bold]{sum(step.elapsed for step in steps.done):6.1f} s", "")
    return table


def _endpoint(cloud: Cloud, spec: ModelSpec) -> str:
    client = cloud.client("sagemaker")
    name = scoped(ENVIRONMENT, spec.name)
    try:
        return f"{name} ({client.describe_endpoint(EndpointName=name)['EndpointStatus']})"
    except client.exceptions.ClientError:
        return "none"


def _version(arn: str | None) -> str:
    return "none yet" if arn is None else "version " + arn.rsplit("/", 1)[-1]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"

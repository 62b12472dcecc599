"""Tune a model in SageMaker from here: the same jobs as the deployed state machine starts.

The environment's training stack tells role, key, buckets, code and image; the data is what its state machine
prepared last, or --run. Each learner of the model has a tuning job of its own. Your credentials need
`cloudformation:DescribeStacks`, `s3:ListBucket` and `s3:GetObject` on the processed bucket,
`sagemaker:CreateHyperParameterTuningJob`, its Describe and List, `iam:PassRole` on the jobs' role, and
`kms:Decrypt` on the environment's key.

Examples:

* `python -m training remote iops-risk --env dev --dry-run` prints the requests and starts nothing

* `python -m training remote iops-risk --env dev --wait` follows the jobs until they end

* `AWS_ENDPOINT_URL=http://127.0.0.1:4566 python -m training remote iops-risk --env local --wait`

Exit codes: 0 started, or completed with --wait; 1 a followed job did not complete; 2 wrong input, no access,
nothing deployed or nothing prepared.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from commands import models
from commands.screen import note, step

if TYPE_CHECKING:
    from commands.remote_places import Deployed

app = typer.Typer(rich_markup_mode="markdown", add_completion=False)


@app.command(help=__doc__)
def remote(
    model: Annotated[str, typer.Argument(help="A trained model of the catalogue, say iops-risk.")],
    env: Annotated[str, typer.Option(help="The deployed environment, say dev.")],
    run: Annotated[
        str | None, typer.Option(help="The run whose splits are used; the newest if left out.")
    ] = None,
    learner: Annotated[str | None, typer.Option(help="Only this one of the model's learners.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the requests, start nothing.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Follow the jobs until they end.")] = False,
) -> None:
    spec = models.trained(model)
    searches = (models.search(spec, learner),) if learner else spec.trained.searches
    from commands.registry_cloud import Cloud, plainly
    from commands.remote_places import Deployed

    with plainly():
        with step(f"asking environment {env}"):
            deployed = Deployed.of(Cloud(), env, spec)
            chosen = deployed.run(run)
            names = [deployed.job_name(search, chosen) for search in searches]
        note(f"{spec.name}: data of run {chosen}")
        with step("loading the SageMaker SDK"):
            from commands.remote_request import request, wire

        requests = [
            request(spec, search, deployed.places, run=chosen, name=name)
            for search, name in zip(searches, names, strict=True)
        ]
        if dry_run:
            typer.echo(json.dumps([wire(each) for each in requests], indent=1))
            return
        for each in requests:
            start(deployed, each)
            note(f"started {each['hyper_parameter_tuning_job_name']}")
        if wait:
            _follow(deployed, names)


def start(deployed: Deployed, request: dict[str, Any]) -> None:
    """Starts one tuning job with the SDK."""
    from sagemaker.core.resources import HyperParameterTuningJob

    session = deployed.cloud.session
    HyperParameterTuningJob.create(**request, session=session, region=session.region_name)


def _follow(deployed: Deployed, names: list[str]) -> None:
    from commands import remote_progress

    jobs = remote_progress.follow(deployed.cloud.client("sagemaker"), names)
    if not remote_progress.tell(jobs):
        raise typer.Exit(1)

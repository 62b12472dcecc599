"""Collectors: scheduled, least privileged, and found in tables that say what their objects hold."""

from __future__ import annotations

import dataclasses
import itertools
import json
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from catalog import names
from catalog.dataset import Column, Dataset
from catalog.datasets import DATASETS, gaps
from stacks.bundling import function_files
from stacks.collecting import CollectionSettings
from stacks.constructs.dataset_collector import collector_settings
from stacks.environments import DEV, PROD, Environment
from tests.stacks.assembly import Assembly, plain
from tests.stacks.conftest import Synthesize
from tests.stacks.test_permissions import listed

OF_ALL = pytest.mark.parametrize("dataset", DATASETS, ids=lambda dataset: dataset.name)
SIZE_LIMIT = 262_144_000
STACK = "Collection"
REGIONS, LEFT_OUT = ("us-east-1", "eu-west-1"), DATASETS[-1]


@pytest.fixture(scope="module")
def abroad(synthesized: Synthesize) -> Assembly:
    """Collects in two regions, one data set left out."""
    settings = CollectionSettings(regions=REGIONS, without=(LEFT_OUT.name,))
    return synthesized(dataclasses.replace(DEV, collection=settings))


def own(dataset: Dataset) -> str:
    return "Collectors" + names.model_id(dataset.name.replace("_", "-"))


def statements(assembly: Assembly, dataset: Dataset) -> list[dict[str, Any]]:
    start = f"{STACK}/{own(dataset)}CollectRole"
    return [each for name, each in assembly.statements() if name.startswith(start)]


def tables(assembly: Assembly) -> dict[str, dict[str, Any]]:
    found = assembly.resources("AWS::Glue::Table", STACK).values()
    return {each["Properties"]["TableInput"]["Name"]: each["Properties"] for each in found}


@OF_ALL
def test_a_source_reads_each_data_set(dataset: Dataset) -> None:
    assert Path(f"lambda/collect/sources/{dataset.name}.py").is_file()


def test_no_stack_or_handler_names_a_data_set() -> None:
    sources = Path("lambda/collect/sources")
    builders = Path("stacks").rglob("*collecti*.py"), Path("stacks").rglob("dataset_*.py")
    runs = Path("local/run").glob("*.py")
    for path in [*Path("lambda/collect").rglob("*.py"), *itertools.chain(*builders), *runs]:
        if path.parent != sources:
            assert not [each.name for each in DATASETS if f'"{each.name}"' in path.read_text()], path


@OF_ALL
def test_a_role_reads_its_calls_in_its_regions_alone(prod: Assembly, dataset: Dataset) -> None:
    calls = {call.action for call in dataset.calls}
    found = [each for each in statements(prod, dataset) if calls & set(listed(each["Action"]))]
    assert {action for each in found for action in listed(each["Action"])} == calls
    for each in found:
        assert each["Condition"] == {"StringEquals": {"aws:RequestedRegion": [PROD.region]}}
    assert all(len(call.reason) > 20 for call in dataset.calls)


@OF_ALL
def test_a_role_writes_below_its_own_names(prod: Assembly, dataset: Dataset) -> None:
    put = [each for each in statements(prod, dataset) if "s3:PutObject" in each["Action"]]
    places = [json.dumps(each["Resource"]) for each in put]
    assert len(places) == 2
    assert any(f"/{dataset.name}/*" in place for place in places)
    assert any(f"/{gaps.NAME}/date=*/{dataset.name}-*" in place for place in places)
    (items,) = [each for each in statements(prod, dataset) if "dynamodb:PutItem" in each["Action"]]
    keys = items["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert keys == [f"collect#{dataset.name}#*"]


@pytest.mark.parametrize("dataset", DATASETS[:-1], ids=lambda dataset: dataset.name)
def test_every_region_has_its_schedule_and_alarms(abroad: Assembly, dataset: Dataset) -> None:
    schedules = abroad.resources("AWS::Scheduler::Schedule", STACK)
    asked = [
        json.loads(each["Properties"]["Target"]["Input"])["region"]
        for name, each in schedules.items()
        if name.startswith(own(dataset))
    ]
    assert sorted(asked) == sorted(REGIONS)
    alarms = abroad.resources("AWS::CloudWatch::Alarm", STACK)
    stale = [
        each["Properties"]
        for name, each in alarms.items()
        if name.startswith(own(dataset)) and each["Properties"].get("MetricName") == "Fresh"
    ]
    assert len(stale) == len(REGIONS)
    for each in stale:
        assert (each["Period"], each["EvaluationPeriods"]) == (dataset.schedule_s, 2)
        assert each["TreatMissingData"] == "breaching"


def test_where_schedules_are_off_nothing_starts_and_nothing_rings(local: Assembly) -> None:
    schedules = local.resources("AWS::Scheduler::Schedule", STACK).values()
    assert {each["Properties"]["State"] for each in schedules} == {"DISABLED"}
    alarms = local.resources("AWS::CloudWatch::Alarm", STACK).values()
    assert not [each for each in alarms if each["Properties"]["MetricName"] == "Fresh"]


@pytest.mark.parametrize(
    ("name", "columns"),
    [*((each.name, each.columns) for each in DATASETS), (gaps.NAME, gaps.COLUMNS)],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_a_table_is_what_the_catalogue_declares(
    prod: Assembly, name: str, columns: tuple[Column, ...]
) -> None:
    table = tables(prod)[name]
    described = table["TableInput"]["StorageDescriptor"]
    assert [(each["Name"], each["Type"], each["Comment"]) for each in described["Columns"]] == [
        (column.name, column.kind, column.comment) for column in columns
    ]
    assert plain(described["Location"]).endswith(f"/{name}/")
    assert [each["Name"] for each in table["TableInput"]["PartitionKeys"]] == ["date"]
    parameters = table["TableInput"]["Parameters"]
    assert parameters["projection.enabled"] == "true"
    assert parameters["projection.date.type"] == "date"
    assert parameters["projection.date.range"].endswith(",NOW")


def test_queries_are_bounded_and_their_results_encrypted(prod: Assembly) -> None:
    (group,) = prod.resources("AWS::Athena::WorkGroup", STACK).values()
    told = group["Properties"]["WorkGroupConfiguration"]
    assert told["EnforceWorkGroupConfiguration"] is True
    assert told["BytesScannedCutoffPerQuery"] == 100 * 10**9
    assert told["ResultConfiguration"]["EncryptionConfiguration"]["EncryptionOption"] == "SSE_KMS"


def test_a_data_set_left_out_is_not_there(abroad: Assembly) -> None:
    assert LEFT_OUT.name not in tables(abroad)
    functions = abroad.resources("AWS::Lambda::Function", STACK)
    assert not [name for name in functions if name.startswith(own(LEFT_OUT))]


def test_an_environment_may_collect_nothing(synthesized: Synthesize) -> None:
    assert STACK not in synthesized(dataclasses.replace(DEV, collection=None)).stacks()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (CollectionSettings(without=("weather",)), "'weather' names no data set"),
        (CollectionSettings(regions=("nowhere",)), "'nowhere' must be a region's name"),
        (CollectionSettings(regions=("us-east-1", "us-east-1")), "stand once"),
        (CollectionSettings(families=("m5.large",)), "before a type's dot"),
        (CollectionSettings(families=tuple(f"m{n}" for n in range(201))), "at most 200"),
        (CollectionSettings(score_families=()), "score_families must be 1 to 10"),
        (CollectionSettings(products=()), "products must name one"),
        (CollectionSettings(look_back_days=-1), "look_back_days must be 0 or more"),
        (CollectionSettings(gigabytes_a_query=0), "gigabytes_a_query must be at least 1"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: CollectionSettings, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        Environment(name="odd", collection=settings)


def test_function_and_layers_fit_lambda() -> None:
    built = Path(".build/layers")
    folders = [built / "functions", built / "parquet"]
    size = sum(path.stat().st_size for folder in folders for path in folder.rglob("*") if path.is_file())
    assert 0 < size < SIZE_LIMIT


def test_a_collector_starts_where_its_layer_has_pyarrow_alone(tmp_path: Path) -> None:
    """Neither numpy nor pandas is in it: a part is written without them."""
    dataset = DATASETS[0]
    table = {"DATASET": {dataset.name: collector_settings(dataset, CollectionSettings())}}
    for path, data in function_files(Path(), "collect", [], settings=table).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    place = Path(sysconfig.get_path("platlib"))
    code = (
        f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(place)!r}]\n"
        "sys.modules['numpy'] = sys.modules['pandas'] = None\n"
        "from datetime import datetime, UTC\n"
        "from collect.settings import settings\n"
        "from collect.parts import Part\n"
        "from shared.environment import Environment\n"
        "environment = Environment({})\n"
        "known = settings(environment)\n"
        "environment.done()\n"
        "row = {name: {'string': 'a', 'double': 1.0, 'timestamp': datetime.now(UTC), 'boolean': True}"
        "[kind] for name, kind, _ in " + repr(dataset.settings()["columns"]) + "}\n"
        "part = Part(known.columns)\n"
        "assert part.add([row]) == []\n"
        "print(len(part.close()))"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", code], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 100

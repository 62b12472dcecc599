"""The guided run's parts that need no platform."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from catalog.models import MODELS
from local.run import api, processes, server, training
from local.run.data import FIRST, OTHERS, Source
from local.run.display import Steps
from local.run.place import Place


def test_a_place_survives_its_file(tmp_path: Path) -> None:
    place = Place(pid=4711, port=4566)
    place.save(tmp_path)
    assert Place.load(tmp_path) == place


@pytest.mark.parametrize("content", ["", "{", '{"pid": 1}', "[]"])
def test_a_spoilt_file_is_no_place(tmp_path: Path, content: str) -> None:
    (tmp_path / "aws.json").write_text(content)
    assert Place.load(tmp_path) is None


def test_nothing_of_the_users_account_reaches_the_local_aws() -> None:
    theirs = {"AWS_PROFILE": "prod", "AWS_SESSION_TOKEN": "secret", "AWS_ACCESS_KEY_ID": "AKIA", "HOME": "/h"}
    env = Place(pid=1, port=4566).environ(theirs)
    assert "AWS_PROFILE" not in env
    assert "AWS_SESSION_TOKEN" not in env
    assert env["AWS_ACCESS_KEY_ID"] == "local"
    assert env["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4566"
    assert env["HOME"] == "/h"


def test_a_recycled_process_id_is_never_signalled(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as stranger:
        Place(pid=stranger.pid, port=1).save(tmp_path)
        assert server.running(tmp_path) is None
        assert server.stop(tmp_path) is False
        assert stranger.poll() is None
        stranger.kill()


def test_data_is_synthetic_unless_a_folder_is_given() -> None:
    assert Source.of(None, 5000).arguments() == ["synthetic", "--records", "5000"]


@pytest.mark.parametrize("inside", ["", "azure_vm_noise_fio"])
def test_the_real_set_is_found_in_its_folder_or_below(tmp_path: Path, inside: str) -> None:
    folder = tmp_path / inside
    folder.mkdir(exist_ok=True)
    (folder / "fio.parquet").touch()
    source = Source.of(tmp_path, 5000)
    assert (source.profile, source.folder) == ("azure-fio", folder.resolve())


def test_sets_of_other_models_are_loaded_where_they_lie_beside(tmp_path: Path) -> None:
    for each in (FIRST, *OTHERS):
        (tmp_path / each.folder).mkdir()
        (tmp_path / each.folder / each.file).touch()
    source = Source.of(tmp_path, 5000)
    first, *others = source.loads("raw", "insights")
    assert first == [FIRST.profile, "--data", str(source.folder), "--bucket", "raw", "--table", "insights"]
    assert [each[0] for each in others] == [each.profile for each in OTHERS]
    assert all("--table" not in each for each in others)
    for spec in (spec for spec in MODELS if spec.training):
        [own] = [each.profile for each in (FIRST, *OTHERS) if each.record == spec.contract.record.name] or [
            None
        ]
        assert source.training_input(spec)["profile"] == (own or "synthetic")
        assert own is None or own in [each.name for each in spec.trained.promotion.profiles]


def test_a_set_alone_leaves_the_other_models_to_make_records(tmp_path: Path) -> None:
    (tmp_path / FIRST.file).touch()
    source = Source.of(tmp_path, 5000)
    assert source.stamp == FIRST.profile
    held = {spec.contract.record.name for spec in MODELS if source.holds(spec)}
    assert held == {FIRST.record}


def test_a_folder_without_the_set_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no fio\.parquet"):
        Source.of(tmp_path, 5000)


def test_the_curl_line_is_one_shell_command_with_the_body_whole() -> None:
    line = api.curl("http://127.0.0.1:1/x", {"volume_id": "it's"})
    words = subprocess.run(
        ["/bin/sh", "-c", line.replace("curl ", "printf '%s\\n' ", 1)],
        capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    assert json.loads(words[words.index("-d") + 1]) == {"volume_id": "it's"}


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ('{"FailureReason": "no rows for test"}', "no rows for test"),
        ('{"errorMessage": "unknown"}', "unknown"),
        ("plain words", "plain words"),
        ("[1]", "[1]"),
    ],
)
def test_a_failed_jobs_own_words_are_shown(cause: str, words: str) -> None:
    assert training.reason(cause) == words


def test_a_failing_step_is_shown_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    steps = Steps(Console(force_terminal=False, width=80))
    with pytest.raises(RuntimeError), steps.step("Deploy") as step:
        step.say("halfway")
        raise RuntimeError("no")
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("x Deploy")
    assert "halfway" in last
    assert steps.done[0].failed


def test_commands_answer_where_nothing_runs(tmp_path: Path) -> None:
    def command(verb: str) -> subprocess.CompletedProcess[str]:
        arguments = [sys.executable, "-m", "local.run", verb, "--home", str(tmp_path)]
        return subprocess.run(arguments, capture_output=True, text=True, env=os.environ, check=False)

    assert command("status").returncode == 3
    assert command("down").stdout.strip() == "nothing was running"


def test_a_restarted_server_keeps_its_port(tmp_path: Path) -> None:
    """Addresses of queues, which functions hold, name it."""
    note = tmp_path / "aws" / "port"
    port = processes.kept_port(note)
    assert processes.kept_port(note) == port
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        moved = processes.kept_port(note)
    assert moved != port
    assert processes.kept_port(note) == moved

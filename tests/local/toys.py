"""The local AWS as a process of the tests, and small bundles and requests to run in it."""

from __future__ import annotations

import io
import json
import signal
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3

ROLE = "arn:aws:iam::000000000000:role/toy"
OWN_METRICS_IMAGE = "763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.9-cpu-py312"
"""An image whose metrics the caller defines."""
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:3.2-0"
BUCKET = "toy"
ROOT = Path(__file__).parents[2]


class LocalAws:
    """The running process and boto3 clients for it."""

    def __init__(self, port: int, home: Path) -> None:
        self.port, self.home = port, home
        self.url = f"http://127.0.0.1:{port}"
        self._clients: dict[str, Any] = {}
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local.aws", "--port", str(self.port), "--home", str(self.home)], cwd=ROOT
        )
        wait_until(self._answers, 20)

    def stop(self, number: int = signal.SIGTERM) -> None:
        self.process.send_signal(number)
        self.process.wait(timeout=20)

    def __call__(self, service: str) -> Any:
        if service not in self._clients:
            session: Any = boto3.Session(
                aws_access_key_id="local",
                aws_secret_access_key="local",  # noqa: S106 - the emulator takes any
                region_name="us-east-1",
            )
            self._clients[service] = session.client(service, endpoint_url=self.url)
        return self._clients[service]

    def _answers(self) -> bool:
        assert self.process.poll() is None, "the local AWS ended while it started"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


def wait_until(ready: Callable[[], Any], seconds: float = 15) -> Any:
    """Poll until `ready` answers something true; the last answer."""
    deadline = time.monotonic() + seconds
    while not (answer := ready()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {ready}"
        time.sleep(0.05)
    return answer


def archive(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text.encode())
            tar.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


INFERENCE = """
import json, os
from pathlib import Path

def model_fn(model_dir):
    model = json.loads((Path(model_dir) / "model.json").read_text())
    if model.get("broken"):
        raise ValueError("this model cannot be loaded")
    return model

def input_fn(body, content_type):
    assert content_type == "application/json"
    return json.loads(body)

def predict_fn(data, model):
    if data.get("die"):
        os._exit(3)
    version = os.environ.get("MODEL_VERSION")
    return {"answer": data["x"] * model["slope"], "version": version, "pid": os.getpid()}

def output_fn(prediction, accept):
    print("predicted")
    return json.dumps(prediction), accept
"""

TRAIN = """
import json, os, shutil, sys, time
from pathlib import Path
import numpy as np

hps = json.loads(os.environ["SM_HPS"])
data = np.loadtxt(Path(os.environ["SM_CHANNEL_TRAIN"]) / "part.csv", delimiter=",")
if hps.get("fail"):
    sys.exit("the training data is unusable")
time.sleep(hps.get("sleep", 0))
error = float(np.mean((data[:, 0] * hps["slope"] - data[:, 1]) ** 2))
for step in range(3):
    print(f"validation:rmse={error + 1 / (step + 1):.6f}", flush=True)
print(f"validation:rmse={error:.6f}")
model = Path(os.environ["SM_MODEL_DIR"])
(model / "model.json").write_text(json.dumps({"slope": hps["slope"], "arguments": sys.argv[1:]}))
(model / "code").mkdir()
shutil.copy(Path(__file__).with_name("inference.py"), model / "code" / "inference.py")
"""

PREPARE = """
import argparse, sys, time
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--input", type=Path); parser.add_argument("--output", type=Path)
parser.add_argument("--sleep", type=float, default=0)
given = parser.parse_args()
print("preparing with", sys.executable, flush=True)
time.sleep(given.sleep)
text = (given.input / "raw.csv").read_text()
if "bad" in text:
    raise ValueError("a bad line")
(given.output / "part.csv").write_text(text)
"""


def model_archive(slope: float, *, broken: bool = False) -> bytes:
    model = json.dumps({"slope": slope, "broken": broken})
    return archive({"model.json": model, "code/inference.py": INFERENCE})


def processing(name: str, *arguments: str, raw: str = "raw/") -> dict[str, Any]:
    """CreateProcessingJob as the training pipeline spells it."""

    def source(label: str, key: str, path: str) -> dict[str, Any]:
        return {"InputName": label, "S3Input": {"S3Uri": f"s3://{BUCKET}/{key}", "LocalPath": path,
                "S3DataType": "S3Prefix", "S3InputMode": "File"}}  # fmt: skip

    output = {
        "S3Uri": f"s3://{BUCKET}/processed/{name}",
        "LocalPath": "/opt/ml/processing/output",
        "S3UploadMode": "EndOfJob",
    }
    script = (
        "mkdir -p /opt/ml/code && tar -xzf /opt/ml/processing/input/code/*.tar.gz -C /opt/ml/code"
        ' && exec python3 /opt/ml/code/$0 "$@"'
    )
    return {
        "ProcessingJobName": name,
        "RoleArn": ROLE,
        "AppSpecification": {
            "ImageUri": IMAGE,
            "ContainerEntrypoint": ["/bin/bash", "-c", script, "prepare.py"],
            "ContainerArguments": [
                "--input",
                "/opt/ml/processing/raw",
                "--output",
                "/opt/ml/processing/output",
                *arguments,
            ],
        },
        "ProcessingInputs": [
            source("code", "code/prepare.tar.gz", "/opt/ml/processing/input/code"),
            source("raw", raw, "/opt/ml/processing/raw"),
        ],
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "all", "S3Output": output}]},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 10}
        },
    }


def training(**hyperparameters: str) -> dict[str, Any]:
    """What CreateTrainingJob and a tuning job's definition share."""
    return {
        "AlgorithmSpecification": {
            "TrainingImage": OWN_METRICS_IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [{"Name": "validation:rmse", "Regex": "validation:rmse=([0-9.eE+-]+)"}],
        },
        "RoleArn": ROLE,
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/train/"}},
            }
        ],
        "OutputDataConfig": {"S3OutputPath": f"s3://{BUCKET}/models"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
        "HyperParameters": {
            "sagemaker_program": "train.py",
            "sagemaker_submit_directory": f"s3://{BUCKET}/code/train.tar.gz",
            **hyperparameters,
        },
    }


def tuning(name: str, **static: str) -> dict[str, Any]:
    definition = training(**static)
    definition["StaticHyperParameters"] = definition.pop("HyperParameters")
    return {
        "HyperParameterTuningJobName": name,
        "HyperParameterTuningJobConfig": {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:rmse"},
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 4, "MaxParallelTrainingJobs": 2},
            "ParameterRanges": {
                "ContinuousParameterRanges": [
                    {"Name": "slope", "MinValue": "0.5", "MaxValue": "4", "ScalingType": "Logarithmic"}
                ]
            },
            "TrainingJobEarlyStoppingType": "Off",
        },
        "TrainingJobDefinition": definition,
    }

"""The MLflow server of the guided run, with its artifacts in the local AWS."""

from __future__ import annotations

from pathlib import Path

from mlflow import MlflowClient

from local.run import processes, tracking
from local.run.place import Place
from tests.local.toys import BUCKET, LocalAws


def test_it_keeps_runs_beside_and_artifacts_in_the_local_aws(aws: LocalAws, tmp_path: Path) -> None:
    place = Place(aws.process.pid, aws.port)
    server = tracking.launch(tmp_path, place, BUCKET)
    try:
        tracking.await_ready(tmp_path, server)
        client = MlflowClient(server.url)
        run = client.create_run(client.create_experiment("local/toy")).info.run_id
        client.log_text(run, "kept", "note.txt")
        (found,) = aws("s3").list_objects_v2(Bucket=BUCKET, Prefix="mlflow/")["Contents"]
        assert found["Key"].endswith("note.txt")
        assert tracking.launch(tmp_path, place, BUCKET) == server == tracking.running(tmp_path)
    finally:
        tracking.stop(tmp_path)
    assert not processes.alive(server.pid, tracking.WORD)
    assert not server.ready()
    assert tracking.running(tmp_path) is None
    assert (tmp_path / "mlflow" / "mlflow.db").exists()

"""A task's first text: it fetches code, refuses what it must not unpack, and becomes the service."""

from __future__ import annotations

import io
import os
import stat
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.lambda_.workload import ROOT, Server
from workload import bootstrap

TEXT = (ROOT / "lambda" / "workload" / "bootstrap.py").read_text()
MARK = "marked = True\n"


def zipped(files: dict[str, bytes]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return written.getvalue()


@pytest.fixture
def bucket() -> Iterator[tuple[str, dict[str, bytes]]]:
    """Address of a store, and what lies in it by path."""
    objects: dict[str, bytes] = {}

    class Store(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            data = objects.get(self.path.split("?")[0])
            self.send_response(404 if data is None else 200)
            self.send_header("Content-Length", str(len(data or b"")))
            self.send_header("ETag", '"1"')
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data or b"")

        do_HEAD = do_GET  # noqa: N815 - the name that the server looks for

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Store) as store:
        threading.Thread(target=store.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{store.server_port}", objects
        store.shutdown()


def variables(address: str, folder: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "TMPDIR": str(folder),
        "AWS_ENDPOINT_URL": address,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "CODE_S3": "s3://assets/code.zip",
        "PORT": "0",
        **more,
    }


@pytest.mark.parametrize("layered", [False, True])
def test_the_text_becomes_the_service(
    bucket: tuple[str, dict[str, bytes]], tmp_path: Path, layered: bool
) -> None:
    address, objects = bucket
    folder = ROOT / "lambda" / "workload"
    objects["/assets/code.zip"] = zipped(
        {f"workload/{path.name}": path.read_bytes() for path in folder.glob("*.py")}
    )
    objects["/assets/layers/one.zip"] = zipped({"python/waitress_mark.py": MARK.encode()})
    more = {"LAYER_S3": "s3://assets/layers/one.zip"} if layered else {}
    command = [sys.executable, "-c", TEXT]
    env = variables(address, tmp_path, **more)
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        try:
            assert Server(process).health() == 200
        finally:
            process.kill()
    assert [path.read_text() for path in tmp_path.glob("workload-*/layer/python/*.py")] == [MARK] * layered


@pytest.mark.parametrize("name", ["../out.py", "a/../../out.py", "/out.py", "a\\..\\out.py"])
def test_members_outside_of_the_folder_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="must not be"):
        bootstrap.check([zipfile.ZipInfo("fine.py"), _named(name)], tmp_path)
    bootstrap.check([zipfile.ZipInfo("fine.py"), zipfile.ZipInfo("a/b/fine.py")], tmp_path)


def test_links_and_bombs_are_refused(tmp_path: Path) -> None:
    link, large = zipfile.ZipInfo("link"), zipfile.ZipInfo("large")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    large.file_size = bootstrap.MOST_BYTES + 1
    with pytest.raises(SystemExit, match="must not be"):
        bootstrap.check([link], tmp_path)
    with pytest.raises(SystemExit, match="more than"):
        bootstrap.check([large], tmp_path)


def test_a_missing_object_ends_the_task(bucket: tuple[str, dict[str, bytes]], tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", TEXT], env=variables(bucket[0], tmp_path), capture_output=True, text=True
    )
    assert ended.returncode != 0
    assert "404" in ended.stderr


@pytest.mark.parametrize("url", ["", "https://assets/code.zip", "s3://assets", "s3:///code.zip"])
def test_addresses_are_checked(url: str, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="must be s3://bucket/key"):
        bootstrap.fetch(url, tmp_path / "code")


def test_the_text_fits_a_task_definition() -> None:
    assert len(TEXT.encode()) < 4000


def _named(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo("placeholder")
    member.filename = name
    return member

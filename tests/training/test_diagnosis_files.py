"""Files that are odd, huge or no tables at all; pages that say what they were told and nothing else."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import diagnosis
from commands.main import app
from diagnosis import profile, sketches
from diagnosis.guide import GUIDE
from tests.training.diagnosing import ROLES, clean, diagnosed, found, refused, run

SCHEMA = json.loads((Path(diagnosis.__file__).parent / "report.schema.json").read_text())
HOSTILE = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>{{ 7 * 7 }}"


def written(folder: Path, content: bytes, name: str = "data.csv") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty"),
        (b"a,b\n1,\xe9\n", "UTF-8"),
        (b"caf\xe9,b\n1,2\n", "is not UTF-8"),
        (b"a,b\n1,2\n3,4,5\n", "Expected 2 columns, got 3"),
        (b"a,b,a\n1,2,3\n", "several columns named 'a'"),
        (b"PAR1 and then nothing", "cannot be read"),
        (b"\x00\x01\x02", "neither text nor Parquet"),
        (",".join(f"c{n}" for n in range(10_000)).encode() + b"\n", "10000 columns; at most 500"),
    ],
    ids=["empty", "bytes", "header", "ragged", "twice", "broken", "binary", "wide"],
)
def test_what_cannot_be_read_is_refused_with_a_reason(tmp_path: Path, content: bytes, words: str) -> None:
    assert words in " ".join(refused(tmp_path, written(tmp_path, content)).split())


def test_wrong_usage_is_refused(tmp_path: Path) -> None:
    data = written(tmp_path, b"a,b\n1,2\n")
    assert "is not a file" in refused(tmp_path, tmp_path / "nothing.csv")
    assert "is unknown; models are" in " ".join(refused(tmp_path, data, "--model", "nothing").split())
    assert "--fail-on" in refused(tmp_path, data, "--fail-on", "note")
    assert "is not a column" in refused(tmp_path, data, "--target", "c")
    result = CliRunner().invoke(app, ["diagnose", "--input", str(data), "--report", str(tmp_path / "r.txt")])
    assert (result.exit_code, "must end in .html" in result.output) == (2, True)


@pytest.mark.parametrize("content", [b"a,b\n", b"a,b"])
def test_a_header_alone_blocks(tmp_path: Path, content: bytes) -> None:
    exit_code, report = run(tmp_path, written(tmp_path, content))
    assert (exit_code, [each["code"] for each in report["findings"]]) == (1, ["no-rows"])


def test_one_row_is_told_as_few(tmp_path: Path) -> None:
    exit_code, report = diagnosed(tmp_path, clean(1))
    assert (exit_code, found(report, "few-rows")[0]["seen"]) == (0, "1 rows.")


def test_a_parquet_file_without_rows_blocks(tmp_path: Path) -> None:
    assert diagnosed(tmp_path, clean().head(0), *ROLES, suffix="parquet")[0] == 1


def test_a_column_of_nothing_is_told(tmp_path: Path) -> None:
    for suffix in ("csv", "parquet"):
        report = diagnosed(tmp_path, clean().assign(gone=None), suffix=suffix)[1]
        assert (found(report, "empty-column")[0]["columns"], report["columns"][-1]["kind"]) == (
            ["gone"],
            "empty",
        )


def test_nested_and_binary_columns_are_left_alone(tmp_path: Path) -> None:
    table = pa.table({"a": [[1], None] * 60, "b": [b"\xff", b""] * 60, "c": [{"x": 1}, {"x": None}] * 60})
    path = tmp_path / "data.parquet"
    pq.write_table(table, path)
    report = run(tmp_path, path)[1]
    assert [each["columns"][0] for each in found(report, "not-profiled")] == ["a", "b", "c"]
    assert [each["missing"] for each in report["columns"]] == [60, 0, 0]


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_other_separators_and_a_byte_order_mark_are_read(tmp_path: Path, separator: str) -> None:
    text = "\ufeff" + clean().to_csv(sep=separator, index=False)
    exit_code, report = run(tmp_path, written(tmp_path, text.encode()), *ROLES)
    assert (exit_code, [each["name"] for each in report["columns"]]) == (0, list(clean().columns))


def test_quoted_fields_lines_and_all(tmp_path: Path) -> None:
    frame = clean().assign(note='two\nlines, "quoted"', load=lambda each: each["load"].mask(each.index < 9))
    path = tmp_path / "data.csv"
    frame.to_csv(path, index=False, quoting=1)
    told = {each["name"]: each for each in run(tmp_path, path)[1]["columns"]}
    assert (told["load"]["kind"], told["load"]["missing"], told["note"]["rows"]) == ("number", 9, 2000)
    assert told["note"]["top"][0]["value"] == frame["note"][0]


def test_offsets_that_differ_and_dates_that_are_none(tmp_path: Path) -> None:
    times = ["2026-01-01T00:00:00Z", "2026-01-01T02:00:00+02:00", "2026-13-01", "2026-01-02"] * 50
    report = diagnosed(tmp_path, pd.DataFrame({"at": times, "n": range(200)}))[1]
    told = report["columns"][0]
    assert (told["kind"], told["wrong_kind"], told["distinct"]["count"]) == ("time", 50, 2)
    assert (told["first"], told["last"]) == ("2026-01-01T00:00:00+00:00", "2026-01-02T00:00:00+00:00")


def test_times_finer_than_are_told_are_cut(tmp_path: Path) -> None:
    times = pa.array([1, 1_500_000_000_123_456_789] * 60, pa.timestamp("ns"))
    days = pa.array([0, 17_000] * 60, pa.date32())
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table({"at": times, "on": days}), path)
    told = run(tmp_path, path)[1]["columns"]
    assert [(each["kind"], each["last"][:10]) for each in told] == [
        ("time", "2017-07-14"),
        ("time", "2016-07-18"),
    ]


def test_the_terminal_gets_no_control_characters(tmp_path: Path) -> None:
    data = tmp_path / "data.csv"
    clean().assign(**{"\x1b[31m[bold]": "x"}).to_csv(data, index=False)
    words = ["diagnose", "--input", str(data), "--report", str(tmp_path / "report.html")]
    output = CliRunner().invoke(app, words).output
    assert "?[31m[bold]" in output
    assert "\x1b" not in output


class Page(HTMLParser):
    """What a browser would run or fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.handlers: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attributes if name in ("src", "href", "action", "data")]
        self.handlers += [name for name, _ in attributes if name.startswith("on")]


@pytest.mark.parametrize("explore", [(), ("--explore",)])
def test_hostile_names_and_values_stay_text(tmp_path: Path, explore: tuple[str, ...]) -> None:
    frame = clean().assign(**{HOSTILE: HOSTILE, "zone": lambda each: each["zone"].replace("north", HOSTILE)})
    frame["load"] = frame["load"].astype(object).mask(frame.index == 3, HOSTILE)
    before = tmp_path / "before.csv"
    frame.rename(columns={HOSTILE: f"{HOSTILE}2"}).to_csv(before, index=False)
    report = diagnosed(tmp_path, frame, "--target", "zone", "--against", str(before), *explore)[1]
    text = (tmp_path / "report.html").read_text()
    page = Page()
    page.feed(text)
    assert not {"script", "img", "object", "link"} & set(page.tags)
    assert not page.handlers
    assert all(link.startswith("#") for link in page.links)
    assert "{{ 7" in text
    assert page.tags.count("iframe") == len(explore)
    assert ('sandbox="allow-scripts"' in text) == bool(explore)
    assert found(report, "constant")[0]["columns"] == [HOSTILE]


def test_the_json_is_as_its_schema_says(tmp_path: Path) -> None:
    before = tmp_path / "before.parquet"
    clean(seed=5).to_parquet(before)
    frame = clean().assign(load=lambda each: each["load"].mask(each.index == 3, float("inf")))
    report = diagnosed(tmp_path, frame, *ROLES, "--against", str(before))[1]
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(report, SCHEMA)
    assert "Infinity" not in (tmp_path / "report.json").read_text()
    spoilt = {**report, "verdict": "perhaps"}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(spoilt, SCHEMA)


def test_the_page_and_the_json_tell_the_same_findings(tmp_path: Path) -> None:
    report = diagnosed(tmp_path, clean().assign(site="main"), *ROLES)[1]
    text = (tmp_path / "report.html").read_text()
    assert report["findings"]
    for each in report["findings"]:
        assert each["title"] in text
        assert each["seen"].replace("'", "&#39;") in text
        assert each["basis"] == "all rows"


def test_of_more_rows_than_are_kept_it_is_said_which_figures_are_of_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profile, "SAMPLE", 500)
    monkeypatch.setattr(sketches, "MOST_PRINTS", 600)
    frame = clean()
    frame.loc[::20, "errors"] = -999.0
    report = diagnosed(tmp_path, pd.concat((frame, frame)), *ROLES)[1]
    assert (report["method"]["sample_rows"], report["method"]["sample_is_all_rows"]) == (500, False)
    assert found(report, "sentinel")[0]["basis"] == "sample"
    assert found(report, "duplicates")[0]["basis"] == "sample"
    assert report["repeats"]["copies"] == pytest.approx(2000, rel=0.15)
    assert report["columns"][2]["missing"] == 0
    assert ">sample</span>" in (tmp_path / "report.html").read_text()


def test_different_values_are_counted_within_a_few_per_cent() -> None:
    seen = sketches.Distinct()
    for start in range(0, 200_000, 20_000):
        seen.add(sketches.hashed(pa.array([float(n) for n in range(start, start + 30_000)])))
    assert not seen.exact
    assert seen.count == pytest.approx(210_000, rel=0.05)


def test_every_finding_has_words() -> None:
    for code, (title, why, do) in GUIDE.items():
        assert code == code.lower()
        assert len(title) < 70
        assert why.endswith(".")
        assert do.endswith(".")

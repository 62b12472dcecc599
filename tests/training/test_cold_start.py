"""The cold start study: what a name tells, rules and trees on made-up runtimes, the real set where it is."""

import json
import os
from pathlib import Path

import numpy as np
import pytest

from studies import cold_start, cold_start_model, cold_start_rules, cold_start_tables
from studies.cold_start_data import Configuration, gathered, load
from studies.cold_start_names import Columns, Traits

DATA = Path(os.environ.get("OPS_ML_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
REAL = DATA / "lambda_perf"
FIRST = np.datetime64("2024-01-01")
LEVELS = {"python3.11": 100.0, "python3.12": 110.0, "python3.13": 120.0, "java17": 300.0, "java21": 330.0}


def starts(levels=LEVELS, days=30, first=None, noise=0.02):
    """Made up: `days` days from the one that `first` gives the runtime, zip a third slower than image."""
    draw = np.random.default_rng(0)
    rows, day = [], []
    for runtime in levels:
        for package in ("image", "zip"):
            for number in range(days):
                rows.append(Configuration(runtime, "x86_64", 512, package))
                day.append(FIRST + np.timedelta64((first or {}).get(runtime, 0) + number, "D"))
    level = np.array([levels[each.runtime] * (4 / 3 if each.package == "zip" else 1) for each in rows])
    ms = level * draw.lognormal(0, noise, len(rows))
    return gathered(rows, np.array(day), ms, ms / 1.1, 2 * ms)


@pytest.mark.parametrize(
    ("runtime", "traits"),
    [
        ("python3.12", ("python", "python", "interpreted", "", "managed", 42)),
        ("java21 snapstart", ("java", "java", "virtual machine", "snapstart", "managed", 21)),
        ("dotnet8 aot (prov.al2023)", ("dotnet", "dotnet", "native", "aot", "al2023", 8)),
        ("graalvm java17 (prov.al2)", ("graalvm", "java", "native", "aot", "al2", 17)),
        ("bun layer(prov.al2)", ("bun", "bun", "interpreted", "layer", "al2", 0)),
        ("apple swift 6.1 (prov.al2)", ("apple", "apple", "native", "", "al2", 61)),
        ("nodejs22.x", ("nodejs", "nodejs", "interpreted", "", "managed", 22)),
        ("cobol", ("cobol", "cobol", "native", "", "managed", 0)),
    ],
)
def test_a_name_tells_its_traits(runtime, traits):
    assert Traits.of(runtime) == traits


def test_a_trait_that_was_never_seen_is_no_column():
    known = [Configuration("python3.12", "x86_64", 512, "zip")]
    columns = Columns.of(known)
    seen, new = columns.rows([*known, Configuration("cobol", "arm64", 1024, "image")]).tolist()
    assert seen == [1, 1, 1, 1, 1, 42, 1, 0, 9]
    assert new == [0, 0, 0, 1, 1, 0, 0, 1, 10]


def test_the_nearest_version_answers_for_one_that_is_missing():
    made = starts()
    missing = made.of("runtime") == "python3.13"
    answer = cold_start_rules.relative(made.take(~missing))(
        made.take(missing & (made.of("package") == "image"))
    )
    np.testing.assert_allclose(answer, 110, rtol=0.03)


def test_versions_of_other_families_are_not_compared():
    made = starts({"python3.12": 100.0, "ruby3.2": 200.0, "ruby3.4": 300.0})
    new = cold_start._alone(Configuration("nodejs22.x", "x86_64", 512, "image"), made)
    assert cold_start_rules.relative(made)(new)[0] == pytest.approx(200, rel=0.02)


def test_a_configuration_without_rows_gets_its_familys_level():
    made = starts()
    missing = made.of("runtime") == "java21"
    answer = cold_start_rules.own(made.take(~missing))(made.take(missing))
    assert 300 <= answer.min() == answer.max() <= 400


def test_recent_days_count_where_the_level_moved():
    made = starts(days=400)
    moved = np.where(made.day >= FIRST + np.timedelta64(180, "D"), 2.0, 1.0)
    made = gathered(
        [made.configurations[place] for place in made.place],
        made.day,
        made.mean_ms * moved,
        made.median_ms,
        made.longest_ms,
    )
    known = made.take(made.day < FIRST + np.timedelta64(330, "D"))
    image = made.take((made.of("runtime") == "java17") & (made.of("package") == "image"))
    assert cold_start_rules.own_recent(known)(image)[0] == pytest.approx(600, rel=0.02)


def test_no_answer_reads_what_it_is_asked_for():
    made = starts()
    hidden = made.of("runtime") == "python3.12"
    known, asked = made.take(~hidden), made.take(hidden)
    nothing = np.full(len(asked), np.nan)
    blind = type(asked)(asked.configurations, asked.since, asked.place, asked.day, nothing, nothing, nothing)
    for make in cold_start.MAKERS.values():
        answer = make(known)
        np.testing.assert_array_equal(answer(blind), answer(asked))
        assert np.isfinite(answer(asked)).all()


def test_folds_keep_a_name_together():
    names = starts().of("runtime")
    fold = cold_start_model.folds(names, 3, seed=0)
    assert all(len(set(fold[names == name])) == 1 for name in LEVELS)
    assert set(fold) == {0, 1, 2}


def test_trees_tell_families_and_packages_apart():
    many = {f"python3.{minor}": 100.0 for minor in range(8, 14)} | {
        f"java{n}": 300.0 for n in (8, 11, 17, 21)
    }
    made = starts(many)
    missing = made.of("runtime") == "java17"
    trees = cold_start_model.trees(made.take(~missing))
    asked = made.take(missing)
    np.testing.assert_allclose(trees(asked), asked.mean_ms, rtol=0.15)
    assert trees.band[0] <= 1 <= trees.band[1]


def test_perfect_answers_and_the_mean_score_as_they_must():
    made = starts()
    perfect = cold_start.told(made, made.mean_ms)
    assert (perfect["r2"], perfect["mae_ms"], perfect["r2_interval"]) == (1, 0, [1, 1])
    assert cold_start.told(made, np.full(len(made), made.mean_ms.mean()))["r2"] == 0


def test_tables_hold_quantiles_and_changes():
    made = starts(first={"python3.13": 40})
    found = cold_start_tables.tables(made, ["python3.12", "python3.13"])
    assert [each["runtime"] for each in found["configurations"]] == ["python3.12"] * 2 + ["python3.13"] * 2
    first = found["configurations"][0]
    assert first["days"] == 30
    assert first["ms"] == sorted(first["ms"])
    assert first["ms"][4] == pytest.approx(100, rel=0.02)
    assert first["longest"] == [2.2] * len(found["at"])
    assert first["mean"] == 1.1
    assert {each["runtime"] for each in found["by_age"]} == {"python3.13"}
    assert found["by_half_year"][0]["2024H1"] == 1


def test_the_statistics_of_a_placement_are_shipped():
    found = json.loads(cold_start_tables.PATH.read_text())
    assert found["licence"] == "Apache-2.0"
    assert {each["runtime"] for each in found["configurations"]} == set(cold_start_tables.RUNTIMES)
    for each in found["configurations"]:
        assert len(each["ms"]) == len(each["longest"]) == len(found["at"])
        assert each["ms"] == sorted(each["ms"])
        assert min(each["longest"]) >= 1


def test_a_measured_configuration_is_told_from_its_own_days():
    found = cold_start.predict(starts(), Configuration("python3.12", "x86_64", 512, "image"))
    assert found["ms"] == pytest.approx(110, rel=0.02)
    assert found["interval"][0] < found["ms"] < found["interval"][1]
    assert found["basis"].startswith("measured")


def test_one_never_measured_is_foretold():
    found = cold_start.predict(starts(), Configuration("python3.14", "arm64", 1024, "zip"))
    assert found["ms"] == pytest.approx(160, rel=0.02)
    assert found["interval"][0] < found["ms"] < found["interval"][1]
    assert found["basis"] == "its nearest relative"


def test_a_guess_is_called_one():
    assert "guess" in cold_start.predict(starts(), Configuration("cobol", "arm64", 1024, "zip"))["basis"]


def test_newcomers_are_judged_by_what_was_known_before_them():
    late = {"python3.13": 200, "cobol": 200}
    made = starts(LEVELS | {"cobol": 50.0}, first=late)
    found = cold_start.newcomers(made)
    assert found["all"]["relative"]["configurations"] == 4
    assert found["of_known_families"]["relative"]["r2"] > 0.5
    assert found["of_new_families"]["relative"]["median_error"] > 1


def test_a_folder_without_the_set_is_refused(tmp_path, capsys):
    assert cold_start.main([str(tmp_path)]) == 2
    assert "cold_starts.parquet" in capsys.readouterr().out


@pytest.fixture(scope="module")
def real():
    if not REAL.is_dir():
        pytest.skip(f"{REAL} is absent; point OPS_ML_DATA at the folder of data sets")
    return load(REAL)


def test_the_shipped_statistics_are_those_of_the_set(real):
    made = json.loads(json.dumps(cold_start_tables.tables(real)))
    assert made == json.loads(cold_start_tables.PATH.read_text())


def test_runtimes_that_appeared_later_are_foretold_better_than_by_their_family(real):
    """No figure of the goal: that stands in the study."""
    cut = np.datetime64("2025-01-01")
    known, later = real.take(real.day < cut), real.take(real.day >= cut)
    new = later.take(~np.isin(later.place, known.place))
    assert "python3.13" in new.of("runtime")
    trees = cold_start_model.fit(known, cold_start_model.CANDIDATES[0])
    scores = [
        cold_start.told(new, answer(new), 0)["r2"] for answer in (trees, cold_start_rules.family(known))
    ]
    assert scores[0] > scores[1]

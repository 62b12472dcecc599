"""The placement report on a tiny run: what page and notebook hold, and that their numbers are computed."""

import re
from html.parser import HTMLParser

import nbformat
import numpy as np
import pytest

import comparison
import metrics
from studies import placement_checks as checks
from studies import placement_notebook, placement_page, placement_report
from studies import placement_reasons as reasons
from studies import placement_scores as scores
from studies import placement_steps as steps
from studies import placement_tables as tables

FIGURES = 12


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Few rows are timed and explained: neither is what is tested."""
    with pytest.MonkeyPatch.context() as patch:
        for module, name, value in (
            (comparison, "TIMED", 2),
            (comparison, "UNTIMED", 0),
            (reasons, "ASKED", 20),
            (reasons, "ROUNDS", 1),
        ):
            patch.setattr(module, name, value)
        patch.setattr(scores.placement_request, "best_achievable", lambda **_: {"accuracy": 0.85})
        made = steps.Run(tmp_path_factory.mktemp("report"), records=3000, trials=1)
        steps.judged(made)
        yield made


@pytest.fixture(scope="module")
def page(run):
    return placement_page.page(run)


class Page(HTMLParser):
    """Ids, addresses that a browser would ask, and the text."""

    def __init__(self, text):
        super().__init__()
        self.ids, self.asked, self.text = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids.append(given.get("id"))
        self.asked += [given[name] for name in ("src", "href", "action", "data", "srcset") if given.get(name)]

    def handle_data(self, data):
        self.text.append(data)


def test_the_page_holds_every_section_and_figure(page):
    read = Page(page)
    assert set(placement_page.TITLES) <= set(read.ids)
    assert sum(each.startswith("data:image/png;base64,") for each in read.asked) == FIGURES
    assert page.count('alt="') == FIGURES


def test_the_page_asks_nothing_of_the_network(page):
    read = Page(page)
    assert all(each.startswith(("data:", "#")) for each in read.asked)
    assert not re.search(r"https?://|@import|<script|<link|url\(", page)


def test_the_page_is_small_and_readable_in_the_dark(page):
    assert len(page) < 3_000_000
    assert "prefers-color-scheme: dark" in page


def test_the_page_says_that_requests_are_synthetic_and_tells_missed_checks(run, page):
    text = " ".join(" ".join(Page(page).text).split())
    assert "All requests here are synthetic." in text
    results = checks.checks(run, steps.requests(run))["result"].tolist()
    shown = re.findall(r'<td class="(pass|miss)">', page)
    assert shown == [each.lower() for each in results]


def test_a_check_that_is_not_met_is_a_miss(run, monkeypatch):
    monkeypatch.setattr(scores.placement_request, "best_achievable", lambda **_: {"accuracy": 0.99})
    (run.folder / "achievable.json").unlink(missing_ok=True)
    found = checks.checks(run, steps.requests(run))["result"]
    (run.folder / "achievable.json").unlink()
    assert found["Close to the best achievable"] == "MISS"


def test_the_numbers_of_the_page_are_those_computed(run, page):
    test, answers = steps.rows(run, "test"), steps.answers(run)
    for name, each in answers.items():
        right = float(np.mean(each.labels == test.target))
        area = metrics.auc(test.target == 0, each.values[:, 0])
        part = after(page, "How often they are right")
        row = re.search(rf'<th scope="row">{steps.title(name)}</th><td>(.*?)</tr>', part)
        cells = re.sub(r"<.*?>", " ", row[1]).split()
        assert cells[0] == f"{right:.1%}"
        assert cells[4] == f"{area:.3f}"


def after(page, words):
    return page[page.index(words) :].replace("\n", "")


def test_trivial_answers_stand_beside_the_learners(run):
    told, test = scores.comparison(run), steps.rows(run, "test")
    assert told.loc["always Lambda", "accuracy"] == pytest.approx(float(np.mean(test.target == 0)))
    assert told.loc["always ECS", "accuracy"] == pytest.approx(float(np.mean(test.target == 1)))
    assert set(scores.TRIVIAL.values()) < set(told.index)


def test_nobody_has_less_burden_than_the_oracle(run):
    burden = scores.policies(run)["burden, $/million"]
    assert burden.idxmin() == "oracle"


def test_pairs_that_differ_are_counted(run):
    requests = steps.requests(run).head(4).copy()
    requests["workload_type"], requests["time_window"] = "heavy_processing", "night"
    requests["load_pattern"], requests["payload_size_kb"] = "low_load", 5.0
    requests["best"] = ["lambda", "lambda", "lambda", "ecs"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "SIZES", 1)
        (row,) = tables.variance(requests).to_dict("records")
    assert (row["pairs"], row["differ"], row["lambda"]) == (6, 0.5, 0.75)


@pytest.mark.parametrize("learner", ["xgboost", "lightgbm", "neural_network"])
def test_shap_values_add_up_to_the_answer(run, learner):
    model = steps.model(run, learner)
    why = reasons.explain(model, steps.rows(run, "train"), steps.rows(run, "test"))
    chance = model.predict(why.features).astype(float)
    rest = np.log(chance[:, 0] / chance[:, 1]) - why.values.sum(axis=1)
    assert rest == pytest.approx(np.full(len(rest), rest.mean()), abs=0.01)


def test_the_decision_map_holds_chances(run):
    chance = reasons.map_of(steps.model(run, "lightgbm"))
    assert chance.shape == (4, 5, 4, reasons.PAYLOADS)
    assert ((chance >= 0) & (chance <= 1)).all()


def test_the_notebook_tells_the_same_story(run, monkeypatch):
    """Its cells run in one namespace here, as a kernel takes its time to start."""
    monkeypatch.setattr(placement_notebook.NotebookClient, "execute", in_this_process(run))
    made = placement_notebook.notebook(run)
    nbformat.validate(made)
    titles = [cell.source.splitlines()[0] for cell in made.cells if cell.cell_type == "markdown"]
    assert [title.split(". ")[1] for title in titles[1:]] == list(placement_page.TITLES.values())
    assert made.cells[0].source.count("synthetic") == 1
    assert all(set(cell.metadata) == set() for cell in made.cells)


def in_this_process(run):
    def execute(client, **given):
        assert given["env"].items() >= run.environment.items()
        space = {"given": run}
        for cell in client.nb.cells:
            if cell.cell_type == "code":
                code = cell.source.replace("%matplotlib inline", "").replace("steps.Run.here()", "given")
                exec(compile(code, "cell", "exec"), space)  # noqa: S102

    return execute


def test_what_is_kept_in_docs_is_whole():
    kept = (steps.ROOT / "docs" / placement_report.PAGE).read_text()
    assert set(placement_page.TITLES) <= set(Page(kept).ids)
    assert all(each.startswith(("data:", "#")) for each in Page(kept).asked)
    made = nbformat.read(steps.ROOT / "docs" / placement_report.NOTEBOOK, as_version=4)
    nbformat.validate(made)
    code = [cell for cell in made.cells if cell.cell_type == "code"]
    kinds = [output.output_type for cell in code for output in cell.outputs]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    assert set(kinds) == {"execute_result"}

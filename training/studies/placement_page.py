"""The placement report as one HTML page that asks nothing of the network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd

from catalog.models.placement import TWINS
from studies import placement_checks as checks
from studies import placement_plots as plots
from studies import placement_reason_plots as reason_plots
from studies import placement_reasons as reasons
from studies import placement_scores as scores
from studies import placement_steps as steps
from studies import placement_tables as tables
from studies.placement_drawing import inline
from studies.placement_steps import Run
from studies.placement_words import told

TEMPLATE = Path(__file__).with_name("placement_report.html.j2")
TITLES = {
    "data": "The data",
    "variance": "Equal requests fare differently",
    "splits": "Splits in time order",
    "search": "The search",
    "learners": "Four learners beside trivial answers",
    "choice": "Which one is chosen, and what it saves",
    "confusion": "Confusion matrices",
    "roc": "ROC curves",
    "calibration": "Calibration",
    "importance": "Importance of the features",
    "shap": "What moves an answer: SHAP",
    "regret": "Regret by workload and load",
    "map": "Decision map",
    "checks": "What was asked, and whether it is met",
}
COLD = {"cold-starts": "Cold starts of Lambda"}
Form = Callable[[Any], str]
PERCENT: Form = "{:.1%}".format
FORMS: Mapping[str, Form] = {
    "requests": "{:,.0f}".format,
    **dict.fromkeys(
        ("lambda better", "wanted", "pairs that differ", "least", "most", "accuracy", "precision", "recall",
         "F1", "regret", "extra cost", "train - test", "errors", "on Lambda"), PERCENT
    ),
    **dict.fromkeys(("least at KB", "most at KB", "ONNX, KB"), "{:,.0f}".format),
    **dict.fromkeys(("ROC-AUC", "calibration error", "log loss"), "{:.3f}".format),
    **dict.fromkeys(("one row, ms", "one row ONNX, ms"), "{:.3f}".format),
    **dict.fromkeys(("extra latency, ms", "mean latency, ms", "p95 latency, ms"), "{:,.1f}".format),
    **dict.fromkeys(("burden, $/million", "cost, $/million", "regret, $/million"), "{:,.2f}".format),
}  # fmt: skip
"""How the numbers of a column are written."""


def page(run: Run, cold_starts: Mapping[str, Any] | None = None) -> str:
    """The whole page; `cold_starts` is what that study printed, if it could be run."""
    facts = told(run)
    titles = {**TITLES, **(COLD if cold_starts else {})}
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(TEMPLATE.read_text()).render(
        figures={name: inline(each) for name, each in figures(run).items()},
        tables={name: shown(each) for name, each in frames(run, cold_starts).items()},
        titles=titles,
        sections=list(titles.items()),
        prices=TWINS.prices,
        **facts,
    )


def figures(run: Run) -> dict[str, Any]:
    """Every figure, by the name that the page knows it by."""
    requests, test, answers = steps.requests(run), steps.rows(run, "test"), steps.answers(run)
    judged = steps.judged(run)
    model, why = steps.model(run, judged["learner"]), reasons.explained(run)
    return {
        "shares": plots.share_by_type(tables.shares(requests)),
        "variance": plots.variance(tables.variance(requests)),
        "timeline": plots.timeline(requests),
        "search": plots.search(steps.searched(run)),
        "confusion": plots.confusion(test, answers),
        "roc": plots.roc(test, answers),
        "calibration": plots.calibration(test, answers),
        "importance": reason_plots.importance(judged["importance"], judged["learner"]),
        "shap_summary": reason_plots.shap_summary(why),
        "shap_dependence": reason_plots.shap_dependence(why),
        "regret": reason_plots.regret(scores.regret_by(run)),
        "map": reason_plots.decision_map(reasons.map_of(model)),
    }


def frames(run: Run, cold_starts: Mapping[str, Any] | None) -> dict[str, pd.DataFrame]:
    """Every table, by the name that the page knows it by."""
    requests = steps.requests(run)
    found = {
        "shares": tables.shares(requests),
        "variance": tables.variance_by_type(tables.variance(requests)),
        "splits": tables.split_table(steps.measured(run)),
        "kept": kept(run),
        **dict(zip(("comparison", "costs"), compared(run), strict=True)),
        "choice": choice(run),
        "policies": scores.policies(run),
        "classes": by_platform(run),
        "regret_by": by_place(scores.regret_by(run)),
        "checks": checks.checks(run, requests),
    }
    return found | ({"cold_starts": cold(cold_starts)} if cold_starts else {})


def compared(run: Run) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The learners and the trivial answers: how often they are right, and what they cost."""
    whole = scores.comparison(run)
    place = whole.columns.get_loc("regret")
    return whole.iloc[:, :place], whole.iloc[:, place:]


def kept(run: Run) -> pd.DataFrame:
    trials = steps.searched(run)
    chosen = trials[trials["kept"]].set_index("learner")
    found = pd.DataFrame({"log loss": chosen["value"], "hyperparameters": chosen["hyperparameters"]})
    return found.rename(index=steps.title)


def choice(run: Run) -> pd.DataFrame:
    """What the rule looked at."""
    rivals = steps.judged(run)["rivals"]
    rows = {
        steps.title(name): {
            "regret": each["validation"]["regret"],
            "accuracy": each["validation"]["accuracy"],
            "ONNX, KB": each["bytes"] / 1024,
            "chosen": "yes" if each["chosen"] else "",
        }
        for name, each in rivals.items()
    }
    return pd.DataFrame(rows).T


def by_platform(run: Run) -> pd.DataFrame:
    return pd.DataFrame(steps.judged(run)["per_class"]).T.rename(columns={"rows": "requests", "f1": "F1"})


def by_place(regret: pd.DataFrame) -> pd.DataFrame:
    names = regret["workload"].map(tables.plain) + ", " + regret["load"].map(tables.plain)
    return regret.drop(columns=["workload", "load"]).set_index(names)


def cold(found: Mapping[str, Any]) -> pd.DataFrame:
    """R2 of each rule and of the trees, by what they were judged on."""
    judged = {
        "last 30% of rows, known configurations": found["later_days"],
        "configurations held out": found["held_out_configurations"],
        "whole runtimes held out": found["held_out_runtimes"],
        "whole families held out": found["held_out_families"],
        "newcomers of half a year": found["new_configurations"]["all"],
    }
    makers = {
        "own": "its own median",
        "family": "median of the family",
        "relative": "nearest relative",
        "trees": "trees",
    }
    rows = {
        name: {title: _r2(each[maker]) if maker in each else "" for maker, title in makers.items()}
        for name, each in judged.items()
    }
    return pd.DataFrame(rows).T


def _r2(told: Mapping[str, Any]) -> str:
    low, high = told["r2_interval"]
    return f"{told['r2']:.3f} ({low:.2f} to {high:.2f})"


def shown(frame: pd.DataFrame) -> dict[str, Any]:
    """A table as text, each column in the form of its kind."""
    columns = [str(each) for each in frame.columns]
    rows = [
        [str(name), *(cell(column, value) for column, value in zip(columns, values, strict=True))]
        for name, values in zip(frame.index, frame.itertuples(index=False), strict=True)
    ]
    return {"columns": columns, "rows": rows}


def cell(column: str, value: Any) -> str:
    """Nothing where there is no number."""
    if isinstance(value, str):
        return value
    if pd.isna(value):
        return ""
    written = FORMS.get(column, str)(value)
    return written.removeprefix("-") if set(written) <= set("-0.%") else written

"""What the placement report says in words, with the numbers of the run in them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from catalog.models.placement import TWINS
from studies import placement_checks
from studies import placement_reasons as reasons
from studies import placement_scores as scores
from studies import placement_steps as steps
from studies import placement_tables as tables
from studies.placement_reason_plots import MOST_IMPORTANT
from studies.placement_steps import CONTRACT, TRAINING, Run

WORDS = Path(__file__).with_suffix(".toml")


def told(run: Run) -> dict[str, Any]:
    """The chosen learner's title, the tiles and a paragraph for each section."""
    metrics, checks = steps.judged(run)["metrics"], placement_checks.checks(run, steps.requests(run))
    missed = checks.index[checks["result"] == "MISS"].tolist()
    facts = {
        **_of_data(run),
        **_of_learners(run),
        **_of_answers(run),
        "passed": f"{len(checks) - len(missed)} of {len(checks)}",
        "missed": f"Missed: {'; '.join(missed)}. " if missed else "",
        "best": f"{scores.achievable(run)['accuracy']:.1%}",
    }
    words: dict[str, str] = tomllib.loads(WORDS.read_text())
    return {
        "chosen": facts["chosen"],
        "tiles": {
            "requests": facts["requests"],
            "chosen": facts["chosen"],
            "accuracy": f"{metrics['accuracy']:.1%}",
            "achievable": facts["best"],
            "regret": f"{metrics['regret']:.1%}",
            "checks": facts["passed"],
        },
        "text": {name: text.format(**facts) for name, text in words.items()},
    }


def _of_data(run: Run) -> dict[str, str]:
    requests, metadata, placement = steps.requests(run), steps.measured(run), TWINS
    share = float((requests["best"] == "lambda").mean())
    pairs = tables.variance(requests)
    return {
        "requests": f"{len(requests):,}",
        "second": f"{placement.latency_usd_per_s:g}",
        "failure": f"{placement.error_usd:g}",
        "limit": f"{placement.function.limit_kb:,.0f}",
        "share": f"{share:.1%}",
        "common": f"{max(share, 1 - share):.1%}",
        "differ": f"{float((pairs['differ'] * pairs['pairs']).sum() / pairs['pairs'].sum()):.1%}",
        **{name: f"{facts['rows']:,}" for name, facts in metadata["splits"].items()},
        "gone": f"{metadata['rows']['unpaired'] + metadata['rows']['gap']:,}",
        "trials": str(run.trials),
        "jobs": str(TRAINING.tuning.jobs),
    }


def _of_learners(run: Run) -> dict[str, str]:
    rule, judged = TRAINING.promotion, steps.judged(run)
    accuracies = [each["test"]["accuracy"] for each in judged["rivals"].values()]
    chosen = steps.title(judged["learner"])
    burden = scores.policies(run)["burden, $/million"].astype(float).to_dict()
    mine = burden.pop(scores.chosen_title(run))
    burden.pop("oracle")
    rival = min(burden, key=lambda name: burden[name])
    return {
        "spread": f"{100 * (max(accuracies) - min(accuracies)):.1f}",
        "metric": rule.metric,
        "margin": f"{100 * rule.margin:g}",
        "chosen": chosen,
        "mine": f"{mine:.2f}",
        "saved": f"{1 - mine / burden[rival]:.1%}",
        "rival": str(rival),
        "theirs": f"{burden[rival]:.2f}",
    }


def _of_answers(run: Run) -> dict[str, str]:
    judged, why, by = steps.judged(run), reasons.explained(run), scores.regret_by(run)
    first, share = next(iter(judged["importance"].items()))
    total = (by["regret, $/million"] * by["requests"]).to_numpy(float)
    worst = int(total.argmax())
    kind, load, count = (by[name].tolist()[worst] for name in ("workload", "load", "requests"))
    return {
        "error": f"{100 * judged['metrics']['calibration_error']:.1f}",
        "first": first,
        "first_share": f"{share:.1%}",
        "most": f"{MOST_IMPORTANT:.0%}",
        "explained": f"{len(why.features):,}",
        "how": why.how,
        "moving": ", ".join(CONTRACT.columns[column] for column in why.order[:3]),
        "worst": f"{tables.plain(kind)} at {tables.plain(load)}",
        "worst_share": f"{total[worst] / total.sum():.0%}",
        "worst_requests": f"{count / by['requests'].sum():.0%}",
    }

"""The studies on data that no one here wrote, each a process of its own that prints its figures."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from local.bench.page import Section
from local.bench.process import timed
from local.run.data import ROOTS

Figures = dict[str, Any]
PUBLISHED = {"knn_cad": "knncad", "windowed_gaussian": "windowedGaussian", "null": "null", "random": "random"}
"""Detectors of the study, as NAB names them."""


def measure(data: Path, say: Callable[[str], None]) -> Iterator[Section]:
    """A section for each set that `data` holds; those it lacks are told."""
    for folder, (module, told) in STUDIES.items():
        if not (data / folder).is_dir():
            say(f"left out: {data} holds no {folder}")
            continue
        run = timed([sys.executable, "-m", module, str((data / folder).resolve())], {"PYTHONPATH": ROOTS})
        yield told(json.loads(run.output[run.output.index("{") :]))


def nab(found: Figures) -> Section:
    corpus, shipped = found["corpus"], found["at_false_alarm_rate"]
    section = Section(
        "Anomalies: NAB",
        ("detector", "development", "held out", "held out, development's threshold", "all", "published"),
        before=f"NAB's own rules, standard profile, {corpus['files']} of its {corpus['of_files']} files. "
        "Each figure takes the best threshold of its own files, as NAB does; that of the fourth "
        "column was chosen without a look at them. The detector was designed on the development "
        "files; what was changed after the held-out ones were first scored stands in "
        "[anomaly.md](anomaly.md). Published: by NAB, on all its files.",
        after=_nab_goals(found)
        + f" With no threshold chosen, at a false-alarm rate of .003: {shipped['0.003']['score']:.1f} "
        f"({shipped['0.003']['found']} of {shipped['0.003']['windows']} windows, "
        f"{shipped['0.003']['false']} false alarms); at .001: {shipped['0.001']['score']:.1f}.",
    )
    published = found["published_whole_corpus"]
    for name, profiles in found["results"].items():
        row = profiles["standard"]
        parts = ("development", "held_out", "held_out_at_development_threshold", "all")
        section.add(name, *(f"{row[part]['score']:.1f}" for part in parts), _published(published, name))
    chance = found["random"]
    mean = f"{chance['mean']:.1f} (mean of {chance['seeds']} seeds)"
    section.add("random", "-", "-", "-", mean, _published(published, "random"))
    return section


def _nab_goals(found: Figures) -> str:
    score = found["results"]["knn_evt"]["standard"]["all"]["score"]
    return f"Goal above 58: {_reached(score > 58)}. Stretch 70: {_reached(score >= 70)}."


def _published(published: Figures, name: str) -> str:
    scores = published.get(PUBLISHED.get(name, ""))
    return f"{scores['standard']:.1f}" if scores else "-"


def petshop(found: Figures) -> Section:
    scores, chosen = found["low_traffic"], found["chosen_on_train"]
    shipped = scores["failure_model"]["test"]
    section = Section(
        "Failure onsets: PetShop",
        ("score", "AUC on train", "AUC on test", "95% on test", "control without issue"),
        before="Low traffic, points after an onset against points before it, within fault files alone; "
        "intervals draw whole issues. Train issues are scored by what was made without them. "
        "`failure_model` is this project's, trained on synthetic snapshots alone; `robust_z` is "
        "the baseline. The control must be near .5: a score that knows a point's place in its "
        "file lies above. What was looked at before stands in [failure.md](failure.md).",
        after=f"Chosen on train among {found['variants']}: `{chosen}`. Goal of .88 on test: "
        f"{_reached(scores[chosen]['test']['auc'] >= 0.88)} by it, "
        f"{_reached(shipped['auc'] >= 0.88)} by `failure_model`. `own_start` is judged on fewer points.",
    )
    for name, each in scores.items():
        interval = " to ".join(f"{edge:.3f}" for edge in each["test"]["interval"])
        aucs = (f"{each[part]['auc']:.3f}" for part in ("train", "test"))
        section.add(name, *aucs, interval, f"{found['without_issue'][name]:.3f}")
    return section


def http_params(found: Figures) -> Section:
    section = Section(
        "Payloads: HttpParams",
        ("classes", "answer", "accuracy", "macro-F1"),
        before=f"The author's split: {found['train']:,} texts to learn from, {found['test']:,} to judge, "
        f"{found['test_texts_also_in_train']} of these in both. Hyperparameters by "
        "cross-validation within the first part. The record has four classes: path traversal and "
        "command injection are one.",
        after="Goal of .985 with the record's classes: "
        f"{_reached(found['four_classes']['model']['macro_f1'] >= 0.985)}; with the set's five: "
        f"{_reached(found['five_classes']['model']['macro_f1'] >= 0.985)}.",
    )
    for classes in ("four_classes", "five_classes"):
        for answer in ("majority", "keywords", "model"):
            told = found[classes][answer]
            section.add(classes.split("_")[0], answer, f"{told['accuracy']:.4f}", f"{told['macro_f1']:.4f}")
    return section


def cold_start(found: Figures) -> Section:
    new = found["new_configurations"]
    section = Section(
        "Cold starts: lambda-perf",
        ("judged on", "answer", "R2", "95%", "mean absolute error, ms", "median error"),
        before=f"{found['rows']:,} days of {found['configurations']} configurations. Intervals draw whole "
        "runtimes. `own` answers by the configuration's median, `relative` by the nearest version's. What "
        "each part keeps from the answers stands in [cold-start.md](cold-start.md).",
        after="Goal of .5 for configurations never measured, by `relative` and by `trees`: with whole "
        f"runtimes held out {_both(found['held_out_runtimes'])}; of those that appeared "
        f"later, {_both(new['all'])}, "
        f"and where their family was known before, {_both(new['of_known_families'])}.",
    )
    later = {f"new, {group.replace('_', ' ')}": told for group, told in new.items()}
    parts = ("later_days", "held_out_configurations", "held_out_runtimes", "held_out_families")
    for part, told in ({each.replace("_", " "): found[each] for each in parts} | later).items():
        for name, row in told.items():
            if isinstance(row, dict):
                interval = " to ".join(f"{edge:.3f}" for edge in row["r2_interval"])
                figures = (f"{row['r2']:.3f}", interval, f"{row['mae_ms']:.1f}", f"{row['median_error']:.1%}")
                section.add(part, name, *figures)
    return section


def _both(told: Figures) -> str:
    return " and ".join(_reached(told[name]["r2"] > 0.5) for name in ("relative", "trees"))


def _reached(enough: bool) -> str:
    return "reached" if enough else "**not reached**"


STUDIES: dict[str, tuple[str, Callable[[Figures], Section]]] = {
    "nab_aws_cloudwatch": ("studies.nab", nab),
    "petshop": ("studies.petshop", petshop),
    "http_params": ("studies.http_params", http_params),
    "lambda_perf": ("studies.cold_start", cold_start),
}
"""By the folder of the set: the module that studies it, and the table of what that prints."""

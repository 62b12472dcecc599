"""Processing job: a candidate on the untouched test split, beside trivial baselines and the champion.

Of several learners' candidates the validation split chooses one; the test split judges it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

import artifact
import baselines
import curves
import dataset
import metrics
import reference
from artifact import Artifact
from baselines import Answers
from catalog.contract import Contract
from challenge import LEAST_FRESH_ROWS, challenge, fresh
from comparison import Rule, ask, compare, judged
from dataset import Rows
from encoding import Encoder, Matrix
from jobs import JobError, bundled_contract, run
from scoring import by_horizon, intervals, score

MOST_IMPORTANT = 30
"""Columns whose importance the evaluation tells."""
TOLD = ("model", "learner", "rows", "metrics", "baselines", "champion", "challenge")
"""What the job's log tells of the evaluation."""


def evaluate(
    *,
    test: Path,
    metadata: Path,
    models: Sequence[Path],
    output: Path,
    champion: Path | None,
    contract: Contract,
    validation: Path | None = None,
    rule: Rule | None = None,
    least_fresh_rows: int = LEAST_FRESH_ROWS,
) -> dict[str, Any]:
    """Writes `evaluation.json` below `output` and returns it. JobError on an unusable split or candidate.

    `alone` holds the candidate's metrics on the same rows as if each had been sent without its history.
    Of several `models` the `rule` chooses one on `validation`: `rivals` tells of all, by learner, `chosen`
    is the place of the one that all else is about. By the same rule's metric the candidate challenges the
    champion, where there is one that can be compared.
    """
    known, rows = dataset.read_metadata(metadata, contract), dataset.read(test, contract)
    candidates = [opened(path, contract) for path in models]
    rivals, chosen = _compared(candidates, rows, validation, rule)
    candidate = candidates[chosen]
    answers = ask(candidate, rows.features)
    reigning, note = _champion(champion, contract)
    alone = ask(candidate, _without(rows.features, history(contract)))
    found = {
        "model": contract.name,
        "profile": known["profile"],
        "rows": len(rows),
        "data_hash": known["data_hash"],
        "data_until": known["splits"]["test"]["to"],
        "contract_hash": contract.hash,
        "learner": candidate.learner,
        "hyperparameters": candidate.facts["hyperparameters"],
        "chosen": chosen,
        "rivals": rivals,
        "metrics": judged(candidate, rows, answers),
        "alone": score(rows, alone, contract),
        "baselines": {
            name: score(rows, each, contract)
            for name, each in baselines.all_of(rows, contract, known).items()
        },
        "champion": judged(reigning, rows, ask(reigning, rows.features)) if reigning else None,
        "champion_note": note,
        "challenge": (
            challenge(reigning, rows, answers, fresh(reigning, test, known), rule, least_fresh_rows)
            if reigning and rule
            else None
        ),
        **_classes(rows, answers, contract),
        "importance": _most(candidate.facts["importance"]),
        "horizons": by_horizon(rows, answers, contract),
        "confidence_intervals": intervals(rows, answers, contract),
    }
    output.mkdir(parents=True, exist_ok=True)
    (output / "evaluation.json").write_text(json.dumps(found, indent=1))
    if (counted := metadata / reference.FILE).is_file():
        shutil.copyfile(counted, output / reference.FILE)
    return found


def history(contract: Contract) -> NDArray[np.bool_]:
    """Which columns (columns,) a record that is sent alone cannot have unless it is given them: earlier
    records, and what the feature code leaves missing without them."""
    record: dict[str, Any] = {key.name: key.example for key in contract.record.keys}
    record |= {each.name: each.example for each in contract.record.given if each.missing != "derive"}
    record |= {text.name: text.example for text in contract.record.texts}
    encoder = Encoder.of(contract)
    missing = np.isnan(encoder.windows(encoder.read([record]))[0])
    return np.append(missing, np.zeros(len(contract.columns) - len(missing), bool))


def _without(features: Matrix, columns: NDArray[np.bool_]) -> Matrix:
    return np.where(columns, np.float32(np.nan), features)


def _load(path: Path) -> Artifact:
    """JobError where the file is no model; ModuleNotFoundError where this container lacks its library."""
    try:
        with TemporaryDirectory() as folder, tarfile.open(path) as archive:
            archive.extractall(folder, filter="data")
            return artifact.load(Path(folder))
    except (OSError, ValueError, KeyError, tarfile.TarError) as error:
        raise JobError(f"{path} is not a model that train.py wrote: {str(error).splitlines()[0]}") from None


def opened(path: Path, contract: Contract) -> Artifact:
    """The candidate at `path`; JobError where it is none, or of another contract."""
    found = _load(path)
    if found.contract.hash != contract.hash:
        raise JobError(
            f"{path} was trained for contract {found.contract.hash}, this code has {contract.hash}"
        )
    return found


def _compared(
    candidates: Sequence[Artifact], test: Rows, validation: Path | None, rule: Rule | None
) -> tuple[dict[str, Any], int]:
    if len(candidates) == 1:
        return {}, 0
    if validation is None or rule is None:
        raise JobError(
            f"{len(candidates)} candidates need --validation and --metric, by which one of them is chosen"
        )
    return compare(candidates, dataset.read(validation, candidates[0].contract), test, rule)


def _champion(path: Path | None, contract: Contract) -> tuple[Artifact | None, str | None]:
    """The champion, or why there is none to compare with here."""
    if path is None or not path.is_file():
        return None, "there is no champion yet"
    try:
        champion = _load(path)
    except ModuleNotFoundError as error:
        return None, f"the champion needs {error.name}: not comparable here"
    if champion.contract.hash != contract.hash:
        held = champion.contract.hash
        return None, f"the champion has contract {held}, this one is {contract.hash}: not comparable"
    return champion, None


def _classes(rows: Rows, answers: Answers, contract: Contract) -> dict[str, Any]:
    names = contract.target.classes
    if answers.labels is None:
        return {"confusion_matrix": None, "classes": [], "per_class": {}, "roc": {}, "calibration": None}
    truth = rows.target.astype(np.int64)
    matrix = metrics.confusion(truth, answers.labels, len(names))
    parts = zip(names, *metrics.per_class(matrix), matrix.sum(axis=1), strict=True)
    return {
        "confusion_matrix": matrix.tolist(),
        "classes": list(names),
        "per_class": {
            name: {"precision": float(p), "recall": float(r), "f1": float(f), "rows": int(n)}
            for name, p, r, f, n in parts
        },
        "roc": curves.roc(truth, answers.values, names),
        "calibration": curves.calibration(truth, answers.values, answers.labels),
    }


def _most(importance: dict[str, float]) -> dict[str, float]:
    """The columns that matter most, first the most important one."""
    ranked = sorted(importance.items(), key=lambda item: -item[1])
    return dict(ranked[:MOST_IMPORTANT])


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="evaluate.py", description=__doc__)
    parser.add_argument("--test", type=Path, required=True, help="folder of the test split")
    parser.add_argument("--metadata", type=Path, required=True, help="folder of metadata.json")
    told = "a candidate's model.tar.gz; once for each learner"
    parser.add_argument("--model", type=Path, required=True, action="append", dest="models", help=told)
    parser.add_argument("--output", type=Path, required=True, help="folder for evaluation.json")
    parser.add_argument("--validation", type=Path, help="folder of the split that chooses one of several")
    parser.add_argument("--metric", help="by which it is chosen, and challenges the champion")
    parser.add_argument("--goal", choices=("Minimize", "Maximize"), default="Minimize", help="of the metric")
    parser.add_argument(
        "--margin", type=float, default=0.0, help="within which the smallest export is chosen"
    )
    parser.add_argument("--champion", type=Path, help="the champion's model.tar.gz, if there is one")
    told = "rows newer than the champion's data, on which alone it is challenged; all where there are fewer"
    parser.add_argument("--least-fresh-rows", type=int, default=LEAST_FRESH_ROWS, help=told)
    parser.add_argument("--message", type=Path, help="file for the reason of a failure")
    return parser.parse_args(argv)


def main(argv: Sequence[str]) -> int:
    given = vars(_arguments(argv))
    message = given.pop("message")
    metric, goal, margin = (given.pop(name) for name in ("metric", "goal", "margin"))
    given["rule"] = Rule(metric, goal == "Maximize", margin) if metric else None

    def job() -> None:
        found = evaluate(**given, contract=bundled_contract())
        print(
            json.dumps({name: found[name] for name in TOLD}),
            flush=True,
        )

    return run(job, message)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

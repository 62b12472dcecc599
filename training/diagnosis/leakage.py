"""Columns that tell the target by themselves, judged on rows that were held out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import r2_score, roc_auc_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from diagnosis.findings import Finding, percent
from diagnosis.profile import SEED, Profile
from diagnosis.target import MOST_CLASSES, is_classes

Floats = NDArray[np.float64]
MOST_ROWS = 20_000
HELD_OUT = 0.3
DEPTH, LEAF = 6, 10
COPY, LEAK, SUSPECT = 0.999999, 0.999, 0.98
FEWEST = 100
LATER_MS, LATER = 60_000, 0.01
PRIOR = 5.0
"""Rows that a value's own label share is weighed against."""


@dataclass(frozen=True)
class Power:
    """How well one column tells the target: AUC of classes (mean over them), R2 of numbers."""

    column: str
    measure: str
    score: float
    copy: bool


def powers(found: Profile, names: Sequence[str]) -> list[Power]:
    """Of the columns named, the most telling first; none where there is too little to judge by."""
    target = found.roles.target
    if target is None or not found.columns[target].given:
        return []
    column = found.columns[target]
    told = found.sample[found.sample[target].notna()]
    classes = is_classes(column)
    if len(told) < FEWEST or column.different < 2 or (classes and column.different > MOST_CLASSES):
        return []
    learn, test = _halves(told, found)
    judged = []
    for name in names:
        score = _classes(learn, test, name, target) if classes else _numbers(learn, test, name, target)
        if score is not None:
            copy = _copies(told[name], told[target], classes)
            judged.append(Power(name, "AUC" if classes else "R2", float(score), copy))
    return sorted(judged, key=lambda each: (-each.copy, -each.score))


def _halves(told: pd.DataFrame, found: Profile) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Earlier rows and later ones where there is a time and both have every class, else a draw."""
    told = told.sample(min(len(told), MOST_ROWS), random_state=SEED)
    target, time = found.roles.target, found.roles.time
    cut = round(len(told) * (1 - HELD_OUT))
    if time:
        sorted_ = told.sort_values(time, kind="stable")
        learn, test = sorted_.iloc[:cut], sorted_.iloc[cut:]
        if set(learn[target].unique()) >= set(test[target].unique()) and test[target].nunique() > 1:
            return learn, test
    return told.iloc[:cut], told.iloc[cut:]


def _inputs(frame: pd.DataFrame, name: str) -> Floats:
    values = frame[name].to_numpy(float)
    return np.clip(np.where(np.isinf(values), np.nan, values), -1e30, 1e30).reshape(-1, 1)


def _is_text(frame: pd.DataFrame, name: str) -> bool:
    return not pd.api.types.is_numeric_dtype(frame[name])


def _classes(learn: pd.DataFrame, test: pd.DataFrame, name: str, target: str) -> float | None:
    known = sorted(learn[target].unique())
    if _is_text(learn, name):
        shares = np.column_stack(
            [_shares(learn, test, name, (learn[target] == each).astype(float)) for each in known]
        )
    else:
        tree = DecisionTreeClassifier(max_depth=DEPTH, min_samples_leaf=LEAF, random_state=0)
        shares = tree.fit(_inputs(learn, name), learn[target].astype(str)).predict_proba(_inputs(test, name))
        known = list(tree.classes_)
    labels = test[target].astype(str)
    scores = [
        roc_auc_score(labels == str(each), shares[:, place])
        for place, each in enumerate(known)
        if 0 < (labels == str(each)).sum() < len(labels)
    ]
    return float(np.mean(scores)) if scores else None


def _numbers(learn: pd.DataFrame, test: pd.DataFrame, name: str, target: str) -> float | None:
    truth = test[target].to_numpy(float)
    if not np.ptp(truth) or not np.isfinite(truth).all():
        return None
    if _is_text(learn, name):
        told = _shares(learn, test, name, learn[target])
    else:
        tree = DecisionTreeRegressor(max_depth=2 * DEPTH, min_samples_leaf=LEAF, random_state=0)
        told = tree.fit(_inputs(learn, name), learn[target]).predict(_inputs(test, name))
    return float(r2_score(truth, told))


def _shares(learn: pd.DataFrame, test: pd.DataFrame, name: str, label: pd.Series[Any]) -> Floats:
    """What each value of the test rows comes to in the others, drawn to the mean where it is rare."""
    base = float(label.mean())
    groups = label.groupby(learn[name].astype(object).where(learn[name].notna(), ""))
    share = (groups.sum() + PRIOR * base) / (groups.count() + PRIOR)
    found: Floats = (
        test[name].astype(object).where(test[name].notna(), "").map(share).fillna(base).to_numpy(float)
    )
    return found


def _copies(values: pd.Series[Any], target: pd.Series[Any], classes: bool) -> bool:
    """Whether each value stands for one label and each label for one value."""
    both = pd.DataFrame({"value": values, "target": target}).dropna()
    if len(both) < max(FEWEST, len(target) / 2):
        return False
    if classes:
        pairs = len(both.drop_duplicates())
        return pairs == both["value"].nunique() == both["target"].nunique() > 1
    if not pd.api.types.is_numeric_dtype(values):
        return False
    wide = both.to_numpy(float)
    if not (np.isfinite(wide).all() and wide.std(axis=0).all()):
        return False
    return bool(abs(np.corrcoef(wide.T)[0, 1]) > COPY)


def findings(judged: Sequence[Power], unread: set[str]) -> Iterator[Finding]:
    """`unread` are columns that the model never reads: what they tell does no harm."""
    for each in judged:
        if not each.copy and each.score < SUSPECT:
            continue
        sure = each.copy or each.score >= LEAK
        where = "on rows held out (1 is perfect)"
        yield Finding(
            code="target-copy" if each.copy else "leakage",
            severity="blocking" if sure and each.column not in unread else "warning",
            columns=(each.column,),
            seen=f"Alone it reaches {each.measure} {each.score:.4f} {where}."
            + (" The model does not read it." if each.column in unread else ""),
            sampled=True,
        )


def later(found: Profile, unread: set[str]) -> Iterator[Finding]:
    """Columns of times that lie after the record's own."""
    time = found.roles.time
    if time is None or found.columns[time].kind != "time":
        return
    for column in found.of_kind("time"):
        if column.name == time or not column.given:
            continue
        both = found.sample[[time, column.name]].dropna()
        after = (both[column.name] - both[time]).dt.total_seconds() * 1000 > LATER_MS
        if after.mean() > LATER:
            yield Finding(
                code="future",
                severity="warning" if column.name in unread else "blocking",
                columns=(column.name,),
                seen=f"{percent(int(after.sum()), len(both))} of its times are after {time}.",
                sampled=found.sampled,
            )

"""Which options another one of the same group makes superfluous."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimize.fleet import Fleet, Numbers, Places
from optimize.programme import prices
from optimize.requirement import Requirement

Kept = NDArray[np.bool_]
NEAR = 1e-9


def dominated(fleet: Fleet, requirement: Requirement, value: float) -> Kept:
    """Options without which a choice cheaper than `value` costs no more: some of another option give at least
    as much, are no dearer and no riskier, and are to be had in any number that costs less than `value`."""
    cost, made = prices(fleet, requirement), np.zeros(len(fleet), bool)
    able = (cost > 0) & (fleet.most * cost >= value)
    for own in fleet.members:
        others = own[able[own]]
        if len(others):
            made[own] = _replaced(fleet, requirement, cost, others, own).any(axis=0)
    return made


def _replaced(
    fleet: Fleet, requirement: Requirement, cost: Numbers, others: Places, own: Places
) -> NDArray[np.bool_]:
    """By which of the others (rows) which of the group's own (columns) can be replaced."""
    kinds = {limit.kind for limit in requirement.limits}
    supplies = [fleet.columns[limit.column] for limit in requirement.limits if limit.kind == "supply"]
    times = np.max([np.ceil(_ratio(column, others, own)) for column in supplies], axis=0)
    times = np.maximum(times, 1.0)
    fits = np.isfinite(times) & _no_more(cost, times, others, own)
    if "cost" in kinds:
        fits &= _no_more(fleet.cost, times, others, own)
    if kinds & {"mean", "share"}:
        weight = fleet.columns[requirement.unit.column]
        fits &= times * weight[others][:, None] == weight[own][None, :]
    for limit in requirement.limits:
        if limit.kind == "mean":
            risk = fleet.columns[limit.column]
            fits &= risk[others][:, None] <= risk[own][None, :]
    equal_and_later = _no_more(-cost, times, others, own) & (others[:, None] >= own[None, :])
    found: NDArray[np.bool_] = fits & ~equal_and_later
    return found


def _ratio(column: Numbers, others: Places, own: Places) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        found = column[own][None, :] / column[others][:, None]
    return np.where(column[own][None, :] > 0, found - NEAR, 0.0)


def _no_more(column: Numbers, times: Numbers, others: Places, own: Places) -> NDArray[np.bool_]:
    whole = np.where(np.isfinite(times), times, 1.0) * column[others][:, None]
    fits: NDArray[np.bool_] = whole <= column[own][None, :]
    return fits

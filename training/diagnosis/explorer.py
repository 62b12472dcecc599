"""skrub's own table report of a few rows, to look around in. It runs scripts: its frame has no rights."""

from __future__ import annotations

import warnings

import numpy as np

from diagnosis.profile import Profile

MOST_ROWS, MOST_COLUMNS = 2_000, 60


def page(found: Profile) -> str:
    """A whole page; empty where there is nothing to explore."""
    if not len(found.sample):
        return ""
    import skrub

    frame = found.sample.iloc[:: max(1, len(found.sample) // MOST_ROWS), :MOST_COLUMNS]
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        text: str = skrub.TableReport(
            frame.reset_index(drop=True), verbose=0, plot_distributions=True, compute_associations=True
        ).html()
    return text

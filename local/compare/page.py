"""docs/placement-comparison.md: what `make compare` found last, each mode in sections of its own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from local.bench.page import Section
from local.run.place import ROOT

PAGE = ROOT / "docs" / "placement-comparison.md"
IMAGES = ROOT / "docs" / "images"
HEAD = """# What placing requests saves

Written by `make compare`; never asserted by a test. The same requests are served by Lambda only, by Fargate
only, and each where the model places it. Intervals are of 95%, by Student's t over seeds; each seed is a new
load.

- *Total cost*: Lambda's bill, all task-seconds of the fleet (used or not) and the router. API Gateway, NAT,
  load balancer and logs are in none of them. List prices, see `catalog/placement.py`.
- *p95, p99*: a request without an answer is slower than any other; `-` where the percentile falls among
  those. Averages are of answered requests.
- *Routing accuracy*: share of requests served where their burden was the lesser, by what both platforms would
  have done with them at that moment.
- *Burden*: the bill, and what waiting and failures are worth (also there): what labels are made of, and what
  the router is to make small.
- *Return on the router's cost*: dollars saved, the router paid, for each dollar that it costs; against the
  baseline with the smaller bill, and against Lambda only.
- *ML-routed*: a function of its own says where, and the caller goes there. *Forwarding*: that function goes
  there itself, as `POST /route` does, and is billed while it waits. *In the caller*: the same model in the
  caller's own process, without a way to go.
- All of these go to Lambda only where the model is sure enough of it (`lambda_from` in
  `catalog/models/placement.py`), as `POST /route` does; *how sure of the function* shows what that trades.
- *Oracle*: knows what each request will meet on either platform and takes the lesser burden; no router is
  paid. It bounds the burden; as a fleet's bill is shared, it is no strict bound on that. *Of money alone*:
  the same where waiting is worth nothing.
- *The goal* is judged by whole intervals, and a p95 up to half a percent longer counts as equal."""
SIMULATED, LOCAL, EFFECTS, ACCOUNT = (
    "Simulated", "Local AWS, as measured here", "Local AWS, with the platforms' effects",
    "Account, as measured",
)  # fmt: skip
ORDER = (SIMULATED, LOCAL, EFFECTS, ACCOUNT)


def write(sections: Sequence[Section], mode: Sequence[str], path: Path = PAGE) -> None:
    """Replaces what the page tells of `mode` (first words of titles); other modes' sections stay."""
    kept = {title: text for title, text in _read(path).items() if not any(_of(title, each) for each in mode)}
    kept |= {section.title: section.text() for section in sections}
    ordered = sorted(kept, key=lambda title: next(n for n, each in enumerate(ORDER) if _of(title, each)))
    path.write_text("\n\n".join([HEAD, *(kept[title] for title in ordered)]) + "\n")


def _of(title: str, mode: str) -> bool:
    return title == mode or title.startswith(f"{mode}:")


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    parts = path.read_text().strip().split("\n## ")[1:]
    found = {part.split("\n", 1)[0]: "## " + part.strip() for part in parts}
    return {title: text for title, text in found.items() if any(_of(title, each) for each in ORDER)}

"""A router's function: its cold start by its parts, and what choosing and forwarding take."""

from __future__ import annotations

from catalog.spec import Router
from local.bench.page import Section

Figures = dict[str, float]
COLD_GOAL_MS, HANDLER_GOAL_MS, INFERENCE_GOAL_MS, STRETCH_MS = 500, 10, 1, 0.1
ABOUT = (
    "Measured as the functions above, with the environment of one that forwards. Import: code, boto3, "
    "Powertools. Start: the champion is loaded and asked for the contract's own example, and a client of "
    "each service is made; Lambda has both done, with a whole CPU, before the first request comes. Not "
    "compiled: no bytecode but the standard library's, as on Lambda. In process: features, model and answer, "
    "without the handler around them. Forwarding: to the function, as the caller wished; its answer is "
    "canned, so the twin's own time is left out, and the outcome is sent."
)


def section(router: Router, route: str, found: Figures, cold_s: float) -> Section:
    """`found` is in seconds, as the probe tells it."""
    made = Section(
        "Placing a request",
        ("what", "p50 (ms)", "p99 (ms)", "goal"),
        before=ABOUT,
        after=f"A prediction costs ${found['cost_usd']:.3g}: the invocation's own price, and that of "
        f"the milliseconds begun at {router.memory_mb} MB.",
    )
    for name, part in (("import", "import"), ("start", "start"), ("first answer", "first")):
        made.add(f"cold start: {name}", 1000 * found[part], "-", "-")
    made.add("cold start, all", 1000 * cold_s, "-", _goal("<", COLD_GOAL_MS, 1000 * cold_s))
    made.add("cold start, not compiled", 1000 * found["not_compiled"], "-", "-")
    chosen = _times(found, "choose_")
    inference = f"{_goal('p50 <', INFERENCE_GOAL_MS, chosen[0])}; {_goal('<', STRETCH_MS, chosen[0])}"
    made.add("in process", *chosen, inference)
    made.add("model alone", *_times(found, "session_"), "-")
    handled = _times(found, "")
    made.add(f"POST {route}, whole handler", *handled, _goal("p99 <", HANDLER_GOAL_MS, handled[1]))
    made.add(f"POST {router.forward}, without the twin", *_times(found, "route_"), "-")
    return made


def _times(found: Figures, prefix: str) -> tuple[float, float]:
    """In ms, at the median and the 99th percentile."""
    return 1000 * found[f"{prefix}p50"], 1000 * found[f"{prefix}p99"]


def _goal(below: str, most: float, value: float) -> str:
    return f"{below} {most:g}: {'reached' if value < most else '**not reached**'}"

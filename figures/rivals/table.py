"""What each method can do: the README's table."""

from __future__ import annotations

from figures.rivals.compare import RIVALS, SHOWN
from paper_checks.quantity import Quantity
from paper_checks.rivals import measure
from workflow.results import Results


def table(results: Results) -> str:
    """Return five tasks and what becomes of them, as Markdown."""
    settings = results.settings("rivals")
    rows: dict[str, list[Quantity]] = {}
    for name in ("squeezing", "subradiance"):
        short = {"squeezing": "ξ²", "subradiance": "s"}[name]
        expected, measured = measure.lowest(results, name)
        rows[f"{short}, N = 25 (exact {expected:.3f})"] = measured
    rows["error of the driven ⟨Jᶻ⟩/N, N = 40"] = [measure.driven(results, m) for m in RIVALS]
    for task, label in (
        ("large", f"N = {settings.large_size:,}, seconds"),
        ("many", f"{settings.many_sites} ensembles of 250, seconds"),
    ):
        seconds = (measure.seconds(results, task, method)[0] for method in RIVALS)
        rows[label] = [Quantity(float(value)) for value in seconds]
    lines = ["| | " + " | ".join(SHOWN[method] for method in RIVALS) + " |"]
    lines.append("|---" * (len(RIVALS) + 1) + "|")
    lines += [f"| {label} | " + " | ".join(map(str, found)) + " |" for label, found in rows.items()]
    few = f"Sampling methods: {settings.few_trajectories} trajectories in the last two lines."
    return "\n".join(lines) + f"\n\n{few}"

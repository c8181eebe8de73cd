"""Listed heads as text: every kind with its heads, best first."""

from typing import Any

from grader.base.language import _
from grader.exercises.names import statistic
from grader.kinds import PARAMETERS
from grader.schema import Kind, head_name, title


def listed(scores: dict[str, Any]) -> str:
    """Return what `grade scan` prints of an exercise, or of a recorded pattern."""
    lines = [f"{scores['exercise'] or _('recorded')}: {scores['transformer']}"]
    before = ""
    for row in scores["heads"]:
        kind = Kind.model_validate({key: row[key] for key in ("type", *PARAMETERS)})
        if kind.name != before:
            baseline = f"{row['baseline']:.2f}"
            on = _("(baseline {baseline}, {queries} queries)", baseline=baseline, queries=row["queries"])
            lines.append(f"\n{title(kind)}  {on}")
            if scores["exercise"] is None and row["queries"] < (least := scores["least_queries"]):
                lines.append(_("  with fewer than {least} queries no head is confirmed", least=least))
            before = kind.name
        low, high = row["interval"]
        mark = _("confirmed") if row["confirmed"] else _("not confirmed yet") if row["too_close"] else ""
        share, hit_rate = statistic("share"), statistic("hit_rate")
        lines.append(
            f"  {head_name(row['layer'], row['head']):<6} {row['score']:.3f}  [{low:.2f}, {high:.2f}]  "
            f"{share} {row['share']:.2f}  {hit_rate} {row['hit_rate']:.2f}  {mark}".rstrip()
        )
    return "\n".join(lines)

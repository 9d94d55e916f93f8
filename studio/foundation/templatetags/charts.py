"""Charts as SVG drawn here, with their figures in a table behind them: nothing to load, nothing to run."""

from collections.abc import Sequence
from typing import Any

from django import template

register = template.Library()

WIDTH, HEIGHT, FLOOR, ROOF = 480, 180, 156, 18


@register.inclusion_tag("foundation/_column_chart.html")
def column_chart(points: Sequence[tuple[str, float]], label: str, current: int = -1) -> dict[str, Any]:
    """One column per (word, figure); `current` is the place of the one to mark, by default the last.

    Words below the columns are thinned out where they would run into each other.
    """
    highest = max((figure for _word, figure in points), default=0) or 1
    step = WIDTH / max(len(points), 1)
    width = min(step * 0.62, 36)
    marked = current % len(points) if points else 0
    every = max(1, -(-len(points) * 44 // WIDTH))
    dense = step < 40
    columns = []
    for place, (word, figure) in enumerate(points):
        middle = place * step + step / 2
        # The last word of a dense row would stand out over the edge.
        at_edge = dense and place == len(points) - 1
        height = max(0.0, figure / highest * (FLOOR - ROOF))
        columns.append(
            {
                "word": word,
                "figure": figure,
                "shown": (len(points) - 1 - place) % every == 0,
                "now": place == marked,
                "x": f"{place * step + (step - width) / 2:.1f}",
                "anchor": "end" if at_edge else "middle",
                "under": f"{WIDTH if at_edge else middle:.1f}",
                "middle": f"{middle:.1f}",
                "y": f"{FLOOR - height:.1f}",
                "above": f"{FLOOR - height - 5:.1f}",
                "width": f"{width:.1f}",
                "height": f"{height:.1f}",
            }
        )
    return {"columns": columns, "label": label, "floor": FLOOR, "width": WIDTH, "height": HEIGHT}


@register.inclusion_tag("foundation/_share_chart.html")
def share_chart(parts: Sequence[tuple[Any, ...]], label: str) -> dict[str, Any]:
    """One bar divided into its parts, up to five, each (word, figure), or (word, figure, colour): a colour
    of its own keeps it where a part before it is missing."""
    total = sum(part[1] for part in parts) or 1
    pieces, start = [], 0.0
    for place, (word, figure, *colour) in enumerate(parts, start=1):
        share = figure / total * 100
        pieces.append(
            {
                "word": word,
                "figure": figure,
                "percent": round(share),
                "x": f"{start:.2f}",
                "width": f"{max(0.0, share - 0.4):.2f}",
                "series": colour[0] if colour else min(place, 5),
            }
        )
        start += share
    return {"pieces": pieces, "label": label}

"""The picture of a run: bars of the CPU time a request, and the ratios with their limits."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape

from tests.bench.figures import Figure
from tests.bench.lineup import FREITON
from tests.bench.load import Key, Load
from tests.bench.reads import SUITE

WIDTH = 860
LINE = 20
LABEL = 170
BARS_END = WIDTH - 100
LIMITS = (WIDTH - 240, WIDTH - 130, WIDTH - 10)
TITLES = {
    "T": "T, a list of 7 event types",
    "I": "I, one campaign",
    "C": "C, a list of 100 campaigns",
}
NOTES = (
    "Server CPU time of a request, on a logarithmic scale: shorter is better. Cold: each request differs from",
    "all others, so that no cached answer fits. Repeated: the same request each time.",
)
STYLE = """
    text { font: 13px system-ui, sans-serif; fill: #1f2328 }
    .title { font-weight: 600 }
    .end { text-anchor: end }
    .bar { fill: #8c959f }
    .own { fill: #0969da }
    .grid { stroke: #d1d9e0 }
    .missed { fill: #cf222e }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .bar { fill: #656c76 }
      .own { fill: #4493f8 }
      .grid { stroke: #3d444d }
      .missed { fill: #f85149 }
    }
"""

Bar = tuple[str, float]


def draw(loads: Mapping[Key, Load], figures: Iterable[Figure]) -> str:
    """Return the picture as SVG, readable on light and dark ground.

    :param loads: what the servers took for each workload.
    :param figures: the ratios.
    """
    parts: list[str] = []
    y = 2 * LINE
    times = [load.cpu for load in loads.values()]
    scale = (10 ** math.floor(math.log10(min(times))), 10 ** math.ceil(math.log10(max(times))))
    for note in NOTES:
        parts.append(_text(0, y - LINE, note))
        y += LINE
    y += LINE // 2
    for read, title in TITLES.items():
        bars = [(server, loads[server, f"cold {read}"].cpu) for server in SUITE]
        bars.insert(1, (f"{FREITON}, repeated", loads[FREITON, f"repeated {read}"].cpu))
        parts += _draw_bars(f"{title}: microseconds a request", bars, scale, y)
        y += (len(bars) + 3) * LINE
    rows = list(figures)
    parts += _draw_figures(rows, y)
    height = y + (len(rows) + 2) * LINE
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}">\n'
        f"<title>Freiton side by side with others</title>\n<style>{STYLE}</style>\n{''.join(parts)}</svg>\n"
    )


def _draw_bars(title: str, bars: Sequence[Bar], scale: tuple[float, float], y: int) -> Iterator[str]:
    yield _text(0, y, title, "title")
    low, high = (math.log10(end) for end in scale)
    for power in range(round(low), round(high) + 1):
        x = LABEL + (power - low) / (high - low) * (BARS_END - LABEL)
        yield f'<path class="grid" d="M{x:.0f} {y + 6}v{len(bars) * LINE + 4}"/>\n'
        yield _text(round(x) + 3, y + (len(bars) + 1) * LINE + 2, f"{10**power:,}")
    for number, (name, time) in enumerate(bars, 1):
        length = (math.log10(time) - low) / (high - low) * (BARS_END - LABEL)
        kind = "own" if name.startswith(FREITON) else "bar"
        top = y + number * LINE
        yield f'<rect class="{kind}" x="{LABEL}" y="{top - 11}" width="{length:.0f}" height="14" rx="2"/>\n'
        yield _text(LABEL - 8, top, name, "end")
        yield _text(round(LABEL + length) + 6, top, f"{time:,.0f}")


def _draw_figures(figures: Sequence[Figure], y: int) -> Iterator[str]:
    yield _text(0, y, "Ratios of medians in this run, and their limits", "title")
    for number, figure in enumerate(figures, 1):
        top = y + number * LINE
        yield _text(0, top, figure.what)
        for x, text in zip(LIMITS, figure.describe(), strict=True):
            yield _text(x, top, text, "end" if figure.is_kept else "end missed")


def _text(x: int, y: int, text: str, kind: str = "") -> str:
    return f'<text x="{x}" y="{y}" class="{kind}">{escape(text)}</text>\n'

"""Draws a figure: python3 -c "$(cat draw.py)" OUT reads its JSON on standard input.

Readable in black and white and to colour-blind readers: each series has its own luminance, line and
marker, bars have hatches, maps run from dark to light with their numbers in the cells.
Exits 3 when there is no matplotlib.
"""

import json
import math
import os
import sys
import textwrap

try:
    import matplotlib
except ImportError:
    sys.exit(3)
matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import FuncFormatter

# Okabe and Ito's colours, dark and light ones in turn.
COLOURS = ("#0072B2", "#D55E00", "#000000", "#56B4E9", "#009E73", "#E69F00", "#CC79A7", "#7F7F7F")
DASHES = ("-", (0, (6, 2)), (0, (2, 1.5)), (0, (7, 2, 1.5, 2)), (0, (1, 1)), (0, (10, 3)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "++++", "oo", "--")
THEORY = {"color": "#444444", "linewidth": 1.6, "linestyle": (0, (1, 1.2)), "zorder": 4}
MOST_STEPS = 2000  # of a distribution's line; more cannot be seen
PERCENT = FuncFormatter(lambda share, _: f"{round(share * 100, 6):g} %")


def scale(axis, values):
    """What to divide the axis's values by, and the unit that they are then in."""
    unit = axis["unit"]
    largest = max((abs(value) for value in values), default=0)
    if unit == "s":
        for factor, name in ((60, "min"), (1, "s"), (1e-3, "ms")):
            if largest >= (600 if name == "min" else factor):
                return factor, name
        return (1, "s") if largest == 0 else (1e-6, "µs")
    if unit in ("bit/s", "B"):
        for factor, prefix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
            if largest >= factor:
                return factor, prefix + unit
    return 1, unit


def label(axis, unit):
    text = axis["label"][:1].upper() + axis["label"][1:]
    return f"{text} ({unit})" if unit and unit != "%" else text


def style(number):
    return {
        "color": COLOURS[number % len(COLOURS)],
        "linestyle": DASHES[number % len(DASHES)],
        "marker": MARKERS[number % len(MARKERS)],
    }


def all_marks(figure):
    return [mark for series in figure["series"] + figure["theory"] for mark in series["marks"]]


def y_scale(figure):
    marks = all_marks(figure)
    return scale(figure["y"], [mark["value"] for mark in marks])


def draw_lines(axes, figure):
    factor_x, unit_x = scale(figure["x"], [mark["x"] for mark in all_marks(figure)])
    factor_y, unit_y = y_scale(figure)
    for number, series in enumerate(figure["series"]):
        marks = series["marks"]
        x = [mark["x"] / factor_x for mark in marks]
        look = style(number)
        axes.plot(
            x, [mark["value"] / factor_y for mark in marks], label=series["name"], markersize=5.5,
            linewidth=1.8, **look
        )
        if all(mark["low"] is not None for mark in marks):
            low = [mark["low"] / factor_y for mark in marks]
            high = [mark["high"] / factor_y for mark in marks]
            axes.fill_between(x, low, high, color=look["color"], alpha=0.18, linewidth=0)
    for number, series in enumerate(figure["theory"]):
        x = [mark["x"] / factor_x for mark in series["marks"]]
        y = [mark["value"] / factor_y for mark in series["marks"]]
        axes.plot(x, y, label=None if number else "theory", **THEORY)
    axes.set_xlabel(label(figure["x"], unit_x))
    axes.set_ylabel(label(figure["y"], unit_y))


def draw_distribution(axes, figure):
    factor, unit = scale(figure["x"], [mark["x"] for mark in all_marks(figure)])
    for number, series in enumerate(figure["series"]):
        marks = series["marks"]
        kept = marks[:: max(1, len(marks) // MOST_STEPS)]
        if marks and kept[-1] is not marks[-1]:
            kept.append(marks[-1])
        x = [mark["x"] / factor for mark in kept]
        look = style(number)
        axes.step(
            x, [mark["value"] for mark in kept], where="post", label=series["name"], linewidth=1.8,
            markevery=max(1, len(kept) // 8), markersize=5.5, **look
        )
        axes.fill_between(
            x, [mark["low"] for mark in kept], [mark["high"] for mark in kept], step="post",
            color=look["color"], alpha=0.18, linewidth=0
        )
    axes.set_xlabel(label(figure["x"], unit))
    axes.set_ylabel(label(figure["y"], ""))


def places(figure):
    """The places on the x axis in their order."""
    return list(dict.fromkeys(mark["place"] for mark in all_marks(figure)))


def draw_bars(axes, figure):
    factor, unit = y_scale(figure)
    at = {place: number for number, place in enumerate(places(figure))}
    stacked = figure["kind"] == "stacked"
    width = 0.62 if stacked else 0.8 / max(1, len(figure["series"]))
    floor = dict.fromkeys(at, 0.0)
    for number, series in enumerate(figure["series"]):
        marks = series["marks"]
        offset = 0 if stacked else (number - (len(figure["series"]) - 1) / 2) * width
        x = [at[mark["place"]] + offset for mark in marks]
        values = [mark["value"] / factor for mark in marks]
        axes.bar(
            x, values, width, bottom=[floor[mark["place"]] for mark in marks] if stacked else 0,
            label=series["name"], color=COLOURS[number % len(COLOURS)],
            hatch=HATCHES[number % len(HATCHES)], edgecolor="white", linewidth=0.6
        )
        if stacked:
            for mark, value in zip(marks, values):
                floor[mark["place"]] += value
        elif all(mark["low"] is not None for mark in marks):
            below = [max(0, (mark["value"] - mark["low"]) / factor) for mark in marks]
            above = [max(0, (mark["high"] - mark["value"]) / factor) for mark in marks]
            axes.errorbar(x, values, [below, above], fmt="none", ecolor="#222222", capsize=3)
    names = [textwrap.fill(place.replace("/", "/\u200b"), 14) for place in at]
    crowded = max((len(line) for name in names for line in name.split("\n")), default=0) * len(at)
    axes.set_xticks(range(len(at)), names, rotation=30 if crowded > 60 else 0,
                    ha="right" if crowded > 60 else "center")
    axes.set_xlabel(label(figure["x"], ""))
    axes.set_ylabel(label(figure["y"], unit))
    axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
    axes.grid(axis="x", visible=False)


def draw_heat(axes, figure):
    columns = sorted({(mark["x"], mark["place"]) for mark in all_marks(figure)})
    if len({x for x, _ in columns}) < len(columns):  # texts, which have no numbers
        columns = [(0, place) for place in places(figure)]
    column_at = {place: number for number, (_, place) in enumerate(columns)}
    factor, unit = scale(figure["colour"], [mark["value"] for mark in all_marks(figure)])
    grid = [[math.nan] * len(columns) for _ in figure["series"]]
    for row, series in zip(grid, figure["series"]):
        for mark in series["marks"]:
            row[column_at[mark["place"]]] = mark["value"] / factor
    share = figure["colour"]["unit"] == "%"
    image = axes.imshow(grid, cmap="cividis", aspect="auto", origin="lower",
                        **({"vmin": 0, "vmax": 1} if share else {}))
    known = [value for row in grid for value in row if not math.isnan(value)]
    middle = 0.5 if share else (max(known) + min(known)) / 2
    if len(columns) * len(grid) <= 200:
        for y, row in enumerate(grid):
            for x, value in enumerate(row):
                if math.isnan(value):
                    continue
                text = f"{value * 100:.0f}" if share else f"{value:.3g}"
                axes.text(x, y, text, ha="center", va="center", fontsize=10.5,
                          color="black" if value > middle else "white")
    axes.set_xticks(range(len(columns)), [place for _, place in columns])
    axes.set_yticks(range(len(grid)), [series["name"] for series in figure["series"]])
    axes.set_xlabel(label(figure["x"], ""))
    axes.set_ylabel(label(figure["y"], ""))
    axes.grid(visible=False)
    bar = axes.figure.colorbar(image, ax=axes, pad=0.02)
    bar.set_label(label(figure["colour"], unit))
    if share:
        bar.ax.yaxis.set_major_formatter(PERCENT)


def finish(axes, figure):
    """Title, percentages, logarithms and a legend that hides nothing."""
    title = textwrap.fill(figure["title"], 62)
    below = figure["interval"] if figure["kind"] != "heat" else ""
    axes.set_title(title + ("\n" if below else ""), fontsize=12.5, loc="left", pad=8)
    if below:
        axes.text(0, 1.02, below, transform=axes.transAxes, fontsize=9, color="#444444")
    if figure["kind"] != "heat":
        if figure["y"]["unit"] == "%":
            axes.yaxis.set_major_formatter(PERCENT)
            highest = max((mark["high"] or mark["value"] for mark in all_marks(figure)), default=1)
            axes.set_ylim(0 if figure["kind"] != "lines" else -0.02, max(0.02, highest * 1.04))
        elif figure["kind"] == "lines" and not figure["log_y"]:
            axes.set_ylim(bottom=min(0, axes.get_ylim()[0]))
        if figure["x"]["unit"] == "%" and figure["kind"] in ("lines", "distribution"):
            axes.xaxis.set_major_formatter(PERCENT)
    for wanted, which in (("log_x", "x"), ("log_y", "y")):
        if figure[wanted]:
            getattr(axes, f"set_{which}scale")("log")
            getattr(axes, f"{which}axis").set_major_formatter(FuncFormatter(lambda v, _: f"{v:g}"))
    if any(series["name"] for series in figure["series"]) or figure["theory"]:
        count = len(figure["series"]) + bool(figure["theory"])
        if count > 4 and figure["kind"] != "heat":
            axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=10)
        elif figure["kind"] != "heat":
            axes.legend(frameon=True, framealpha=0.9, edgecolor="none", fontsize=10)


def main(out):
    figure = json.load(sys.stdin)
    plt.rcParams.update({
        "font.size": 11.5,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": "#dddddd",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "hatch.linewidth": 0.8,
        "svg.hashsalt": "natsim",
        "svg.fonttype": "path",
    })
    wide = len(figure["series"]) > 4 and figure["kind"] != "heat"
    drawing, axes = plt.subplots(figsize=(8.6 if wide else 7.2, 4.5), layout="constrained")
    {
        "lines": draw_lines,
        "distribution": draw_distribution,
        "bars": draw_bars,
        "stacked": draw_bars,
        "heat": draw_heat,
    }[figure["kind"]](axes, figure)
    finish(axes, figure)
    # The same numbers give the same file.
    kind = os.path.splitext(out)[1]
    metadata = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(kind, {})
    drawing.savefig(out, dpi=150, metadata=metadata)


main(sys.argv[1])

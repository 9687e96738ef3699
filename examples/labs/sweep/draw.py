"""Draws one line for each job of `grow`, with the standard library alone: `draw.py MANIFEST STORE > growth.svg`."""

import csv
import json
import sys
from pathlib import Path

WIDTH, HEIGHT = 640, 360
COLORS = ("#1b6ca8", "#c0392b", "#27864b", "#8e44ad", "#b9770e")


def main(manifest: Path, store: Path) -> None:
    jobs = [job for job in json.loads(manifest.read_text())["jobs"] if job["stage"] == "grow"]
    rates = sorted({job["params"]["rate"]["value"] for job in jobs})
    lines = []
    for job in jobs:
        folder = f"{job['id']}-{job['pname']}-{job['version']}"
        color = COLORS[rates.index(job["params"]["rate"]["value"]) % len(COLORS)]
        points = " ".join(points_of(store / folder / "out" / "population.csv"))
        lines.append(f'<polyline points="{points}" fill="none" stroke="{color}" stroke-opacity="0.7"/>')
    words = [
        f'<text x="8" y="{16 + 14 * at}" fill="{COLORS[at % len(COLORS)]}">rate {rate}</text>'
        for at, rate in enumerate(rates)
    ]
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
    print(f'{head} font-size="12">', *lines, *words, "</svg>", sep="\n")


def points_of(table: Path) -> list[str]:
    with table.open() as file:
        sizes = [float(row["size"]) for row in csv.DictReader(file)]
    step = WIDTH / (len(sizes) - 1)
    return [f"{number * step:.1f},{HEIGHT * (1 - size):.1f}" for number, size in enumerate(sizes)]


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

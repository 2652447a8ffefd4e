"""Hatched areas as lines: Chromium prints an SVG pattern as a picture of dots, which blurs on paper."""

import math
import re

_PATTERN = re.compile(
    r'<pattern id="(?P<id>[^"]+)" patternUnits="userSpaceOnUse" x="0" y="0" width="(?P<wide>[\d.]+)" height="(?P<high>[\d.]+)">'
    r"(?P<inside>.*?)</pattern>",
    re.DOTALL,
)
_PATH = re.compile(r'<path d="(?P<way>[^"]*)"(?P<rest>[^<>]*?)fill: url\(#(?P<id>[^)]+)\)(?P<end>[^<>]*)/>')
_CLIP = re.compile(r'clip-path="[^"]*"')
_POINT = re.compile(r"(-?[\d.]+) (-?[\d.]+)")


def with_hatch_lines(svg: str) -> str:
    """The drawing with each patterned area as its tile, once per place, cut to the area."""
    tiles = {match["id"]: (float(match["wide"]), float(match["high"])) for match in _PATTERN.finditer(svg)}
    if not tiles:
        return svg
    svg = _PATTERN.sub(r'<g id="\g<id>-tile">\g<inside></g>', svg)
    count = iter(range(1, 1 + len(_PATH.findall(svg))))
    return _PATH.sub(lambda match: _area(match, tiles[match["id"]], next(count)), svg)


def _area(match: re.Match[str], tile: tuple[float, float], number: int) -> str:
    points = [(float(x), float(y)) for x, y in _POINT.findall(match["way"])]
    spans = [
        [step * size for step in range(math.floor(min(values) / size), math.ceil(max(values) / size))]
        for values, size in zip(zip(*points, strict=True), tile, strict=True)
    ]
    name = match["id"]
    uses = "".join(f'<use xlink:href="#{name}-tile" x="{x:g}" y="{y:g}"/>' for x in spans[0] for y in spans[1])
    clip = f'<clipPath id="{name}-area-{number}"><path d="{match["way"]}"/></clipPath>'
    outer = _CLIP.search(match["rest"])
    inner = f'<g clip-path="url(#{name}-area-{number})">{uses}</g>'
    drawn = f"<g {outer[0]}>{inner}</g>" if outer else inner
    return f'{clip}{drawn}<path d="{match["way"]}"{match["rest"]}fill: none{match["end"]}/>'

"""How much something stands out from what is painted behind it, in the styles that are in use."""

from __future__ import annotations

from playwright.sync_api import Page

CONTRASTS = """([selector, property]) => {
  const pen = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const painted = (...colours) => {
    for (const colour of colours) { pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1); }
    return [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const linear = (part) =>
    part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4;
  const luminance = ([red, green, blue]) =>
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const behind = (node) => node ? [...behind(node.parentElement),
    getComputedStyle(node).backgroundColor] : ["white"];
  const contrast = (node) => {
    // Text is on its element, a border is between it and what is around it.
    const back = behind(property === "color" ? node : node.parentElement);
    const [low, high] = [painted(...back), painted(...back, getComputedStyle(node)[property])]
      .map(luminance).sort((one, other) => one - other);
    return (high + 0.05) / (low + 0.05);
  };
  const isSeen = (node) => node.getClientRects().length > 0;
  return Object.fromEntries([...document.querySelectorAll(selector)].filter(isSeen)
    .map((node, place) => [
      `${place} ${node.tagName} ${node.id || node.getAttribute("class")}`, contrast(node)]));
}"""


def contrasts(tab: Page, selector: str, colour: str) -> dict[str, float]:
    """Measure the WCAG contrast of these elements: of their `color`, `stroke` and so on."""
    found = tab.evaluate(CONTRASTS, [selector, colour])
    assert found, selector
    return found

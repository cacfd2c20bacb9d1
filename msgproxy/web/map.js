// The map: a light runs along the lines that a message takes.
// Rule: no more than one light per line. Under load it stands for many messages.

const LIGHT = { strokeDashoffset: [14, -100] }; // from before the start of a line to past its end

export function light(direction) {
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  for (const route of document.querySelectorAll(`.route.${direction} path`)) {
    const isDark = route.getAnimations().length === 0;
    if (isDark) route.animate(LIGHT, { duration: 1_100, easing: "ease-in-out" });
  }
}

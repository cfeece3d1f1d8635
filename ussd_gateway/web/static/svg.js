// Drawings: elements of SVG from words, as `el` makes those of HTML.

const SPACE = "http://www.w3.org/2000/svg";

/** `svg("path", {d: "M0,0"}, child, "text")`. */
export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SPACE, name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== null && value !== undefined) element.setAttribute(key, String(value));
  }
  for (const child of children) if (child !== null && child !== undefined) element.append(child);
  return element;
}

// Elements from words.  Text becomes text nodes and nothing else: whatever a subscriber or a menu says stays text.

/** An element: `el("button.main", {type: "button", onclick: f}, "text", other)`. */
export function el(name, attributes = {}, ...children) {
  const [tag, ...classes] = name.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(key, String(value));
  }
  for (const child of children) if (child !== null && child !== undefined) element.append(child);
  return element;
}

/** Put these into an element instead of what is there. */
export function fill(element, ...children) {
  element.replaceChildren(...children.filter((child) => child !== null && child !== undefined));
}

/** A table with names over its columns; on a narrow screen each row is a card, its values behind those names. */
export function table(kind, names, rows) {
  for (const row of rows) [...row.children].forEach((cell, at) => { if (names[at]) cell.dataset.name = names[at]; });
  return el(`div.table.stack${kind && `.${kind}`}`, {}, el("table", {},
    el("thead", {}, el("tr", {}, ...names.map((each) => el("th", { scope: "col" }, each)))),
    el("tbody", {}, ...rows)));
}

/** Draw an element anew; whoever is at a field of it (by its name) stays there. */
export function redraw(element, draw) {
  const at = element.contains(document.activeElement) ? document.activeElement : null;
  const [from, to] = [at?.selectionStart ?? null, at?.selectionEnd ?? null];
  draw();
  if (!at?.name || element.contains(at)) return;
  const again = element.querySelector(`[name="${CSS.escape(at.name)}"]`);
  again?.focus({ preventScroll: true });
  if (from !== null && again?.setSelectionRange) again.setSelectionRange(from, to);
}

/** A picture of lines, from path data of our own. */
export function icon(path) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("class", "icon");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

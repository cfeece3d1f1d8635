// What the personal account is built of: calls of the session, cards, rows, forms that do one thing.

import { call } from "./api.js";
import { el, table as plainTable } from "./dom.js";
import { current, t } from "./texts.js";

/** A call of the personal account; refusals come in the language of the page. */
export const ask = (method, path, body) => call(method, `/lk${path}`, body, { "Accept-Language": current() });

export const act = (action, args = {}) => ask("POST", `/actions/${action}`, args);

export const list = async (name) => (await ask("GET", `/lists/${name}`)).rows;

export const card = (title, ...children) => el("section.card", { "aria-label": title },
  el("h2", {}, title), ...children);

/** Rows of `{title, more, sum, button}`, or words that there are none. */
export function rows(items) {
  if (!items.length) return el("p.quiet", {}, t("lk_none"));
  return el("ul.rows", {}, ...items.map((each) => el("li", {},
    el("span.grow", {}, each.title, each.more ? el("small", {}, each.more) : null),
    each.sum ? el("span.sum", {}, each.sum) : null,
    each.button ?? null)));
}

/** Lines of texts and buttons under these heads, or words that there are none. */
export function table(heads, lines) {
  if (!lines.length) return el("p.quiet", {}, t("lk_none"));
  return plainTable("scroll", heads, lines.map((line) => el("tr", {}, ...line.map((each) => el("td", {}, each)))));
}

function control(field) {
  const { name, label, kind = "text", value, options, ...more } = field;
  if (kind === "check") {
    const box = el("input", { type: "checkbox", name, ...more });
    box.checked = Boolean(value);
    return el("label.check", {}, box, label);
  }
  let input;
  if (options) {
    input = el("select", { name, ...more }, ...options.map(([code, words]) => el("option", { value: code }, words)));
  } else if (kind === "long") input = el("textarea", { name, rows: 4, maxlength: 20_000, ...more });
  else input = el("input", { name, type: kind, autocomplete: "off", maxlength: 100, ...more });
  if (value !== undefined) input.value = value;
  return el("label.field", {}, el("span", {}, label), input);
}

/** A form: fields of `{name, label, kind, options, value, …attributes}`, a button, what it does with the values. */
export function deed(cabinet, fields, words, run, kind = "main") {
  const form = el("form", { onsubmit: (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(form));
    for (const box of form.querySelectorAll("[type=checkbox]")) values[box.name] = box.checked;
    cabinet.run(() => run(values), button);
  } }, ...fields.map(control));
  const button = el(`button.${kind}`, { type: "submit" }, words);
  form.append(el("div.ends", {}, button));
  return form;
}

export function push(cabinet, words, run, kind = "plain") {
  const button = el(`button.${kind}`, { type: "button", onclick: () => cabinet.run(run, button) }, words);
  return button;
}

export const day = (text) => new Date(text).toLocaleString(current() === "ru" ? "ru-RU" : "en-GB",
  { dateStyle: "short", timeStyle: "short" });

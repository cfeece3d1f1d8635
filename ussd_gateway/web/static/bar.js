// The head of every page: the way to the other pages, language, day or night; and the question for a token.

import { el } from "./dom.js";
import { current, speak, t } from "./texts.js";

const KEY = "ussd-gateway theme";
const PAGES = { "/": "title", "/monitor": "page_monitor", "/lk": "page_lk" };
const THEMES = { auto: "◐", light: "☀", dark: "☾" };

const worn = () => document.documentElement.dataset.theme ?? "auto";

function wear(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  localStorage.setItem(KEY, theme);
}

wear(localStorage.getItem(KEY) in THEMES ? localStorage.getItem(KEY) : "auto");
speak(current());

/** `render` draws the page anew in another language; `more` is what else stands in the bar. */
export function bar(render, ...more) {
  const other = current() === "ru" ? "en" : "ru";
  const language = el("button.language", { type: "button", lang: other, title: t("page_language"),
    "aria-label": t("other_language"), onclick: () => { speak(other); render(); } }, other.toUpperCase());
  const theme = el("button.theme", { type: "button", onclick: () => {
    const names = Object.keys(THEMES);
    wear(names[(names.indexOf(worn()) + 1) % names.length]);
    dress();
  } });
  const dress = () => {
    theme.textContent = THEMES[worn()];
    theme.title = `${t("theme")}: ${t(`theme_${worn()}`)}`;
    theme.setAttribute("aria-label", theme.title);
  };
  dress();
  return el("header.bar", {}, el("h1", {}, "ussd-gateway"),
    el("nav.pages", { "aria-label": t("pages") }, ...Object.entries(PAGES).map(([path, name]) => el("a",
      { href: path, "aria-current": path === location.pathname ? "page" : null }, t(name)))),
    ...more, language, theme);
}

/** A gateway with a token: what the reader types, or null. */
export function askForToken() {
  return new Promise((given) => {
    const token = el("input", { type: "password", autocomplete: "off", required: true });
    const form = el("form", { method: "dialog", onsubmit: () => given(token.value) },
      el("label.field", {}, el("span", {}, t("token")), token),
      el("div.ends", {}, el("button.main", { type: "submit" }, t("ok"))));
    const dialog = el("dialog", { onclose: () => dialog.remove(), oncancel: () => given(null) }, form);
    document.body.append(dialog);
    dialog.showModal();
  });
}

// The head of every page: its name, language, day or night; and the question for a token.

import { el } from "./dom.js";
import { current, speak, t } from "./texts.js";

const KEY = "ussd-gateway theme";

function wear(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  localStorage.setItem(KEY, theme);
}

wear(localStorage.getItem(KEY) ?? "auto");
speak(current());

/** `render` draws the page anew in another language; `more` is what else stands in the bar. */
export function bar(render, ...more) {
  const language = el("select", { "aria-label": t("page_language"), title: t("page_language"),
    onchange: () => { speak(language.value); render(); } },
  el("option", { value: "ru" }, "Русский"), el("option", { value: "en" }, "English"));
  language.value = current();
  const theme = el("select", { "aria-label": t("theme"), title: t("theme"), onchange: () => wear(theme.value) },
    ...["auto", "light", "dark"].map((each) => el("option", { value: each }, t(`theme_${each}`))));
  theme.value = document.documentElement.dataset.theme ?? "auto";
  return el("header.bar", {}, el("h1", {}, "ussd-gateway"), ...more, language, theme);
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

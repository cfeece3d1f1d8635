// The page of the monitor: what goes on in the gateway at this moment.

import { call, Live, onTokenWanted } from "./api.js";
import { askForToken, bar } from "./bar.js";
import { el, fill, table } from "./dom.js";
import { save } from "./files.js";
import { Charts } from "./monitor_charts.js";
import { MenuMap } from "./monitor_map.js";
import { Account, Clock, Faults } from "./monitor_tools.js";
import "./monitor_texts.js";
import { Pdus } from "./pdus.js";
import { t, words } from "./texts.js";

const FAULTS_MS = 5_000;

const live = new Live();
const head = el("div");
const main = el("main");
let full = false;
let state = null;
let chosen = "";
let problem = "";

const page = {
  /** A text as the reader wants to see it: numbers of subscribers masked. */
  shown: (text) => (full ? text : text.replaceAll(/(?<![\d*])\+?\d{10,15}(?!\d)/g,
    (number) => `${number.slice(0, 4)}***${number.slice(-4)}`)),
  /** A dialogue, a PDU of one: its screen is lit. */
  choose({ dialogue, menu, screen }) {
    chosen = dialogue;
    if (menu) map.show(menu, screen);
    renderDialogues();
  },
  wanted: () => true,
  none: () => t("mon_no_pdus"),
};

const charts = new Charts();
const map = new MenuMap();
const pdus = new Pdus(page);
const faults = new Faults(page);
const clock = new Clock();
const account = new Account(page);
const dialogues = el("section.card.dialogues");
const binds = el("section.card.binds");
const trouble = el("p.error.trouble", { role: "alert", hidden: true });

function span(ms) {
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}:${String(seconds % 60).padStart(2, "0")}`
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
}

const listed = (kind, names, rows, none) => (rows.length ? table(kind, names.map((each) => each && t(each)), rows)
  : el("p.quiet", {}, t(none)));

function pick(dialogue) {
  const again = chosen === dialogue.dialogue;
  chosen = again ? "" : dialogue.dialogue;
  pdus.filter(chosen);
  map.show(dialogue.menu, again ? "" : dialogue.screen);
  if (!again) account.show(dialogue.msisdn);
  renderDialogues();
}

function dialogueRow(each) {
  const file = (kind) => el("button.small", { type: "button", name: kind, title: t(`mon_${kind}`), onclick: (event) => {
    event.stopPropagation();
    problem = "";
    save(`/dialogues/${encodeURIComponent(each.dialogue)}/${kind}`, `${each.dialogue}.${kind}`).catch((error) => {
      problem = words(error);
      renderDialogues();
    });
  } }, kind);
  return el("tr", { tabindex: 0, "data-dialogue": each.dialogue, "aria-selected": chosen === each.dialogue,
    onclick: () => pick(each),
    onkeydown: (event) => { if (event.key === "Enter" && event.target === event.currentTarget) pick(each); } },
  el("td.who", {}, page.shown(each.msisdn)), el("td", {}, each.service_code),
  el("td.where", {}, each.menu ? `${each.menu} · ${each.screen}` : each.state), el("td.quiet", {}, each.access),
  el("td.time", {}, span(each.age_ms)), el("td.time", {}, span(each.left_ms)),
  el("td", {}, el("div.files", {}, file("pcap"), file("trace"))));
}

function renderDialogues() {
  const focused = dialogues.contains(document.activeElement)
    ? [document.activeElement.closest("tr")?.dataset.dialogue, document.activeElement.name] : null;
  const place = dialogues.querySelector(".table")?.scrollTop ?? 0;
  const shown = state?.dialogues ?? [];
  fill(dialogues, el("div.row", {}, el("h2", {}, t("mon_dialogues")), el("b.count", {}, String(state?.open ?? 0))),
    problem ? el("p.error", { role: "alert" }, problem) : null,
    listed("", ["mon_who", "mon_code", "mon_where", "mon_way", "mon_age", "mon_left", "mon_traces"],
      shown.map(dialogueRow), "mon_no_dialogues"));
  const list = dialogues.querySelector(".table");
  if (list) list.scrollTop = place;
  const row = focused?.[0] && dialogues.querySelector(`tr[data-dialogue="${CSS.escape(focused[0])}"]`);
  if (row) (row.querySelector(`[name="${focused[1]}"]`) ?? row).focus({ preventScroll: true });
}

function renderBinds() {
  const shown = state?.binds ?? [];
  fill(binds, el("div.row", {}, el("h2", {}, t("mon_binds")), el("b.count", {}, String(shown.length))),
    listed("", ["mon_link", "mon_account", "mon_state", "mon_window", "mon_received"], shown.map((each) => el("tr", {},
      el("td", {}, String(each.link)),
      el("td", {}, each.account, el("small.quiet", {}, ` ${each.role}, ${each.host}`)),
      el("td", {}, each.state, el("small.quiet", {}, ` ${each.version}`)),
      el("td.time", {}, `${each.unanswered_in} / ${each.unanswered_out}`),
      el("td.time", {}, String(each.received)))), "mon_no_binds"));
}

function look(told) {
  state = told;
  trouble.hidden = !told.not_ready;
  trouble.textContent = told.not_ready ?? "";
  charts.look(told.counts);
  clock.look(told.now);
  map.look(told.dialogues);
  const mine = told.dialogues.find((each) => each.dialogue === chosen);
  if (mine?.menu && mine.screen !== look.screen) map.show(mine.menu, mine.screen);
  look.screen = mine?.screen;
  // A button that is being pressed must not be replaced before it is let go.
  if (!dialogues.matches(":active")) renderDialogues();
  renderBinds();
}

function render() {
  document.title = `${t("mon_title")} · ussd-gateway`;
  const numbers = el("input", { type: "checkbox", name: "full", onchange: () => { full = numbers.checked; render(); } });
  numbers.checked = full;
  fill(head, bar(render, el("label.check", {}, numbers, t("mon_full"))));
  for (const each of [charts, map, pdus, faults, clock, account]) each.render();
  renderDialogues();
  renderBinds();
}

onTokenWanted(askForToken);
live.addEventListener("told", ({ detail: event }) => {
  if (event.event === "monitor") look(event);
  else if (event.event === "pdus") pdus.take(event);
});
live.addEventListener("open", () => { trouble.hidden = true; });
live.addEventListener("lost", () => { trouble.hidden = false; trouble.textContent = t("lost"); });

main.append(trouble, charts.element, el("div.pair", {}, dialogues, binds), map.element, pdus.element,
  el("div.triple", {}, faults.element, clock.element, account.element));
document.body.append(head, main);
render();
live.subscribe("monitor");
live.subscribe("pdus");
try {
  look(await call("GET", "/monitor"));
  await Promise.all([map.begin(), faults.begin(), clock.refresh()]);
} catch (error) {
  trouble.hidden = false;
  trouble.textContent = words(error);
}
// What was captured before this page looked; nothing may have been.
await call("GET", "/pdus?limit=200").then((found) => pdus.take(found), () => {});
// A number or a dialogue that another page led here with.
const wanted = decodeURIComponent(location.hash.slice(1));
if (wanted) {
  pdus.filter(wanted);
  const found = state?.dialogues.find((each) => each.dialogue === wanted || each.msisdn === wanted);
  const past = pdus.newest(wanted);
  if (found) pick(found);
  else if (past) page.choose(past);
  if (!found && /^\d+$/.test(wanted)) account.show(wanted, true);
}
live.connect();
setInterval(() => { if (!faults.element.contains(document.activeElement)) faults.refresh(); }, FAULTS_MS);

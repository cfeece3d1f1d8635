// The page of phones: a bar, the phones side by side, and tools beside them.

import { call, Live, onTokenWanted } from "./api.js";
import { askForToken, bar } from "./bar.js";
import { el, fill } from "./dom.js";
import { Phone } from "./phone.js";
import { Beside } from "./beside.js";
import { t } from "./texts.js";
import { Tools } from "./tools.js";

const FIRST = 79261234567n;
const MAX_PHONES = 8;
const CLOCK_MS = 15_000;

const live = new Live();
const desk = el("div.desk");
const main = el("main");

const page = {
  live,
  phones: [],
  /** A number in the one form the gateway uses at home; others go to it as they are. */
  number(text) {
    const digits = text.replaceAll(/\D/g, "");
    if (digits.length === 10) return `7${digits}`;
    return digits.length === 11 && digits.startsWith("8") ? `7${digits.slice(1)}` : digits;
  },
  phoneFor(msisdn) {
    return this.phones.find((each) => each.msisdn === msisdn) ?? this.add(msisdn);
  },
  add(msisdn) {
    if (this.phones.length >= MAX_PHONES) return null;
    const phone = new Phone(msisdn, this);
    this.phones.push(phone);
    desk.append(phone.element);
    phone.begin();
    this.changed();
    return phone;
  },
  remove(phone) {
    phone.end();
    tools.forget(phone);
    this.phones.splice(this.phones.indexOf(phone), 1);
    phone.element.remove();
    this.changed();
  },
  changed() {
    history.replaceState(null, "", `#${this.phones.map((each) => each.msisdn).join(",")}`);
    tools.render();
    beside.render();
  },
  record: (phone) => tools.record(phone),
  recording: (phone) => tools.recording(phone),
};

const tools = new Tools(page);
const beside = new Beside(page);

function next() {
  let number = FIRST;
  while (page.phones.some((each) => each.msisdn === String(number))) number += 1n;
  return String(number);
}

function render() {
  document.title = `${t("title")} · ussd-gateway`;
  fill(head, bar(render,
    el("button", { type: "button", onclick: () => page.add(next())?.element.scrollIntoView() }, t("add_phone")),
    el("button.beside", { type: "button", onclick: () => beside.open(beside.element.hidden) }, t("beside")),
    el("button.tools", { type: "button", onclick: () => tools.open(tools.element.hidden) }, t("tools"))));
  tools.element.setAttribute("aria-label", t("tools"));
  tools.render();
  beside.render();
  for (const phone of page.phones) phone.render();
}

/** Numbers that a reader may choose from: those that the files of the operator describe. */
async function offer() {
  const { subscribers } = await call("GET", "/subscribers").catch(() => ({ subscribers: [] }));
  fill(numbers, ...subscribers.map((each) => el("option", { value: each.msisdn },
    [each.tariff_name, each.company].filter(Boolean).join(" · "))));
}

const head = el("div");
const numbers = el("datalist", { id: "subscribers" });
onTokenWanted(askForToken);
live.addEventListener("told", ({ detail: event }) => {
  if (event.event === "replay") tools.happened(event);
  else if (event.event === "pdus") beside.take(event);
  else for (const phone of page.phones) if (phone.msisdn === event.msisdn) phone.happened(event);
});
for (const kind of ["open", "lost"]) {
  live.addEventListener(kind, () => page.phones.forEach((phone) => phone.renderStatus()));
}
setInterval(() => page.phones.forEach((phone) => phone.renderStatus()), CLOCK_MS);

main.append(desk, beside.element, tools.element);
document.body.append(head, main, numbers);
render();
live.subscribe("replays");
const wanted = location.hash.slice(1).split(",").map(page.number).filter(Boolean);
for (const msisdn of wanted.length ? new Set(wanted) : [String(FIRST)]) page.add(msisdn);
page.phones[0]?.focus();
live.connect();
offer();

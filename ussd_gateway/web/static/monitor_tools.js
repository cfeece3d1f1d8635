// Faults on and off, the clock, an account with its ledger.

import { call } from "./api.js";
import { el, fill, table } from "./dom.js";
import { t, words } from "./texts.js";

const STEPS = { "1m": "mon_minute", "1h": "mon_hour", "24h": "mon_day", "744h": "mon_month" };
const ENTRIES = 30;

class Card {
  problem = "";

  constructor(name) {
    this.element = el(`section.card.${name}`);
  }

  /** Do it, and show what came of it. */
  async ask(work) {
    try {
      this.problem = "";
      await work();
    } catch (error) {
      this.problem = words(error);
    }
    this.render();
  }

  alert() { return this.problem ? el("p.error", { role: "alert" }, this.problem) : null; }
}

/** The values a member of a body may have, as the API's own document says. */
const choices = (schema) => schema?.enum ?? (schema?.anyOf ?? []).flatMap(choices);

export class Faults extends Card {
  #faults = [];
  #kinds = ["late_response"];
  #meets = [];
  #form = { fault: "late_response", on: "", account: "", times: "1", code: "", msisdn: "", delay: "5s", status: "ESME_RSYSERR",
    chance: "100" };

  constructor(page) {
    super("faults");
    this.page = page;
  }

  begin() {
    return this.ask(async () => {
      const { components } = await call("GET", "/openapi.json");
      const { fault, on } = components.schemas["faults.FaultBody"].properties;
      this.#kinds = choices(fault);
      this.#meets = choices(on);
      this.#faults = (await call("GET", "/faults")).faults;
    });
  }

  refresh() { return this.ask(async () => { this.#faults = (await call("GET", "/faults")).faults; }); }

  async #add(event) {
    event.preventDefault();
    const filled = Object.fromEntries(Object.entries(this.#form).filter(([, value]) => value !== ""));
    const body = { ...filled, times: Number(filled.times), chance: Number(filled.chance) / 100 };
    await this.ask(async () => {
      await call("POST", "/faults", body);
      this.#faults = (await call("GET", "/faults")).faults;
    });
  }

  async #remove(id) {
    await this.ask(async () => {
      await call("DELETE", id ? `/faults/${id}` : "/faults");
      this.#faults = (await call("GET", "/faults")).faults;
    });
  }

  #field(name, word, attributes = {}) {
    const input = el("input", { name, autocomplete: "off", ...attributes,
      oninput: () => { this.#form[name] = input.value; } });
    input.value = this.#form[name];
    return el("label.field", {}, el("span", {}, t(word)), input);
  }

  render() {
    const fault = el("select", { name: "fault", onchange: () => { this.#form.fault = fault.value; } },
      ...this.#kinds.map((each) => el("option", { value: each }, each)));
    fault.value = this.#form.fault;
    const on = el("select", { name: "on", onchange: () => { this.#form.on = on.value; } },
      ...["", ...this.#meets].map((each) => el("option", { value: each }, each || t("mon_usual"))));
    on.value = this.#form.on;
    fill(this.element, el("h2", {}, t("mon_faults")),
      el("form.fields", { onsubmit: (event) => this.#add(event) },
        el("label.field.main", {}, el("span", {}, t("mon_fault")), fault),
        el("label.field", {}, el("span", {}, t("mon_on")), on),
        this.#field("account", "mon_account", { maxlength: 40 }),
        this.#field("msisdn", "mon_fault_msisdn", { inputmode: "tel", maxlength: 40 }),
        this.#field("times", "mon_times", { type: "number", min: 0, max: 1000000, required: true }),
        this.#field("chance", "mon_chance", { type: "number", min: 1, max: 100, step: "any", required: true }),
        this.#field("code", "mon_fault_code", { maxlength: 40 }),
        this.#field("delay", "mon_delay", { maxlength: 20, required: true }),
        this.#field("status", "mon_status", { maxlength: 30, required: true }),
        el("button.main", { type: "submit", name: "add" }, t("mon_add"))),
      this.alert(),
      this.#faults.length
        ? el("ul.lines", {}, ...this.#faults.map((each) => el("li.row", {},
          el("span.grow", {}, [each.fault, each.said?.on, each.account, each.code, each.msisdn && this.page.shown(each.msisdn),
            `× ${each.times || "∞"}`, each.chance < 1 && `${Math.round(each.chance * 1000) / 10}%`].filter(Boolean).join(" · "),
          el("small.quiet", {}, ` ${t("mon_hits", each.hits)}`)),
          el("button", { type: "button", "data-fault": each.id, onclick: () => this.#remove(each.id) },
            t("mon_remove")))))
        : el("p.quiet", {}, t("mon_no_faults")),
      this.#faults.length > 1
        ? el("button.stop", { type: "button", onclick: () => this.#remove(0) }, t("mon_remove_all")) : null);
  }
}

export class Clock extends Card {
  #clock = null;
  #said = "";

  constructor() {
    super("clock");
    this.face = el("p.face");
  }

  refresh() { return this.ask(async () => { this.#clock = await call("GET", "/clock"); }); }

  look(now) { this.face.textContent = new Date(now).toLocaleString("ru"); }

  #far = "";

  async #advance(advance) {
    await this.ask(async () => {
      this.#clock = await call("POST", "/clock", { advance });
      const happened = Object.entries(this.#clock.counts).map(([what, count]) => `${what} ${count}`).join(", ");
      this.#said = happened ? t("mon_happened", happened) : t("mon_nothing");
      this.look(this.#clock.now);
    });
  }

  /** A step of any length. */
  #any() {
    const far = el("input", { name: "advance", "aria-label": t("mon_far"), placeholder: "90m, 2w", maxlength: 20,
      autocomplete: "off", required: true, oninput: () => { this.#far = far.value; } });
    far.value = this.#far;
    const go = (event) => { event.preventDefault(); this.#advance(this.#far.trim()); };
    return el("form.row", { onsubmit: go }, far, el("button", { type: "submit" }, t("mon_forward")));
  }

  render() {
    const movable = this.#clock?.clock === "virtual";
    fill(this.element, el("h2", {}, t("mon_clock")), this.face,
      el("div.row.wrap", {}, ...Object.entries(STEPS).map(([step, name]) => el("button",
        { type: "button", "data-step": step, disabled: !movable, onclick: () => this.#advance(step) },
        t("mon_by", t(name))))),
      movable ? this.#any() : null,
      this.#clock && !movable ? el("p.quiet", {}, t("mon_system")) : null,
      this.#said ? el("p", { role: "status" }, this.#said) : null,
      this.alert());
  }
}

export class Account extends Card {
  #msisdn = "";
  #account = null;
  #entries = [];

  constructor(page) {
    super("account");
    this.page = page;
  }

  /** An account; a number that nobody typed is not written out where numbers are masked. */
  show(msisdn, typed = false) {
    this.#msisdn = typed || this.page.shown(msisdn) === msisdn ? msisdn : "";
    return this.ask(async () => {
      this.#account = null;
      this.#account = await call("GET", `/subscribers/${encodeURIComponent(msisdn)}`);
      this.#entries = (await call("GET",
        `/subscribers/${encodeURIComponent(msisdn)}/ledger?limit=${ENTRIES}`)).entries;
    });
  }

  render() {
    const number = el("input", { name: "msisdn", inputmode: "tel", required: true, maxlength: 40,
      autocomplete: "off", "aria-label": t("number"), oninput: () => { this.#msisdn = number.value; } });
    number.value = this.#msisdn;
    const look = (event) => { event.preventDefault(); this.show(this.#msisdn.trim(), true); };
    fill(this.element, el("h2", {}, t("mon_accounts")),
      el("form.row", { onsubmit: look }, number, el("button", { type: "submit", name: "show" }, t("mon_show"))),
      this.alert(), ...(this.#account ? this.#details(this.#account) : []));
  }

  #details(account) {
    const rows = [["number", this.page.shown(account.msisdn)], ["balance", t("roubles", account.balance)],
      ["tariff", account.tariff_name],
      ["mon_status_of", t(account.status === "active" ? "mon_active" : "mon_blocked")],
      ["language", t(`lang_${account.language}`)]];
    return [
      el("dl", {}, ...rows.flatMap(([name, value]) => [el("dt.quiet", {}, t(name)), el("dd", {}, value)])),
      this.#entries.length
        ? table("ledger", ["mon_time", "mon_entry", "mon_sum"].map((each) => t(each)), this.#entries.map((each) =>
          el("tr", {}, el("td.time", {}, new Date(each.at).toLocaleString("ru")),
            el("td", {}, t(`kind_${each.kind}`), each.note ? el("small.quiet", {}, ` ${each.note}`) : null),
            el(`td.sum${each.amount_kop < 0 ? ".error" : ""}`, {}, each.amount))))
        : el("p.quiet", {}, t("mon_no_entries")),
      el("div.row.wrap", {}, ...[["/", "title"], ["/lk", "lk"]].map(([path, name]) => el("button.small",
        { type: "button", "data-page": path, onclick: () => { location.href = `${path}#${account.msisdn}`; } },
        t(name)))),
    ];
  }
}

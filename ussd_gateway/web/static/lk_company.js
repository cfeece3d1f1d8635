// The cabinet of a company: its numbers and employees, changes for many, documents, payments, SIM cards.

import { el } from "./dom.js";
import { Cabinet, figure } from "./lk_cabinet.js";
import { ask, card, day, deed, push, rows, table } from "./lk_parts.js";
import { current, t } from "./texts.js";

const PAGE = 100;
const CHANGES = {
  tariff: [{ name: "code", offer: "tariffs", required: true }],
  service: [{ name: "code", offer: "services", required: true }, { name: "on", kind: "check", value: true }],
  limit: [{ name: "limit", inputmode: "decimal", required: true }],
  tag: [{ name: "label", required: true }, { name: "on", kind: "check", value: true }],
  forward: [{ name: "kind", options: ["all", "busy", "no_answer", "unreachable"] }, { name: "to", required: true }],
  roaming: [{ name: "on", kind: "check", value: true }],
  content_ban: [{ name: "on", kind: "check", value: true }],
  restrict: [{ name: "on", kind: "check", value: true }],
  describe: [{ name: "name" }, { name: "position" }],
  cancel: [],
};
const DRY = ["tariff", "service"];
const PAPERS = ["report", "reconciliation", "payments", "numbers", "detail"];

const company = (method, path, body) => ask(method, `/company${path}`, body);
const numbersOf = (text) => text.split(/[\n,;]+/).map((each) => each.trim()).filter(Boolean);
const filled = (values) => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== ""));

export class CompanyCabinet extends Cabinet {
  #change = "tariff";
  #outcome = [];
  #search = {};
  #numbers = "";
  #month = "";

  tabs() { return ["employees", "changes", "papers", "money", "card_change"]; }

  async load(tab) {
    this.offers ??= await company("GET", "/offers");
    if (tab === "employees") {
      const query = new URLSearchParams({ ...this.#search, limit: PAGE });
      this.page = await company("GET", `/numbers?${query}`);
    } else if (tab === "papers") this.papers = (await company("GET", "/documents")).documents;
    else if (tab === "money") this.lines = await company("GET", `/payments${this.#month && `?period=${this.#month}`}`);
  }

  #offered(kind) { return this.offers[kind].map(({ code, name }) => [code, `${name[current()]} (${code})`]); }

  #tariff(code) { return this.offers.tariffs.find((each) => each.code === code)?.name[current()] ?? code; }

  head() {
    return [el("h2", {}, this.me.name), figure(t("lk_contract"), this.me.contract),
      figure(t("lk_numbers"), String(this.me.numbers))];
  }

  cards(tab) { return this[`_${tab}`](); }

  _employees() {
    const wide = card(t("lk_employees"),
      deed(this, [{ name: "search", label: t("lk_search"), value: this.#search.search },
        { name: "tag", label: t("lk_tag"), value: this.#search.tag }], t("lk_find"), (values) => {
        this.#search = filled(values);
        return "";
      }, "plain"),
      table([t("number"), t("lk_name"), t("tariff"), t("lk_budget"), t("lk_tags"), ""], this.page.numbers.map((each) => [
        `+${each.msisdn}`, [each.name, each.position].filter(Boolean).join(", "), this.#tariff(each.tariff),
        t("roubles", `${each.budget} / ${each.budget_limit}`), each.tags.join(", "),
        el("div.ends", {}, el("button.plain", { type: "button", onclick: () => {
          this.#numbers = each.msisdn;
          this.open("changes");
        } }, t("lk_modify")), push(this, t("lk_release"), () => company("DELETE", `/numbers/${each.msisdn}`)))])),
      this.page.joining.length ? el("p.quiet", {}, t("lk_joining", this.page.joining.join(", "))) : null,
      this.page.next ? push(this, t("lk_next_page"), () => {
        this.#search = { ...this.#search, after: this.page.next };
        return "";
      }) : null);
    wide.classList.add("wide");
    return [wide,
      card(t("lk_enrol"), deed(this, [{ name: "number", label: t("number"), inputmode: "tel", required: true },
        { name: "name", label: t("lk_name") }, { name: "position", label: t("lk_position") },
        { name: "tariff", label: t("tariff"), options: [["", t("lk_usual")], ...this.#offered("tariffs")] }], t("lk_add"), (values) => company("POST", "/numbers", values))),
      card(t("lk_import"), el("label.file", {}, t("open_file"), el("input", { type: "file", accept: ".csv,.txt",
        onchange: async (event) => {
          const [file] = event.target.files;
          if (file) event.target.closest(".card").querySelector("textarea").value = await file.text();
        } })), deed(this, [{ name: "lines", label: t("lk_import_lines"), kind: "long", required: true }],
        t("lk_add"), async ({ lines }) => {
          const numbers = lines.split("\n").map((line) => line.split(/[;\t]/).map((each) => each.trim()))
            .filter(([number]) => number)
            .map(([number, name = "", position = "", tariff = ""]) => ({ number, name, position, tariff }));
          const answer = await company("POST", "/import", { numbers });
          return answer.numbers.map((each) => `${each.msisdn}: ${each.detail ?? t("lk_done")}`).join("\n");
        })),
    ];
  }

  _changes() {
    const kinds = el("select", { name: "change", onchange: () => {
      this.#change = kinds.value;
      this.#outcome = [];
      this.render();
    } }, ...Object.keys(CHANGES).map((each) => el("option", { value: each }, t(`lk_change_${each}`))));
    kinds.value = this.#change;
    const own = CHANGES[this.#change].map(({ options, offer, ...each }) => ({ ...each, label: t(`lk_field_${each.name}`),
      ...(offer ? { options: this.#offered(offer) } : {}), ...(options ? { options: options.map((one) => [one, t(`lk_cf_${one}`)]) } : {}) }));
    const fields = [...own,
      { name: "numbers", label: t("lk_which"), kind: "long", value: this.#numbers }, { name: "tag", label: t("lk_only_tag") },
      ...(DRY.includes(this.#change) ? [{ name: "dry", label: t("lk_dry"), kind: "check", value: true }] : [])];
    const outcome = card(t("lk_outcome"), table([t("number"), t("lk_name"), t("lk_result")],
      this.#outcome.map((each) => [`+${each.msisdn}`, each.employee, each.detail ?? t("lk_can")])));
    return [card(t("lk_changes"), el("label.field", {}, el("span", {}, t("lk_change")), kinds),
      deed(this, fields, t("lk_carry_out"), async ({ numbers, ...values }) => {
        const listed = numbersOf(numbers);
        this.#numbers = numbers;
        const answer = await company("POST", "/changes", { change: this.#change, ...filled(values),
          ...(listed.length ? { numbers: listed } : {}) });
        this.#outcome = answer.numbers;
        return t(answer.dry ? "lk_dry_run" : "lk_changed", answer.done, answer.denied);
      })), outcome];
  }

  _papers() {
    return [
      card(t("lk_order_paper"), deed(this, [
        { name: "kind", label: t("lk_paper"), options: PAPERS.map((each) => [each, t(`lk_paper_${each}`)]) },
        { name: "period", label: t("lk_period"), placeholder: "2026-05", required: true },
        { name: "form", label: t("lk_form"), options: ["excel", "word", "pdf", "csv"].map((each) => [each, each]) },
        { name: "number", label: t("lk_about"), inputmode: "tel" },
        { name: "email", label: "E-mail", kind: "email" },
        { name: "locked", label: t("lk_paper_locked"), kind: "check" },
      ], t("lk_order"), async (values) => {
        const { ready_ms: ready } = await company("POST", "/documents", values);
        return t("lk_ready", day(ready));
      })),
      card(t("lk_papers"), rows(this.papers.map((each) => ({
        title: `${t(`lk_paper_${each.kind}`)} · ${each.period} · ${each.form}`,
        more: `${each.email} · ${day(each.ready)}`, sum: t(`lk_is_${each.state}`) })))),
    ];
  }

  _money() {
    return [card(t("lk_ledger"), deed(this, [{ name: "period", label: t("lk_period"), placeholder: "2026-05",
      value: this.#month || this.lines.period.replace("/", " – ") }], t("lk_show"), ({ period }) => {
      this.#month = period.trim().replace(/\s*[–—/]\s*/, "/");
      return "";
    }, "plain"), rows(this.lines.entries.map((each) => ({
      title: `${t(`kind_${each.kind}`)}${each.note ? ` · ${each.note}` : ""}`, more: day(each.at),
      sum: t("roubles", each.amount) }))))];
  }

  _card_change() {
    return [
      card(t("lk_sim"), deed(this, [{ name: "number", label: t("number"), inputmode: "tel", required: true },
        { name: "iccid", label: "ICCID", inputmode: "numeric", required: true },
        { name: "puk1", label: "PUK1", inputmode: "numeric", required: true }], t("lk_replace"),
      (values) => company("POST", "/sim", values))),
      card(t("lk_company_password"), el("p.quiet", {}, t("lk_company_password_how")),
        push(this, t("lk_send_password"), () => company("POST", "/password", {}))),
    ];
  }
}

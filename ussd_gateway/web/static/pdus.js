// What passes over SMPP: a list that grows at its head, and the fields of the PDU that was chosen.

import { call } from "./api.js";
import { el, fill } from "./dom.js";
import { save } from "./files.js";
import "./monitor_texts.js";
import { t, words } from "./texts.js";

const KEPT = 1000;
const SHOWN = 200;
const CLOCK = { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3 };
const KINDS = {
  all: () => true,
  requests: (pdu) => !pdu.command.endsWith("_resp") && pdu.command !== "generic_nack",
  messages: (pdu) => !pdu.command.startsWith("enquire_link"),
  errors: (pdu) => pdu.status !== "ESME_ROK",
};

// A long name may be cut where its words end.
const breakable = (name) => name.split(/(?<=_)/).flatMap((part, at) => (at ? [el("wbr"), part] : [part]));

export class Pdus {
  #pdus = [];
  #filter = "";
  #kind = "all";
  #paused = false;
  #skipped = 0;
  #chosen = null;
  #problem = "";

  /** `page`: {shown(text), choose({dialogue, menu, screen}), wanted(pdu), none()}: what is shown of a text and of
      which PDUs, what a dialogue does, what is said when there are none. */
  constructor(page) {
    this.page = page;
    this.rows = el("tbody");
    this.head = el("div.row.tools");
    this.columns = el("thead");
    this.detail = el("div.detail", { "aria-live": "polite" });
    this.list = el("div.table", {}, el("table", {}, this.columns, this.rows));
    this.element = el("section.card.wide.pdus", {}, this.head,
      el("div.split", {}, this.list, this.detail));
  }

  /** New PDUs, the oldest first. */
  take({ pdus, skipped = 0 }) {
    const newest = this.#pdus.at(-1)?.number ?? 0;
    // Smaller numbers: what was captured before is forgotten, and it begins anew.
    if (pdus.length && pdus.at(-1).number < newest) this.#pdus = [];
    const fresh = pdus.filter((each) => each.number > (this.#pdus.at(-1)?.number ?? 0));
    this.#skipped += skipped;
    this.#pdus.push(...fresh);
    this.#pdus.splice(0, this.#pdus.length - KEPT);
    if (this.#paused) return;
    this.rows.querySelector(".none")?.parentElement.remove();
    for (const pdu of fresh) if (this.#fits(pdu)) this.rows.prepend(this.#row(pdu));
    while (this.rows.children.length > SHOWN) this.rows.lastElementChild.remove();
    this.#count();
  }

  /** The newest of a number or a dialogue that belongs to a screen of a menu. */
  newest(of) { return this.#pdus.findLast((each) => each.menu && [each.dialogue, each.msisdn].includes(of)); }

  /** Only those of a dialogue, or of all with "". */
  filter(text) {
    this.#filter = text;
    this.render();
  }

  #fits(pdu) {
    if (!KINDS[this.#kind](pdu) || !this.page.wanted(pdu)) return false;
    const sought = this.#filter.trim().toLowerCase();
    return !sought || [pdu.command, pdu.status, pdu.from, pdu.to, pdu.text, pdu.msisdn, pdu.dialogue, pdu.account,
      `#${pdu.sequence}`].some((each) => each.toLowerCase().includes(sought));
  }

  #row(pdu) {
    const choose = () => this.#choose(pdu);
    return el(`tr.${pdu.direction}`, {
      tabindex: 0, "data-pdu": pdu.number, "aria-selected": this.#chosen?.number === pdu.number,
      onclick: choose,
      onkeydown: (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(); }
        const next = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
        if (next) { event.preventDefault(); event.currentTarget[next]?.focus(); }
      },
    },
    el("td.time", {}, new Date(pdu.at).toLocaleTimeString("ru", CLOCK)),
    el("td.way", {}, `${pdu.direction === "in" ? "→" : "←"} ${pdu.link}`),
    el("td.command", {}, pdu.command, el("small.quiet", {}, ` #${pdu.sequence}`)),
    el(`td.state${pdu.status === "ESME_ROK" ? "" : ".error"}`, {}, pdu.status.replace("ESME_", "")),
    el("td.ends", {}, pdu.from || pdu.to ? `${this.page.shown(pdu.from)} → ${this.page.shown(pdu.to)}` : ""),
    el("td.text", {}, this.page.shown(pdu.text.replaceAll(/\s+/g, " "))));
  }

  async #choose(pdu) {
    for (const row of this.rows.children) row.setAttribute("aria-selected", row.dataset.pdu === String(pdu.number));
    if (pdu.dialogue) this.page.choose(pdu);
    try {
      this.#chosen = await call("GET", `/pdus/${pdu.number}`);
      this.#problem = "";
    } catch (error) {
      this.#chosen = null;
      this.#problem = words(error);
    }
    this.renderDetail();
  }

  #count() {
    const skipped = this.head.querySelector(".skipped");
    if (skipped) skipped.textContent = this.#skipped ? t("mon_skipped", this.#skipped) : "";
  }

  // ------------------------------------------------------------ drawing

  render() {
    const filter = el("input", { type: "search", name: "filter", placeholder: t("mon_filter"),
      "aria-label": t("mon_filter"), oninput: () => { this.#filter = filter.value; this.#renderRows(); } });
    filter.value = this.#filter;
    const kind = el("select", { name: "kind", "aria-label": t("mon_pdus"),
      onchange: () => { this.#kind = kind.value; this.#renderRows(); } },
    ...Object.keys(KINDS).map((each) => el("option", { value: each }, t(`mon_kind_${each}`))));
    kind.value = this.#kind;
    fill(this.head, el("h2", {}, t("mon_pdus")), filter, kind,
      el("button", { type: "button", name: "pause", "aria-pressed": this.#paused, onclick: () => {
        this.#paused = !this.#paused;
        this.render();
      } }, t(this.#paused ? "mon_resume" : "mon_pause")),
      el("button", { type: "button", onclick: () => { this.#pdus = []; this.#skipped = 0; this.render(); } },
        t("mon_clear")),
      el("span.quiet.skipped", { role: "status" }));
    fill(this.columns, el("tr", {}, ...["mon_time", "mon_link", "mon_command", "mon_status", "mon_ends", "mon_text"]
      .map((each) => el("th", {}, t(each)))));
    this.#count();
    this.#renderRows();
    this.renderDetail();
  }

  #renderRows() {
    const found = this.#pdus.filter((each) => this.#fits(each)).slice(-SHOWN).reverse();
    fill(this.rows, ...(found.length ? found.map((each) => this.#row(each))
      : [el("tr", {}, el("td.none.quiet", { colspan: 6 }, this.page.none()))]));
  }

  #saves(dialogue) {
    return ["pcap", "trace"].map((each) => el("button", { type: "button", name: each, title: t(`mon_${each}`),
      onclick: () => save(`/dialogues/${encodeURIComponent(dialogue)}/${each}`, `${dialogue}.${each}`)
        .catch((error) => { this.#problem = words(error); this.renderDetail(); }) }, each));
  }

  renderDetail() {
    const pdu = this.#chosen;
    const problem = this.#problem ? el("p.error", { role: "alert" }, this.#problem) : null;
    if (!pdu) {
      fill(this.detail, problem ?? el("p.quiet", {}, t("mon_pick")));
      return;
    }
    const octets = pdu.frame.match(/../g) ?? [];
    const hex = el("p.hex", { "aria-hidden": "true" });
    const light = (field, on) => {
      for (const each of [...hex.children].slice(field.at, field.at + field.octets)) each.classList.toggle("on", on);
    };
    const hidden = new Set(pdu.fields.filter((each) => this.page.shown(each.value) !== each.value)
      .flatMap((each) => Array.from({ length: each.octets }, (_, index) => each.at + index)));
    hex.append(...octets.map((each, at) => el("span", {}, hidden.has(at) ? "··" : each)));
    fill(this.detail,
      el("div.row.wrap", {}, el("h3", {}, `${pdu.command} #${pdu.sequence}`),
        el("span.quiet", {}, t("mon_octets", pdu.octets)),
        ...(pdu.dialogue ? [
          el("button", { type: "button", name: "dialogue", onclick: () => this.filter(pdu.dialogue) },
            t("mon_dialogue")),
          ...this.#saves(pdu.dialogue),
          this.page.link?.(pdu.dialogue) ?? null,
        ] : [])),
      problem,
      el("table.fields", {}, el("thead", {}, el("tr", {}, ...["mon_field", "mon_value", "mon_meaning"]
        .map((each) => el("th", {}, t(each))))),
      el("tbody", {}, ...pdu.fields.map((field) => el("tr", { tabindex: 0,
        onmouseenter: () => light(field, true), onmouseleave: () => light(field, false),
        onfocus: () => light(field, true), onblur: () => light(field, false) },
      el("th", {}, ...breakable(field.name)), el("td", {}, this.page.shown(field.value)), el("td.quiet", {}, field.meaning))))),
      hex);
  }
}

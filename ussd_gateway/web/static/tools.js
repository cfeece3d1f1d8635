// Beside the phones: a session script that was recorded or is played, and pushes from the network.

import { call } from "./api.js";
import { el, fill } from "./dom.js";
import { t, words } from "./texts.js";

const PACES = { slow: "2s", normal: "800ms", fast: "0s" };
const POLL_MS = 1_000;
const example = (msisdn) => `script: balance
msisdn: "${msisdn}"
steps:
  - dial: "*105#"
  - expect: { op: ask }
  - send: "1"
  - expect: { op: ask }
  - cancel: true
`;

export class Tools {
  script = null;
  #pace = "normal";
  #replay = null;
  #lines = [];
  #problem = "";
  #push = { text: "", ask: true, state: "" };
  #recordings = new Map();
  #early = [];

  /** `page`: {phones, phoneFor(msisdn), render()}. */
  constructor(page) {
    this.page = page;
    this.element = el("aside.tools", { hidden: true, "aria-label": t("tools") });
  }

  open(yes = true) {
    this.element.hidden = !yes;
    if (yes) this.render();
  }

  // ------------------------------------------------------------ recording

  recording(phone) { return this.#recordings.has(phone); }

  async record(phone) {
    const going = this.#recordings.get(phone);
    this.#problem = "";
    try {
      if (going) {
        this.#recordings.delete(phone);
        const { script } = await call("DELETE", `/recordings/${going}`);
        if (script === null) this.#problem = t("nothing_recorded");
        else this.script = script;
        this.#lines = [];
        this.open();
      } else {
        const { recording } = await call("POST", "/recordings", { msisdn: phone.msisdn });
        this.#recordings.set(phone, recording);
      }
    } catch (error) {
      this.#problem = words(error);
      this.open();
    }
    phone.render();
  }

  /** The phone is taken away: so is what was recorded of it. */
  forget(phone) {
    const going = this.#recordings.get(phone);
    this.#recordings.delete(phone);
    if (going) call("DELETE", `/recordings/${going}`).catch(() => {});
  }

  // ------------------------------------------------------------ replaying

  async #play(event) {
    event.preventDefault();
    this.#lines = [];
    this.#problem = "";
    try {
      this.#replay = { replay: "", state: "running" };
      this.render();
      const begun = await call("POST", "/replays", { script: this.script, pause: PACES[this.#pace] });
      const early = this.#early.splice(0);
      this.#replay = begun;
      for (const each of early) this.happened(each);
    } catch (error) {
      this.#replay = null;
      this.#problem = words(error);
    }
    this.render();
  }

  /** Something is told of a replay: perhaps before we know that it is ours. */
  happened(event) {
    if (this.#replay?.replay === "") {
      this.#early.push(event);
      return;
    }
    if (event.replay !== this.#replay?.replay) return;
    if (event.kind === "phone") this.page.phoneFor(event.msisdn);
    else if (event.kind === "run" && event.of > 1) this.#lines.push({ head: t("run_of", event.run, event.of) });
    else if (event.kind === "step") this.#lines.push(event);
    else if (event.kind === "end") this.#replay = event;
    this.render();
  }

  // ------------------------------------------------------------ pushing

  async #sendPush(msisdn) {
    const push = this.#push;
    try {
      let answer = await call("POST", "/push", { msisdn, text: push.text, ask: push.ask });
      while (["queued", "shown"].includes(answer.state)) {
        this.#pushed(t(`push_${answer.state}`));
        await new Promise((done) => { setTimeout(done, POLL_MS); });
        answer = await call("GET", `/push/${answer.push}`);
      }
      this.#pushed(t(`push_${answer.state}`, answer.state === "failed" ? answer.reason : answer.answer));
    } catch (error) {
      this.#pushed(words(error));
    }
  }

  #pushed(words) {
    this.#push.state = words;
    this.element.querySelector(".pushed")?.replaceChildren(words);
  }

  // ------------------------------------------------------------ drawing

  render() {
    if (this.element.hidden) return;
    const focused = this.element.contains(document.activeElement) ? document.activeElement.name : "";
    fill(this.element, this.#scripts(), this.#pushes());
    if (focused) this.element.querySelector(`[name="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  #scripts() {
    this.script ??= example(this.page.phones[0]?.msisdn ?? "79261234567");
    const text = el("textarea.script", { name: "script", rows: 14, spellcheck: "false", maxlength: 60000,
      required: true, oninput: () => { this.script = text.value; } });
    text.value = this.script;
    const file = el("input", { type: "file", accept: ".yaml,.yml", onchange: async () => {
      this.script = await file.files[0].text();
      this.render();
    } });
    const pace = el("select", { name: "pace", "aria-label": t("pace"),
      onchange: () => { this.#pace = pace.value; } },
    ...Object.keys(PACES).map((each) => el("option", { value: each }, `${t("pace")}: ${t(`pace_${each}`)}`)));
    pace.value = this.#pace;
    const running = this.#replay?.state === "running";
    return el("form.card", { onsubmit: (event) => this.#play(event) },
      el("h2", {}, t("scripts")),
      el("label.field", {}, el("span", {}, t("script_text")), text),
      el("div.buttons", {},
        running
          ? el("button.stop", { type: "button", name: "stop",
            onclick: () => call("DELETE", `/replays/${this.#replay.replay}`).catch(() => {}) }, t("stop"))
          : el("button.main", { type: "submit", name: "play" }, t("play")),
        pace,
        el("label.file", {}, file, t("open_file")),
        el("button", { type: "button", onclick: () => this.#save() }, t("save_file"))),
      this.#problem ? el("p.error.lines", { role: "alert" }, this.#problem) : null,
      this.#results());
  }

  #results() {
    if (!this.#replay) return null;
    const list = el("ol.steps", {}, ...this.#lines.map((line) => (line.head
      ? el("li.head", {}, line.head)
      : el(`li.${line.status}`, { title: t(line.status) },
        el("span", {}, line.summary),
        line.message ? el("small.error", {}, line.message) : null,
        ...line.differences.map((each) => el("small.error", {}, `${each.what}: `,
          t("expected", each.expected), "; ", t("actual", each.actual)))))));
    requestAnimationFrame(() => { list.scrollTop = list.scrollHeight; });
    const { state, detail } = this.#replay;
    return el("div.results", {}, el(`p.verdict.${state}`, { role: "status" },
      state === "running" ? t("running_script") : t(state), detail ? `: ${detail}` : ""), list);
  }

  #pushes() {
    const push = this.#push;
    const phone = el("select", { name: "to" },
      ...this.page.phones.map((each) => el("option", { value: each.msisdn }, each.msisdn)));
    const text = el("input", { name: "push", maxlength: 182, required: true, autocomplete: "off",
      oninput: () => { push.text = text.value; } });
    text.value = push.text;
    const ask = el("input", { type: "checkbox", onchange: () => { push.ask = ask.checked; } });
    ask.checked = push.ask;
    const send = (event) => {
      event.preventDefault();
      this.#sendPush(phone.value);
    };
    return el("form.card", { onsubmit: send },
      el("h2", {}, t("push")),
      el("label.field", {}, el("span", {}, t("push_to")), phone),
      el("label.field", {}, el("span", {}, t("push_text")), text),
      el("label.check", {}, ask, t("push_ask")),
      el("div.buttons", {}, el("button.main", { type: "submit", name: "send" }, t("send")),
        el("span.pushed.quiet", { role: "status" }, push.state)));
  }

  #save() {
    const url = URL.createObjectURL(new Blob([this.script], { type: "application/yaml" }));
    el("a", { href: url, download: "session.yaml" }).click();
    URL.revokeObjectURL(url);
  }
}

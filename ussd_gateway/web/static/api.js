// The gateway as pages see it: calls of docs/api.md, and the WebSocket that tells what happens.

const KEY = "ussd-gateway token";

/** A call that was refused; `status` is 0 when the gateway cannot be reached. */
export class Refusal extends Error {
  constructor(status, body) {
    const errors = body.errors ?? [];
    const details = errors.map((each) => [each.member ?? (each.line && `${each.line}:${each.column}`),
      each.message].filter(Boolean).join(": "));
    super(details.join("\n") || body.detail || `HTTP ${status}`);
    this.status = status;
    this.body = body;
  }
}

let askForToken = async () => null;

/** `ask` is called when the gateway wants a token; it gives one, or null. */
export function onTokenWanted(ask) {
  let asking = null;
  askForToken = () => (asking ??= ask().finally(() => { asking = null; }));
}

/** Method, path below /api/v1, body -> the JSON of the answer; throws Refusal. */
export async function call(method, path, body, headers = {}) {
  const token = sessionStorage.getItem(KEY);
  let response;
  try {
    response = await fetch(`/api/v1${path}`, {
      method,
      headers: {
        ...headers,
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Refusal(0, {});
  }
  const answer = await response.json().catch(() => ({}));
  // Refusals of the personal account say why: there a token is not what is missing.
  if (response.status === 401 && answer.reason === undefined && answer.attempts_left === undefined) {
    const given = await askForToken();
    if (given !== null) {
      sessionStorage.setItem(KEY, given);
      return call(method, path, body, headers);
    }
  }
  if (!response.ok) throw new Refusal(response.status, answer);
  return answer;
}

const base64url = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)))
  .replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** The WebSocket, opened again whenever it is lost; subscriptions outlive it. */
export class Live extends EventTarget {
  #wishes = new Map();
  #socket = null;
  #pause = 500;

  /** `topic` is a name, or {msisdn, phone}. */
  subscribe(topic) {
    this.#wishes.set(topic.msisdn ?? topic, topic);
    this.#say({ subscribe: topic });
  }

  unsubscribe(topic) {
    this.#wishes.delete(topic.msisdn ?? topic);
    this.#say({ unsubscribe: topic });
  }

  get open() { return this.#socket?.readyState === WebSocket.OPEN; }

  connect() {
    const token = sessionStorage.getItem(KEY);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/ws`,
      ["ussd-gateway", ...(token ? [`token.${base64url(token)}`] : [])]);
    this.#socket = socket;
    socket.addEventListener("open", () => {
      this.#pause = 500;
      for (const topic of this.#wishes.values()) this.#say({ subscribe: topic });
      this.dispatchEvent(new Event("open"));
    });
    socket.addEventListener("message", (message) => {
      this.dispatchEvent(new CustomEvent("told", { detail: JSON.parse(message.data) }));
    });
    socket.addEventListener("close", () => {
      this.dispatchEvent(new Event("lost"));
      setTimeout(() => this.connect(), this.#pause);
      this.#pause = Math.min(this.#pause * 2, 10_000);
    });
  }

  #say(wish) {
    if (this.open) this.#socket.send(JSON.stringify(wish));
  }
}

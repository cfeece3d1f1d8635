// A file of the API, saved: a link could not carry the token.

import { Refusal } from "./api.js";

const KEY = "ussd-gateway token";

/** Fetch it and let the browser save it; throws Refusal. */
export async function save(path, name) {
  const token = sessionStorage.getItem(KEY);
  const response = await fetch(`/api/v1${path}`, { headers: token ? { Authorization: `Bearer ${token}` } : {} });
  if (!response.ok) throw new Refusal(response.status, await response.json().catch(() => ({})));
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

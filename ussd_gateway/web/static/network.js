// The state of a phone as the network knows it: it outlives the page, and other programs see it, too.

import { call } from "./api.js";

export const STATES = ["on", "off", "out_of_coverage", "memory_full"];
const AWAY = ["off", "out_of_coverage"];

/** Whether the network can reach a phone in this state. */
export const reachable = (state) => !AWAY.includes(state);

/** The state of a phone; null where the gateway keeps none. */
export async function stateOf(msisdn) {
  try {
    return (await call("GET", `/subscribers/${msisdn}/phone`)).state;
  } catch (error) {
    if (error.status === 404) return null;
    throw error;
  }
}

/** Put the phone into a state; throws Refusal. */
export const bring = (msisdn, state) => call("PUT", `/subscribers/${msisdn}/phone`, { state });

// How many parts a message takes: 3GPP TS 23.038 §6.2.1 and TS 23.040 §9.2.3.24.1 (concatenation, 8-bit reference).

const BASIC = new Set(
  "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
  "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const EXTENDED = new Set("\f^{}\\[~]|€");

/** {coding: "GSM 7-bit" | "UCS2", used, parts, left}: units used in all, parts, units left in the last one. */
export function parts(text) {
  const characters = [...text];
  const seven = characters.every((each) => BASIC.has(each) || EXTENDED.has(each));
  const costs = characters.map((each) => (seven ? (EXTENDED.has(each) ? 2 : 1) : each.length));
  const used = costs.reduce((sum, cost) => sum + cost, 0);
  const [whole, part] = seven ? [160, 153] : [70, 67];
  const coding = seven ? "GSM 7-bit" : "UCS2";
  if (used <= whole) return { coding, used, parts: 1, left: whole - used };
  // A character is never cut in two, so a part may end one unit early.
  let count = 1;
  let filled = 0;
  for (const cost of costs) {
    if (filled + cost > part) { count += 1; filled = 0; }
    filled += cost;
  }
  return { coding, used, parts: count, left: part - filled };
}

/* Receipts on paper. The box's printer comes first; whatever is not certain there is said, and where there is no printer or no
box, the browser prints. A receipt may come twice only with the mark of a copy on the second. */

import { Away } from "./box.js";

const LOOK_MS = 500;
const LOOKS_MAX = 30; // Fifteen seconds; then it goes on at the box's own page.
const OVER = new Set(["confirmed", "sent", "unknown", "refused", "ended"]);
export const BROWSER = Object.freeze({ way: "browser", state: "", text: "", needs_person: false });

/** Has the box mail an entry's receipt: its answer in words, or a refusal. The address goes there and is kept nowhere here. copy: as
 * above; "unheard" as a refusal's code: it may have been taken. */
export async function mailed(box, entry, copy, mail) {
  try {
    const { status, body } = await box.call("POST", "/v1/receipts", { entry, copy, mail });
    return status === 200 ? { state: body.state, text: body.why ?? "" } : { refused: { code: body.code, text: body.message, hint: body.hint ?? "" } };
  } catch (error) {
    if (!(error instanceof Away)) throw error;
    return { refused: { code: "unheard", text: "The box did not answer: whether the e-mail goes is not known.", hint: "Print the receipt, or write it by hand; it says that it is a copy." } };
  }
}

/** Has the box print an entry's receipt: {way: "printer" | "queued" | "browser" | "unheard", state, text, needs_person}. copy: 0
 * for the receipt itself, 1, 2 … for a copy with its mark. "unheard": it was asked and did not answer, so it may have come out
 * there; then nobody else may print it. */
export async function printed(box, entry, copy) {
  try {
    let { status, body } = await box.call("POST", "/v1/receipts", { entry, copy, mail: "" });
    if (status !== 200) return BROWSER; // No printer is set up, or the box does not have the sale yet.
    for (let look = 0; look < LOOKS_MAX && !OVER.has(body.state) && !body.why; look += 1) {
      await new Promise((done) => setTimeout(done, LOOK_MS));
      ({ body } = await box.call("GET", `/v1/receipts/${encodeURIComponent(body.job)}`));
    }
    return { way: OVER.has(body.state) ? "printer" : "queued", state: body.state, text: body.why ?? "", needs_person: Boolean(body.needs_person) };
  } catch (error) {
    if (error instanceof Away) return { way: "unheard", state: "unknown", text: "", needs_person: true };
    throw error;
  }
}

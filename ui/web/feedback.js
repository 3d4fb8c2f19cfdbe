// What the reader thinks of an answer, where the operator keeps that: a thumb, and a right answer in their own words.
import { all, announce, button, find, make, own, say, spoken, spokenBoth } from "./base.js";
import { judged, turnOf, turns } from "./conversations.js";

/** Which thumb was pressed, for everyone to see and hear. */
export function dress() {
  for (const thumb of all("#k-chat .k-thumb")) {
    const turn = turnOf(Number(thumb.closest(".k-answer").id.split("-")[1]));
    const verdict = thumb.classList.contains("k-up") ? "up" : "down";
    const pressed = String(turn?.verdict === verdict);
    if (thumb.getAttribute("aria-pressed") !== pressed) thumb.setAttribute("aria-pressed", pressed);
  }
}

/** The answer is right or wrong. The box for a right one opens once that is kept. */
export async function judge(thumb, number) {
  const verdict = thumb.classList.contains("k-up") ? "up" : "down";
  const place = box(thumb.closest(".k-answer"));
  const problem = await send(number, verdict, "");
  if (problem) return refuse(place, problem);
  await judged(number, verdict);
  dress();
  const text = make("textarea", { id: `k-${number}-correction`, className: "k-field", rows: 2 });
  const label = spoken(make("label", { htmlFor: text.id, className: "k-label" }), "CORRECTION");
  const submit = button("SEND_CORRECTION", async () => {
    if (!text.value.trim()) return text.focus();
    const trouble = await send(number, "down", text.value);
    if (trouble) return refuse(place, trouble);
    await judged(number, "down");
    dress();
    thanks(place, "CORRECTION_KEPT");
  });
  thanks(place, "THUMB_KEPT");
  if (verdict === "down") {
    place.append(label, text, submit);
    text.focus();
  }
}

function box(answer) {
  let place = find(".k-judging", answer);
  if (!place) {
    place = make("div", { className: "k-judging" });
    find(".k-footer", answer).after(place);
  }
  return place;
}

function thanks(place, name) {
  place.replaceChildren(spoken(make("p", { className: "k-note" }), name));
  announce(say(name));
}

function refuse(place, problem) {
  const why = problem === true ? spoken(make("span"), "NO_CONNECTION") : spokenBoth(make("span"), problem);
  place.replaceChildren(make("p", { className: "k-error", role: "alert" }, spoken(make("b"), "NOT_KEPT"), " ", why));
}

/** What kept it from being kept: nothing, a text in both languages, or true where nobody answered. */
async function send(number, verdict, correction) {
  // Of the turns before only what was said matters; with all their passages they would be too much to send.
  const said = turns()
    .filter((turn) => turn.number < number)
    .map((turn) => ({ ...turn, hits: null, citations: [] }));
  try {
    const reply = await fetch(own("feedback"), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ turns: [...said, turnOf(number)], verdict, correction }),
    });
    const { problem } = await reply.json();
    return problem ?? null;
  } catch {
    return true;
  }
}

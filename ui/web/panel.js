// The side panel: one at a time, beside the conversation or over it on a phone; Escape closes it and gives the focus
// back to where it was.
import { Refused, announce, answered, find, make, own, say, spoken, spokenBoth } from "./base.js";
import { at } from "./scope.js";

let panel = null;
let body = null;
let title = null;
let before = null;
let kind = "";

function build() {
  title = make("h2", { id: "k-panel-title", className: "k-panel-title" });
  body = make("div", { className: "k-panel-body" });
  const shut = spoken(make("button", { type: "button", className: "k-close", textContent: "" }), "CLOSE");
  shut.addEventListener("click", close);
  panel = make("aside", { id: "k-panel", hidden: true, "aria-labelledby": "k-panel-title" });
  panel.append(make("div", { className: "k-panel-top" }, title, shut), body);
  panel.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    close();
  });
  // Inside gradio's frame, so that its colours and our rules hold here too.
  (find(".gradio-container") || document.body).append(panel);
}

export const shown = () => (panel && !panel.hidden ? kind : "");

/** Opens the panel with a heading and a node. `which` tells its user what it shows; a wide one leaves no room beside. */
export function open(which, heading, node, wide = false) {
  if (!panel) build();
  if (panel.hidden) before = document.activeElement;
  kind = which;
  spoken(title, heading);
  body.replaceChildren(node);
  panel.classList.toggle("k-wide", wide);
  panel.hidden = false;
  document.documentElement.classList.add("k-with-panel");
}

export function close() {
  if (!panel || panel.hidden) return;
  panel.hidden = true;
  kind = "";
  document.documentElement.classList.remove("k-with-panel");
  if (before?.isConnected) before.focus({ preventScroll: true });
}

/** Says why nothing is shown: what the server found wrong, or that it cannot be reached. */
export function failed(node, error) {
  const text = make("p");
  if (error instanceof Refused) spokenBoth(text, error.problem);
  else spoken(text, "NO_CONNECTION");
  node.replaceChildren(make("div", { className: "k-error", role: "alert" }, text));
}

/** HTML that this page's server made (ui/render_panel.py), which has escaped every text in it. */
export async function fragment(path, options = {}) {
  const reply = await answered(path, options);
  const template = document.createElement("template");
  template.innerHTML = await reply.text();
  return template.content;
}

/** Shows a part of a turn within its article, scrolled to its quote. */
export async function openSource(turn, part) {
  const place = make("div", {}, spoken(make("p", { className: "k-note" }), "SEARCHING"));
  open("source", "SOURCE_PANEL", place);
  try {
    place.replaceChildren(
      await fragment(own("source"), {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ turn, part }),
      }),
    );
  } catch (error) {
    failed(place, error);
    return;
  }
  const text = find(".k-article-text", place);
  const mark = find("mark", text);
  if (mark) {
    const down = mark.getBoundingClientRect().top - text.getBoundingClientRect().top;
    if (down > text.clientHeight / 2) text.scrollTop += down - 60; // a quote near the beginning is in sight already
  }
  find("h2", place)?.focus({ preventScroll: true });
  announce(`${say("SOURCE_PANEL")}: ${find("h2", place)?.innerText || ""}. ${mark?.innerText || ""}`);
}

export async function openArticle(id) {
  const place = make("div");
  open("article", "ARTICLES_TITLE", place);
  try {
    place.replaceChildren(await fragment(at(`article?id=${encodeURIComponent(id)}`)));
    find("h2", place)?.focus({ preventScroll: true });
  } catch (error) {
    failed(place, error);
  }
  return place;
}

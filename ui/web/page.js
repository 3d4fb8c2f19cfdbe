// The page's frame: its language, Japanese input, what screen readers hear, and which key or button does what.
import { all, announce, choose, command, find, language, make, preferred, button as speaking, say, spoken, whisper } from "./base.js";
import * as articles from "./articles.js";
import * as conversations from "./conversations.js";
import * as feedback from "./feedback.js";
import * as panel from "./panel.js";
import * as reports from "./reports.js";
import { restoreScope } from "./scope.js";

// Gradio's own components know one language each, and it builds them again at will: this puts the texts in whenever
// one is found to differ, and touches nothing that is already right.
const attribute = (node, name, value) => {
  if (node && node.getAttribute(name) !== value) node.setAttribute(name, value);
};
const content = (node, value) => {
  if (node && node.textContent !== value) node.textContent = value;
};

function dress() {
  for (const each of ["ja", "en"]) attribute(find(`#k-lang-${each}`), "aria-pressed", String(each === language));
  attribute(find(".k-switch"), "aria-label", say("PAGE_LANGUAGE"));
  const box = find("#k-box textarea");
  attribute(box, "placeholder", say("PLACEHOLDER"));
  attribute(box, "aria-label", say("QUESTION"));
  attribute(box, "enterkeyhint", "send");
  for (const name of ["send", "stop", "retry", "undo", "clear"]) content(find(`#k-${name}`), say(name.toUpperCase()));
  content(find("#k-answer-language [data-testid='block-info']"), say("ANSWER_LANGUAGE"));
  content(find("#k-answer-language label span"), say("AUTOMATIC"));
  for (const radio of all("#k-answer-language input")) attribute(radio, "name", "k-answer-language"); // for arrow keys
  const log = find("#k-chat [role='log']");
  attribute(log, "aria-label", say("CONVERSATION"));
  attribute(log, "aria-live", "off"); // it would read each piece again from the start: `hear` speaks instead
  for (const [who, name] of [["user", "YOU_ASKED"], ["bot", "KOTAE_ANSWERED"]]) {
    for (const message of all(`#k-chat [data-testid='${who}']`)) {
      attribute(message, "role", "group"); // only what has a role may have a name
      attribute(message, "aria-label", say(name));
    }
  }
  attribute(find("#k-chat .examples"), "role", "group"); // of buttons, not of list items
  attribute(find("#k-chat .examples"), "aria-label", say("EXAMPLES_TITLE"));
  for (const example of all("#k-chat .example")) attribute(example, "aria-label", example.innerText.trim());
  feedback.dress();
}

// Screen readers hear the stage once and the answer when it is whole.
const heard = new Map();

function hear() {
  const turn = all("#k-chat .k-answer").pop();
  if (!turn) return;
  const state = turn.classList.contains("k-running") ? (find(".k-text", turn) ? "WRITING" : "SEARCHING") : "whole";
  const before = heard.get(turn.id);
  heard.set(turn.id, state);
  if (before === state || (!before && state === "whole")) return; // a conversation that was opened is not read out
  announce(state === "whole" ? toHear(turn) : say(state));
}

function toHear(turn) {
  return all(".k-badge, .k-text, .k-note, .k-error, .k-warnings", turn)
    .map((part) => part.innerText)
    .join("\n");
}

// A new question moves to the top of the window as its answer grows, until the reader does anything.
let lastQuestion = "";
let following = false;
for (const sign of ["wheel", "touchstart", "pointerdown", "keydown"]) {
  addEventListener(sign, () => (following = false), { capture: true, passive: true });
}

function follow() {
  const newest = all("#k-chat .k-question").pop();
  if ((newest?.id || "") !== lastQuestion) {
    lastQuestion = newest?.id || "";
    following = Boolean(newest);
  }
  if (following) newest.scrollIntoView({ block: "start" });
}

// What the server says of each turn travels in the page as text.
const seen = new WeakMap();

function collect() {
  for (const node of all("#k-chat .k-record")) {
    if (seen.get(node) === node.textContent) continue;
    seen.set(node, node.textContent);
    try {
      conversations.take(JSON.parse(node.textContent));
    } catch {
      // half of it is there: the rest follows
    }
  }
}

// Editing a question: the box holds it, and sending replaces its turn and all that follow.
let editing = 0;
const numberOf = (node) => Number(node.closest("[id^='k-']").id.split("-")[1]);

function edit(number) {
  const turn = conversations.turnOf(number);
  if (!turn) return;
  editing = number;
  find("#k-editing")?.remove();
  const line = make("div", { id: "k-editing" }, spoken(make("span"), "EDITING"), speaking("CANCEL", () => stopEditing("")));
  find("#k-composer").prepend(line);
  put(turn.question);
}

function stopEditing(text) {
  editing = 0;
  find("#k-editing")?.remove();
  put(text);
}

function put(text) {
  whisper("k-box", text);
  const box = find("#k-box textarea");
  box.focus();
  box.setSelectionRange(text.length, text.length);
}

function askAgain(number, question) {
  command({ do: "ask", number, question });
}

/** Sends the edited question. True when there was one. */
function sendEdited() {
  if (!editing) return false;
  const question = find("#k-box textarea").value;
  if (question.trim()) {
    askAgain(editing, question);
    stopEditing("");
  }
  return true;
}

// Enter that confirms a conversion never sends. Safari ends the composition before the key arrives: 229 is its sign.
// Gradio sends on keypress, which a browser may let follow such a keydown.
let confirming = false;
const confirm = (event) => {
  if (event.type === "keydown") confirming = event.isComposing || event.keyCode === 229;
  if (event.key === "Enter" && (confirming || event.isComposing)) event.stopImmediatePropagation();
  if (event.type === "keyup") confirming = false;
};
for (const type of ["keydown", "keypress", "keyup"]) addEventListener(type, confirm, true);

addEventListener(
  "keydown",
  (event) => {
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey && event.target === find("#k-box textarea") && sendEdited()) {
      event.preventDefault();
      event.stopImmediatePropagation();
    }
    if (event.key === "Escape" && editing) stopEditing("");
    else if (event.key === "Escape" && find(".k-running")) find("#k-stop")?.click();
    else if (event.key === "/" && !event.target.matches?.("input, textarea, select")) {
      event.preventDefault();
      find("#k-box textarea")?.focus();
    }
  },
  true,
);

const last = () => conversations.turns().at(-1);
const acts = {
  ".k-lang": (node) => {
    choose(node.id.slice(-2));
    dress();
  },
  ".k-cite, .k-open": (node) => {
    const [, number, part] = node.getAttribute("href").split("-");
    const turn = conversations.turnOf(Number(number));
    if (turn) panel.openSource(turn, part);
  },
  ".k-copy": (node) => {
    const turn = conversations.turnOf(numberOf(node));
    if (turn) conversations.copy(node, turn, node.matches(".k-markdown"));
  },
  ".k-edit": (node) => edit(numberOf(node)),
  "#k-retry": () => last() && askAgain(last().number, last().question),
  "#k-undo": () => {
    const turn = last();
    if (!turn) return;
    conversations.cut(turn.number);
    put(turn.question);
  },
  "#k-clear": () => conversations.begin(),
  "#k-open-history": () => (panel.shown() === "history" ? panel.close() : conversations.list()),
  "#k-open-articles": () => (panel.shown() === "articles" ? panel.close() : articles.list()),
  "#k-open-reports": () => (panel.shown() === "reports" ? panel.close() : reports.list()),
  ".k-thumb": (node) => feedback.judge(node, numberOf(node)),
};

addEventListener(
  "click",
  (event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("#k-send") && sendEdited()) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    for (const [selector, act] of Object.entries(acts)) {
      const node = target?.closest(selector);
      if (!node) continue;
      event.preventDefault();
      act(node);
      return;
    }
  },
  true,
);

choose(preferred(), false);
dress();
let due = false;
let restored = false;
function changed() {
  if (due) return;
  due = true;
  requestAnimationFrame(() => {
    due = false;
    dress();
    follow();
    collect();
    hear();
    if (!restored && find("#k-command textarea, #k-command input") && find("#k-composer")) {
      restored = true;
      restoreScope();
      reports.announceDoor();
      conversations.restore();
    }
  });
}

changed(); // the page may have been drawn before this script came
new MutationObserver(changed).observe(document.documentElement, { childList: true, subtree: true, characterData: true, attributeFilter: ["aria-label", "class"] });

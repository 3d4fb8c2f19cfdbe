// What the page does in the browser: its language, Japanese input, opening sources, copying, and what screen readers
// hear. It is served with the texts of ui/texts.py as KOTAE_TEXTS before it. It makes no request and no HTML.
"use strict";
(() => {
  const KEY = "kotae-language";
  const root = document.documentElement;
  const find = (selector, within = document) => within.querySelector(selector);
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  let language = "en";

  const say = (name) => KOTAE_TEXTS[name][language];

  function stored() {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage can be switched off; the page then follows the browser each time
    }
  }

  function preferred() {
    const known = [stored(), ...(navigator.languages || [navigator.language])].map((tag) => (tag || "").slice(0, 2));
    return known.find((tag) => tag === "ja" || tag === "en") || "en";
  }

  function choose(next) {
    language = next;
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // see stored()
    }
    dress();
  }

  // Gradio's own components know one language each, and it builds them again at will: this puts the texts in whenever
  // one is found to differ, and touches nothing that is already right.
  const attribute = (node, name, value) => {
    if (node && node.getAttribute(name) !== value) node.setAttribute(name, value);
  };
  const content = (node, value) => {
    if (node && node.textContent !== value) node.textContent = value;
  };

  function dress() {
    attribute(root, "lang", language);
    attribute(root, "data-kotae", language);
    for (const each of ["ja", "en"]) attribute(find(`#k-lang-${each}`), "aria-pressed", String(each === language));
    attribute(find(".k-switch"), "aria-label", say("pageLanguage"));
    const box = find("#k-box textarea");
    attribute(box, "placeholder", say("placeholder"));
    attribute(box, "aria-label", say("question"));
    for (const name of ["send", "stop", "retry", "clear"]) content(find(`#k-${name}`), say(name));
    content(find("#k-answer-language [data-testid='block-info']"), say("answerLanguage"));
    content(find("#k-answer-language label span"), say("automatic"));
    for (const radio of all("#k-answer-language input")) attribute(radio, "name", "k-answer-language"); // for arrow keys
    const log = find("#k-chat [role='log']");
    attribute(log, "aria-label", say("conversation"));
    attribute(log, "aria-live", "off"); // it would read each piece again from the start: `announce` speaks instead
    for (const message of all("#k-chat [data-testid='user']")) attribute(message, "aria-label", say("youAsked"));
    for (const message of all("#k-chat [data-testid='bot']")) attribute(message, "aria-label", say("answered"));
  }

  // Screen readers hear the stage once and the answer when it is whole.
  let live = null;
  const heard = new Map();

  function announce() {
    const turn = all("#k-chat .k-answer").pop();
    if (!turn) return;
    const state = turn.classList.contains("k-running") ? (find(".k-text", turn) ? "writing" : "searching") : "whole";
    if (heard.get(turn.id) === state) return;
    heard.set(turn.id, state);
    if (!live) {
      live = document.createElement("div");
      live.className = "k-sr";
      live.setAttribute("role", "status");
      document.body.append(live);
    }
    live.textContent = state === "whole" ? spoken(turn) : say(state);
  }

  function spoken(turn) {
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

  function openSource(link) {
    const card = document.getElementById(link.getAttribute("href").slice(1));
    if (!card) return;
    card.open = true;
    for (const other of all(".k-found-now")) other.classList.remove("k-found-now");
    card.classList.add("k-found-now");
    find("summary", card).focus({ preventScroll: true });
    card.scrollIntoView({ block: "center" });
  }

  async function copy(button) {
    const turn = button.closest(".k-answer");
    const textOf = (selector, within) => find(selector, within).textContent;
    const cards = all(`#${turn.id.slice(0, -1)}s > .k-source[id]`).map(
      (card) => `[${textOf(".k-n", card)}] ${textOf(".k-title", card)}: ${textOf(".k-passage", card)}`,
    );
    const text = all(".k-text > *", turn).map((block) => plain(block)).join("\n\n");
    try {
      await navigator.clipboard.writeText([text, cards.join("\n")].join("\n\n").trim());
      button.textContent = say("copied");
    } catch {
      getSelection().selectAllChildren(find(".k-text", turn)); // no permission: selected, ready for Ctrl-C
    }
  }

  function plain(block) {
    const twin = block.cloneNode(true);
    for (const hidden of all(".k-sr", twin)) hidden.remove();
    for (const line of all("br", twin)) line.replaceWith("\n");
    for (const item of all("li", twin)) item.textContent = `- ${item.textContent}\n`;
    return twin.textContent.replaceAll("\u2060", "").trim();
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
      if (event.key === "Escape" && !event.isComposing && find(".k-running")) find("#k-stop")?.click();
    },
    true,
  );

  addEventListener("click", (event) => {
    const target = event.target instanceof Element ? event.target : null;
    const button = target?.closest(".k-lang, .k-cite, .k-copy");
    if (!button) return;
    event.preventDefault();
    if (button.matches(".k-lang")) choose(button.id.slice(-2));
    else if (button.matches(".k-cite")) openSource(button);
    else copy(button);
  });

  // An article opens at its quote.
  addEventListener(
    "toggle",
    (event) => {
      const text = event.target.matches?.(".k-article") && event.target.open && find(".k-article-text", event.target);
      const mark = text && find("mark", text);
      if (mark) text.scrollTop += mark.getBoundingClientRect().top - text.getBoundingClientRect().top - 40;
    },
    true,
  );

  language = preferred();
  dress();
  let due = false;
  new MutationObserver(() => {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      dress();
      follow();
      announce();
    });
  }).observe(root, { childList: true, subtree: true, characterData: true, attributeFilter: ["aria-label", "class"] });
})();

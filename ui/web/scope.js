// Which articles the next question is put to.
import { button, find, make, spoken, whisper } from "./base.js";

const KEY = "kotae-scope"; // in sessionStorage: each tab asks what it was told to
export const ALL = { article_ids: [], languages: [], date_from: "", date_to: "" };
let scope = { ...ALL };

function limited() {
  return Boolean(scope.article_ids.length || scope.languages.length || scope.date_from || scope.date_to);
}

/** From now on only these are asked. */
export function limit(next, titles = []) {
  scope = { ...ALL, ...next, titles };
  try {
    sessionStorage.setItem(KEY, JSON.stringify(scope));
  } catch {
    // then a reload asks all articles again
  }
  tell();
  showScope();
}

function tell() {
  const { titles: _, ...sent } = scope;
  whisper("k-limits", limited() ? JSON.stringify(sent) : "");
}

/** Once the page is there: what this tab asked before a reload. */
export function restoreScope() {
  try {
    scope = { ...ALL, ...JSON.parse(sessionStorage.getItem(KEY) || "{}") };
  } catch {
    // all articles then
  }
  if (limited()) for (const wait of [0, 1000, 3000]) setTimeout(tell, wait); // gradio may not listen yet
  showScope();
}

/** The line at the composer that says what is asked. */
export function showScope() {
  let line = find("#k-scope");
  if (!line) {
    const composer = find("#k-composer");
    if (!composer) return;
    line = make("div", { id: "k-scope" });
    composer.prepend(line);
  }
  line.hidden = !limited();
  const facts = [];
  if (scope.article_ids.length === 1 && scope.titles?.length) facts.push(make("span", { textContent: scope.titles[0] }));
  else if (scope.article_ids.length) {
    facts.push(spoken(make("span"), "SCOPE_ARTICLES", { count: scope.article_ids.length }));
  }
  for (const language of scope.languages) facts.push(make("span", { textContent: language === "ja" ? "日本語" : "English" }));
  if (scope.date_from || scope.date_to) facts.push(make("span", { textContent: `${scope.date_from} – ${scope.date_to}` }));
  line.replaceChildren(spoken(make("b"), "SCOPE"), ...facts, button("ASK_ALL", () => limit(ALL)));
}

/** Whether this article is one of those that were chosen. */
export const asksFor = (id) => scope.article_ids.includes(id);

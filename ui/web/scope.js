// Which articles the next question is put to: a collection of the home, and what it is limited to.
import { button, find, make, own, spoken, whisper } from "./base.js";

const COLLECTION = "kotae-collection"; // in sessionStorage, too
const KEY = "kotae-scope"; // in sessionStorage: each tab asks what it was told to
export const ALL = { article_ids: [], languages: [], date_from: "", date_to: "" };
let scope = { ...ALL };
let collections = []; // their names, the first one being where a page begins
let collection = "";

/** An address on this page's server, for the collection that is asked now. */
export function at(path) {
  const address = own(path);
  if (collection) address.searchParams.set("collection", collection);
  return address;
}

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
  whisper("k-limits", limited() || collection ? JSON.stringify({ ...sent, collection }) : "");
}

/** Asks this collection from now on; one that is gone, or "", is the first one. Its limits are its own. */
export function ask(name) {
  const next = collections.slice(1).includes(name) ? name : "";
  if (next === collection) return;
  collection = next;
  try {
    sessionStorage.setItem(COLLECTION, collection);
  } catch {
    // then a reload asks the first one again
  }
  limit(ALL);
  dispatchEvent(new Event("kotae-collection"));
}

/** Where there are several collections: the choice at the composer. */
async function offer() {
  try {
    collections = await (await fetch(own("collections"))).json();
  } catch {
    return; // the first one is asked
  }
  if (collections.length < 2) return;
  const choice = make("select", { id: "k-collection", className: "k-field" });
  choice.append(...collections.map((name) => make("option", { value: name, textContent: name })));
  choice.addEventListener("change", () => ask(choice.value));
  const label = spoken(make("label", { htmlFor: choice.id }), "COLLECTION");
  find("#k-composer").prepend(make("div", { id: "k-collections" }, label, choice));
}

/** Once the page is there: what this tab asked before a reload. */
export async function restoreScope() {
  await offer();
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY) || "{}");
    ask(sessionStorage.getItem(COLLECTION) || "");
    scope = { ...ALL, ...kept };
  } catch {
    // all articles then
  }
  if (limited() || collection) for (const wait of [0, 1000, 3000, 8000, 20000]) setTimeout(tell, wait); // gradio may not listen yet
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
  const choice = find("#k-collection");
  if (choice) choice.value = collection || collections[0];
  // What the page began with speaks of the first collection.
  document.documentElement.classList.toggle("k-elsewhere", Boolean(collection));
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

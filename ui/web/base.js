// What every script of the page uses: finding, making, speaking the page's language. Makes no HTML of text.
import TEXTS from "./texts.js";

const KEY = "kotae-language";
const root = document.documentElement;

export const find = (selector, within = document) => within.querySelector(selector);
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];

export let language = "en";

/** A text of the page in its language, with `{name}` filled in. */
export function say(name, values = {}) {
  return TEXTS[name][language].replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}

function stored() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null; // storage can be switched off; the page then follows the browser each time
  }
}

export function preferred() {
  const known = [stored(), ...(navigator.languages || [navigator.language])].map((tag) => (tag || "").slice(0, 2));
  return known.find((tag) => tag === "ja" || tag === "en") || "en";
}

/** Sets the page's language; what was made with `spoken` changes with it. */
export function choose(next, keep = true) {
  language = next;
  root.lang = language;
  root.dataset.kotae = language;
  for (const node of all("[data-say]")) respeak(node);
  if (!keep) return;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // see stored()
  }
}

function respeak(node) {
  const value = say(node.dataset.say, JSON.parse(node.dataset.values || "{}"));
  if (node.dataset.as) node.setAttribute(node.dataset.as, value);
  else node.textContent = value;
}

/** Lets a node say a text of the page in whatever language the page has; `as` names an attribute instead. */
export function spoken(node, name, values = {}, as = "") {
  node.dataset.say = name;
  node.dataset.values = JSON.stringify(values);
  if (as) node.dataset.as = as;
  respeak(node);
  return node;
}

/** Lets a node say a text that the server gave in both languages, as HTML of the server's would. */
export function spokenBoth(node, text) {
  const parts = ["ja", "en"].map((lang) => make("span", { lang, textContent: text[lang] }));
  node.append(make("span", { className: "k-t" }, ...parts));
  return node;
}

/** An element with properties and children; strings become text, never markup. */
export function make(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.includes("-")) node.setAttribute(name, value);
    else node[name] = value;
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** A button that says a text of the page and does something. */
export function button(name, act, className = "k-small", values = {}) {
  const node = spoken(make("button", { type: "button", className }), name, values);
  node.addEventListener("click", act);
  return node;
}

/** A field with its label, which only a date shows. */
export function field(type, id, name, value, act) {
  const input = make("input", { type, id, className: "k-field", value });
  if (type === "search" || type === "text") spoken(input, name, {}, "placeholder");
  input.addEventListener("input", () => act?.(input.value));
  const label = spoken(make("label", { htmlFor: id, className: type === "date" ? "k-label" : "k-sr" }), name);
  return make("div", { className: "k-fieldset" }, label, input);
}

/** An address on this page's own server, wherever a proxy shows it. */
export const own = (path) => new URL(path, import.meta.url);

/** The server's no, in both languages. */
export class Refused extends Error {
  constructor(problem) {
    super(problem.en);
    this.problem = problem;
  }
}

/** What this page's own server replies. Throws Refused where it says why not, Error where it does not. */
export async function answered(path, options = {}) {
  const reply = await fetch(path, options);
  if (reply.ok) return reply;
  const { problem } = await reply.json();
  throw problem ? new Refused(problem) : new Error(String(reply.status));
}

/** Sets a gradio box, as if somebody had typed there. */
export function whisper(id, value) {
  const box = find(`#${id} textarea, #${id} input`);
  box.value = value;
  box.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Asks the server for something to be done with the conversation. */
export function command(what) {
  whisper("k-command", JSON.stringify(what));
  setTimeout(() => find("#k-told")?.click(), 50); // once gradio has taken the value in
}

let live = null;

/** Says something to screen readers. */
export function announce(text) {
  if (!live) {
    live = make("div", { className: "k-sr", role: "status" });
    document.body.append(live);
  }
  live.textContent = text;
}

// Conversations: kept in this browser's IndexedDB and nowhere else, found again, exported, deleted.
import { all, announce, button, command, find, language, make, say, spoken } from "./base.js";
import { close, open, shown } from "./panel.js";
import { ask } from "./scope.js";

const TAB = "kotae-conversation"; // in sessionStorage: which one this tab shows
let store = null; // IndexedDB; null until it opened, and where the browser allows none
let current = fresh();

function fresh() {
  return { id: crypto.randomUUID?.() || String(Date.now() + Math.random()), title: "", updated: 0, turns: [] };
}

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function opened() {
  if (store) return store;
  try {
    const request = indexedDB.open("kotae", 1);
    request.onupgradeneeded = () => request.result.createObjectStore("conversations", { keyPath: "id" });
    store = await settled(request);
  } catch {
    store = null; // private windows may refuse: the conversation then lives as long as the page
  }
  return store;
}

async function shelf(mode) {
  return (await opened())?.transaction("conversations", mode).objectStore("conversations");
}

function remember(id) {
  try {
    sessionStorage.setItem(TAB, id);
  } catch {
    // then a reload begins a new conversation
  }
}

function remembered() {
  try {
    return sessionStorage.getItem(TAB);
  } catch {
    return null;
  }
}

/** The stored form of the turn with this number. */
export const turnOf = (number) => current.turns.find((turn) => turn.number === number);
export const turns = () => current.turns;

/** Takes in what the server says of a turn; keeps it once it is whole. */
export async function take(record) {
  const known = turnOf(record.number);
  if (known?.verdict && known.text === record.text) record.verdict = known.verdict;
  if (JSON.stringify(known) === JSON.stringify(record)) return;
  current.turns = [...current.turns.filter((turn) => turn.number < record.number), record];
  if (record.stage !== "running") await save();
}

async function save() {
  current.title = current.turns[0]?.question || "";
  current.updated = Date.now();
  remember(current.id);
  try {
    const place = await shelf("readwrite");
    if (current.turns.length) await (place && settled(place.put(current)));
    else await (place && settled(place.delete(current.id)));
  } catch {
    // a full disk: the page goes on without keeping this one
  }
  if (shown() === "history") list();
}

/** Keeps what the reader thought of a turn with it. */
export async function judged(number, verdict) {
  const turn = turnOf(number);
  if (turn) turn.verdict = verdict;
  await save();
}

/** Shows the turns before `number` only. */
export async function cut(number) {
  current.turns = current.turns.filter((turn) => turn.number < number);
  show(current);
  await save();
}

export function begin() {
  current = fresh();
  remember(current.id);
  show(current);
  find("#k-box textarea")?.focus();
}

function show(conversation) {
  command({ do: "show", turns: conversation.turns });
}

async function openStored(conversation) {
  current = conversation;
  remember(current.id);
  show(current);
  setAside(current);
  ask(current.turns.at(-1)?.collection); // what is asked next belongs to it
  if (matchMedia("(max-width: 70rem)").matches) close();
}

/** After a reload: the conversation that this tab showed. */
export async function restore() {
  const id = remembered();
  if (!id) return;
  try {
    const place = await shelf("readonly");
    const found = place && (await settled(place.get(id)));
    if (!found || current.turns.length) return;
    current = found;
    // Gradio draws its boxes before it listens to them: say it until it is heard, or refused.
    for (let tries = 0; tries < 40 && current === found && !find("#k-chat .k-question, .toast-body"); tries += 1) {
      show(current);
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    setAside(found);
  } catch {
    // nothing to show then
  }
}

/** Where the server refuses a conversation, the next question begins another one: it must not be written over. */
async function setAside(refused) {
  for (let tries = 0; tries < 10 && current === refused && refused.turns.length; tries += 1) {
    if (find(".toast-body")) current = fresh();
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
}

async function stored() {
  const place = await shelf("readonly");
  const found = place ? await settled(place.getAll()) : [];
  return found.sort((one, other) => other.updated - one.updated);
}

// The list

let words = "";

export async function list() {
  const off = !(await opened());
  const conversations = await stored();
  const node = make("div", { className: "k-history" });
  node.append(spoken(make("p", { className: "k-note" }), off ? "HISTORY_OFF" : "HISTORY_HINT"));
  const search = make("input", { type: "search", id: "k-history-search", className: "k-field", value: words });
  spoken(search, "SEARCH_HISTORY", {}, "placeholder");
  search.setAttribute("aria-label", say("SEARCH_HISTORY"));
  const items = make("ul", { className: "k-list" });
  const fill = () => {
    words = search.value;
    const found = conversations.filter((conversation) => matches(conversation, words));
    items.replaceChildren(...found.map(item));
    if (!found.length) {
      const name = conversations.length ? "HISTORY_NONE" : "HISTORY_EMPTY";
      items.append(make("li", { className: "k-empty" }, spoken(make("span"), name)));
    }
  };
  search.addEventListener("input", fill);
  const below = make("p", { className: "k-actions" });
  if (conversations.length) {
    below.append(
      button("EXPORT_ALL", async () => saveAs("kotae.json", "application/json", JSON.stringify(await stored(), null, 2))),
      sure("DELETE_ALL", removeAll),
    );
  }
  node.append(search, items, below);
  const again = document.activeElement === find("#k-history-search");
  open("history", "HISTORY", node);
  fill();
  if (again || document.activeElement === document.body || !find("#k-panel").contains(document.activeElement)) search.focus();
}

function matches(conversation, text) {
  const all = conversation.turns.map((turn) => `${turn.question}\n${turn.text}`).join("\n").toLocaleLowerCase();
  return text.toLocaleLowerCase().split(/\s+/).every((word) => all.includes(word));
}

function item(conversation) {
  const date = new Date(conversation.updated).toLocaleString(language === "ja" ? "ja-JP" : "en-GB", {
    dateStyle: "medium",
    timeStyle: "short",
  });
  const chosen = make(
    "button",
    { type: "button", className: "k-entry", "aria-current": String(conversation.id === current.id) },
    make("span", { className: "k-title", textContent: conversation.title }),
    make(
      "span",
      { className: "k-facts" },
      make("span", { textContent: date }),
      spoken(make("span"), "TURNS", { count: conversation.turns.length }),
    ),
  );
  chosen.addEventListener("click", () => openStored(conversation).then(list));
  const name = conversation.title.slice(0, 40).replace(/[\\/:*?"<>|\s]+/g, " ").trim() || "kotae";
  return make(
    "li",
    {},
    chosen,
    make(
      "div",
      { className: "k-actions" },
      button("EXPORT_MARKDOWN", () => saveAs(`${name}.md`, "text/markdown", markdown(conversation))),
      button("EXPORT_JSON", () => saveAs(`${name}.json`, "application/json", JSON.stringify(conversation, null, 2))),
      sure("DELETE", () => remove(conversation)),
    ),
  );
}

/** A button that asks once more, in its own place, before it does what cannot be undone. */
export function sure(name, act) {
  const node = button(name, () => {
    if (node.dataset.say === "SURE") {
      act();
      return;
    }
    spoken(node, "SURE");
    setTimeout(() => node.isConnected && spoken(node, name), 4000);
  });
  return node;
}

async function remove(conversation) {
  const place = await shelf("readwrite");
  if (place) await settled(place.delete(conversation.id));
  if (conversation.id === current.id) begin();
  await list();
}

async function removeAll() {
  const place = await shelf("readwrite");
  if (place) await settled(place.clear());
  begin();
  await list();
}

// What leaves the page as text

/** A turn as Markdown or plain text, with the quotes behind its marks. */
export function written(turn, asMarkdown) {
  const text = asMarkdown ? turn.text : turn.text.replace(/\*\*([^*\n]+)\*\*/g, "$1");
  const sources = turn.citations.map((citation) => {
    const about = [citation.title, citation.source].filter(Boolean).join(", ");
    const quote = citation.quote.replace(/\s*\n\s*/g, " ");
    return asMarkdown ? `> [${citation.number}] ${quote}\n>\n> — ${about}` : `[${citation.number}] ${about}: 「${quote}」`;
  });
  return [text.trim(), ...(asMarkdown ? sources : [sources.join("\n")])].filter(Boolean).join("\n\n");
}

export function markdown(conversation) {
  const parts = conversation.turns.map((turn) => `## ${turn.question.replace(/\s*\n\s*/g, " ")}\n\n${written(turn, true)}`);
  return `# ${conversation.title.replace(/\s*\n\s*/g, " ")}\n\n${parts.join("\n\n")}\n`;
}

function saveAs(name, type, text) {
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

export async function copy(node, turn, asMarkdown) {
  const text = written(turn, asMarkdown);
  try {
    await navigator.clipboard.writeText(text);
    const before = all("span[lang]", node).map((part) => [part, part.textContent]);
    for (const [part] of before) part.textContent = say("COPIED");
    announce(say("COPIED"));
    setTimeout(() => before.forEach(([part, old]) => (part.textContent = old)), 2000);
  } catch {
    getSelection().selectAllChildren(find(".k-text", node.closest(".k-answer"))); // no permission: ready for Ctrl-C
  }
}

// Articles: listed, filtered, read, uploaded, taken out; and which of them the next question is put to.
import { announce, button, find, make, own, say, spoken, whisper } from "./base.js";
import { sure } from "./conversations.js";
import { failed, open, openArticle } from "./panel.js";

const KEY = "kotae-scope"; // in sessionStorage: each tab asks what it was told to
const ALL = { article_ids: [], languages: [], date_from: "", date_to: "" };
let scope = { ...ALL };
let filters = { q: "", language: "", date_from: "", date_to: "" };
const messages = []; // what became of uploads, newest last

// The scope

function limited() {
  return Boolean(scope.article_ids.length || scope.languages.length || scope.date_from || scope.date_to);
}

function limit(next, titles = []) {
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

// The panel

export async function list() {
  const node = make("div", { className: "k-articles" });
  const items = make("ul", { className: "k-list" });
  const below = make("div", { className: "k-actions" });
  const state = make("div", { id: "k-upload-state" });
  node.append(adding(state, () => fill(items, below)), state, filtering(() => fill(items, below)), below, items);
  open("articles", "ARTICLES_TITLE", node);
  showMessages(state);
  await fill(items, below);
  find("#k-filter")?.focus();
}

function field(type, id, name, value, act) {
  const input = make("input", { type, id, className: "k-field", value });
  if (type === "search" || type === "text") spoken(input, name, {}, "placeholder");
  input.addEventListener("input", () => act(input.value));
  const label = spoken(make("label", { htmlFor: id, className: type === "date" ? "k-label" : "k-sr" }), name);
  return make("div", { className: "k-fieldset" }, label, input);
}

function filtering(changed) {
  const set = (name) => (value) => {
    filters = { ...filters, [name]: value };
    changed();
  };
  const language = make("select", { id: "k-filter-language", className: "k-field" });
  for (const value of ["", "ja", "en"]) {
    const option = make("option", { value, selected: filters.language === value });
    if (value) option.textContent = value === "ja" ? "日本語" : "English";
    else spoken(option, "ANY_LANGUAGE");
    language.append(option);
  }
  spoken(language, "ANY_LANGUAGE", {}, "aria-label");
  language.addEventListener("change", () => set("language")(language.value));
  return make(
    "div",
    { className: "k-filters" },
    field("search", "k-filter", "FILTER_ARTICLES", filters.q, set("q")),
    language,
    field("date", "k-filter-from", "DATE_FROM", filters.date_from, set("date_from")),
    field("date", "k-filter-to", "DATE_TO", filters.date_to, set("date_to")),
  );
}

let asked = 0;

async function fill(items, below) {
  const number = ++asked;
  let found;
  try {
    found = await (await fetch(own(`articles?${new URLSearchParams(filters)}`))).json();
  } catch {
    failed(items);
    return;
  }
  if (number !== asked) return; // a later letter has been typed
  const hint = find("#k-drop-hint");
  if (hint) spoken(hint, "DROP_HINT", { suffixes: found.suffixes.join(" ") });
  const input = find("#k-files");
  if (input) Object.assign(input, { accept: found.suffixes.join(",") });
  find("#k-adding").dataset.largest = found.largest;
  for (const door of document.querySelectorAll("#k-open-articles .k-t > [lang]")) {
    door.textContent = door.textContent.replace(/[\d,]+/, found.total.toLocaleString("en"));
  }
  items.replaceChildren(...found.articles.map((article) => item(article, () => fill(items, below))));
  if (!found.articles.length) items.append(make("li", { className: "k-empty" }, spoken(make("span"), "NO_ARTICLE_MATCHES")));
  const more = found.matching - found.articles.length;
  if (more) items.append(make("li", { className: "k-empty" }, spoken(make("span"), "MORE_ARTICLES", { count: more })));
  const narrowed = Object.values(filters).some(Boolean);
  const byName = Boolean(filters.q.trim());
  below.replaceChildren();
  if (narrowed && found.articles.length && !(byName && more)) {
    below.append(
      button("ASK_ONLY_THESE", () => {
        const { q: _, language, ...dates } = filters;
        const ids = byName ? found.articles.map((article) => article.id) : [];
        limit({ ...dates, languages: language ? [language] : [], article_ids: ids }, found.articles.map((a) => a.title));
      }),
    );
  }
}

function item(article, changed) {
  const facts = [article.source, article.date, article.language === "ja" ? "日本語" : "English"].filter(Boolean);
  const chosen = make(
    "button",
    { type: "button", className: "k-entry" },
    make("span", { className: "k-title", lang: article.language, textContent: article.title }),
    make("span", { className: "k-facts" }, ...facts.map((fact) => make("span", { textContent: fact }))),
  );
  chosen.addEventListener("click", async () => {
    const place = await openArticle(article.id);
    place.prepend(button("ARTICLES_TITLE", list, "k-small k-back"));
  });
  const actions = make("div", { className: "k-actions" });
  actions.append(button("ONLY_THIS", () => limit({ article_ids: [article.id] }, [article.title])));
  if (article.removable) actions.append(sure("REMOVE", () => remove(article, changed)));
  return make("li", {}, chosen, actions);
}

// Adding and removing

function adding(state, changed) {
  const files = make("input", { type: "file", id: "k-files", multiple: true, className: "k-sr" });
  files.addEventListener("change", () => {
    add([...files.files], state, changed);
    files.value = "";
  });
  const title = field("text", "k-paste-title", "PASTE_TITLE", "", () => {});
  const text = make("textarea", { id: "k-paste-text", className: "k-field", rows: 5 });
  spoken(text, "PASTE_TEXT", {}, "placeholder");
  const label = spoken(make("label", { htmlFor: "k-paste-text", className: "k-sr" }), "PASTE_TEXT");
  const paste = make(
    "details",
    { className: "k-paste" },
    spoken(make("summary"), "PASTE"),
    title,
    label,
    text,
    button("PASTE_ADD", () => {
      const named = find("input", title).value.trim();
      if (!text.value.trim()) return text.focus();
      const front = named ? `---\ntitle: ${JSON.stringify(named)}\n---\n\n` : "";
      const name = `${named || text.value.trim().split("\n")[0].slice(0, 40)}.md`;
      add([new File([front, text.value], name)], state, changed);
      text.value = find("input", title).value = "";
    }),
  );
  const box = make(
    "div",
    { id: "k-adding", className: "k-drop" },
    spoken(make("h3"), "ADD"),
    files,
    spoken(make("label", { htmlFor: "k-files", className: "k-small k-choose" }), "CHOOSE_FILES"),
    make("span", { id: "k-drop-hint", className: "k-note" }),
    paste,
  );
  for (const type of ["dragenter", "dragover"]) {
    box.addEventListener(type, (event) => {
      event.preventDefault();
      box.classList.add("k-over");
    });
  }
  box.addEventListener("dragleave", () => box.classList.remove("k-over"));
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("k-over");
    add([...event.dataTransfer.files], state, changed);
  });
  return box;
}

function note(state, name, values = {}, bad = false, reason = "") {
  messages.push({ name, values, bad, reason });
  messages.splice(0, messages.length - 30);
  showMessages(state);
  announce(say(name, values));
}

function showMessages(state) {
  const lines = messages.map(({ name, values, bad, reason }) =>
    make(
      "p",
      { className: bad ? "k-error" : "k-note" },
      spoken(make("span"), name, values),
      ...(reason ? [make("span", { className: "k-detail", textContent: reason })] : []),
    ),
  );
  state.replaceChildren(...lines);
}

function step(state, name, values = {}, share = null) {
  let line = find(".k-step", state);
  if (!line) {
    line = make("div", { className: "k-step" }, make("span"), make("progress"));
    spoken(find("progress", line), "READING_IN", {}, "aria-label");
    state.append(line);
  }
  spoken(find("span", line), name, values);
  const bar = find("progress", line);
  if (share === null) bar.removeAttribute("value");
  else bar.value = share;
}

async function add(files, state, changed) {
  messages.length = 0;
  showMessages(state);
  let kept = 0;
  for (const file of files) {
    const largest = Number(find("#k-adding").dataset.largest || Infinity);
    if (file.size > largest) {
      note(state, "TOO_LARGE", { name: file.name, limit: Math.floor(largest / 1048576) }, true);
      continue;
    }
    try {
      const done = await send(file, (share) => step(state, "UPLOADING", { name: file.name, percent: Math.round(100 * share) }, share));
      if (done.duplicate_of) note(state, "DUPLICATE", { name: done.name, title: done.duplicate_of }, true);
      else if (done.problem) note(state, "REFUSED", { name: done.name }, true, done.problem);
      else {
        kept += 1;
        note(state, done.renamed ? "RENAMED" : "READ_IN", { name: done.name, count: done.titles.length });
      }
    } catch {
      note(state, "NO_CONNECTION", {}, true);
      return;
    }
  }
  if (kept) await work("index", state, (end) => note(state, "SEARCHABLE", { count: end.articles }));
  else find(".k-step", state)?.remove();
  await changed();
}

function send(file, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest(); // fetch cannot tell how much it has sent
    request.open("POST", own(`upload?name=${encodeURIComponent(file.name)}`));
    request.upload.onprogress = (event) => progress(event.lengthComputable ? event.loaded / event.total : 0);
    request.onload = () => {
      try {
        resolve(JSON.parse(request.responseText));
      } catch (error) {
        reject(error);
      }
    };
    request.onerror = reject;
    request.send(file);
  });
}

async function remove(article, changed) {
  const state = find("#k-upload-state");
  messages.length = 0;
  showMessages(state);
  await work(`remove?id=${encodeURIComponent(article.id)}`, state, (end) => note(state, "REMOVED", { name: end.removed }));
  if (scope.article_ids.includes(article.id)) limit(ALL);
  await changed();
}

/** Follows the lines of a long piece of work to its end. */
async function work(path, state, done) {
  try {
    const reader = (await fetch(own(path), { method: "POST" })).body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done: over } = await reader.read();
      if (over) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        const event = JSON.parse(line);
        if (event.error) {
          const reason = event.reason;
          messages.push({ name: "FAILED", values: {}, bad: true, reason });
          showMessages(state);
        } else if ("label" in event) step(state, "READING_IN", {}, event.total ? event.done / event.total : null);
        else done(event);
      }
    }
  } catch {
    note(state, "NO_CONNECTION", {}, true);
  }
  find(".k-step", state)?.remove();
}

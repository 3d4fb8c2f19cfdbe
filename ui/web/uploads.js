// Articles come in and go out: files and pasted text are sent, read, made searchable; what became of each is said.
import { Refused, announce, answered, button, field, find, make, say, spoken, spokenBoth } from "./base.js";
import { ALL, asksFor, at, limit } from "./scope.js";

const messages = []; // what became of uploads, newest last

/** The box that takes files and pasted text. */
export function adding(state, changed) {
  const files = make("input", { type: "file", id: "k-files", multiple: true, className: "k-sr" });
  files.addEventListener("change", () => {
    add([...files.files], state, changed);
    files.value = "";
  });
  const title = field("text", "k-paste-title", "PASTE_TITLE", "");
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
      const name = `${(named || text.value.trim().split("\n")[0].slice(0, 40)).replaceAll(".", " ")}.md`;
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

/** `reasons` come from the server, each in both languages. */
function note(state, name, values = {}, bad = false, reasons = []) {
  messages.push({ name, values, bad, reasons });
  messages.splice(0, messages.length - 30);
  showMessages(state);
  announce(say(name, values));
}

export function showMessages(state) {
  const lines = messages.map(({ name, values, bad, reasons }) =>
    make(
      "p",
      { className: bad ? "k-error" : "k-note" },
      spoken(make("span"), name, values),
      ...reasons.map((reason) => spokenBoth(make("span", { className: "k-detail" }), reason)),
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
      else if (done.problem) note(state, "REFUSED", { name: done.name }, true, [done.problem]);
      else {
        kept += 1;
        note(state, done.renamed ? "RENAMED" : "READ_IN", { name: done.name, count: done.titles.length });
        if (done.refused.length) note(state, "PARTS_REFUSED", { name: done.name }, true, done.refused);
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
    request.open("POST", at(`upload?name=${encodeURIComponent(file.name)}`));
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

export async function remove(article, changed) {
  const state = find("#k-upload-state");
  messages.length = 0;
  showMessages(state);
  await work(`remove?id=${encodeURIComponent(article.id)}`, state, (end) => note(state, "REMOVED", { name: end.removed }));
  if (asksFor(article.id)) limit(ALL);
  await changed();
}

/** Follows the lines of a long piece of work to its end. */
async function work(path, state, done) {
  try {
    const reader = (await answered(at(path), { method: "POST" })).body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done: over } = await reader.read();
      if (over) break;
      const lines = (rest + value).split("\n");
      rest = lines.pop();
      for (const line of lines) {
        const event = JSON.parse(line);
        if (event.error) {
          note(state, "NOT_DONE", {}, true, [event.error, event.reason]);
        } else if ("label" in event) step(state, "READING_IN", {}, event.total ? event.done / event.total : null);
        else done(event);
      }
    }
  } catch (error) {
    if (error instanceof Refused) note(state, "NOT_DONE", {}, true, [error.problem]);
    else note(state, "NO_CONNECTION", {}, true);
  }
  find(".k-step", state)?.remove();
}

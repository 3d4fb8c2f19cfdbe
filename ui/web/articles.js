// The list of articles: filtered, read, and the doors to asking only some of them and to taking one out.
import { answered, button, field, find, make, spoken } from "./base.js";
import { sure } from "./conversations.js";
import { failed, open, openArticle, shown } from "./panel.js";
import { at, limit } from "./scope.js";
import { adding, remove, showMessages } from "./uploads.js";

let filters = { q: "", language: "", date_from: "", date_to: "" };

addEventListener("kotae-collection", async () => {
  if (shown() === "articles") return list();
  try {
    count((await (await answered(at("articles?q="))).json()).total);
  } catch {
    // the number is put right when the list is opened
  }
});

function count(total) {
  const door = find("#k-open-articles .k-t");
  spoken(door, total === 1 ? "ONE_ARTICLE" : "ARTICLES", { count: total.toLocaleString("en") });
}

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
    found = await (await answered(at(`articles?${new URLSearchParams(filters)}`))).json();
  } catch (error) {
    failed(items, error);
    return;
  }
  if (number !== asked) return; // a later letter has been typed
  const hint = find("#k-drop-hint");
  if (hint) spoken(hint, "DROP_HINT", { suffixes: found.suffixes.join(" ") });
  const input = find("#k-files");
  if (input) Object.assign(input, { accept: found.suffixes.join(",") });
  find("#k-adding").dataset.largest = found.largest;
  count(found.total);
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
    place.prepend(button("BACK", list, "k-small k-back"));
  });
  const actions = make("div", { className: "k-actions" });
  actions.append(button("ONLY_THIS", () => limit({ article_ids: [article.id] }, [article.title])));
  if (article.removable) actions.append(sure("REMOVE", () => remove(article, changed)));
  return make("li", {}, chosen, actions);
}

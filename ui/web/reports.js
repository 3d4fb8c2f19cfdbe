// Stored evaluation reports: a list, and each in a frame that may run nothing and ask for nothing.
import { answered, button, find, language, make, own, spoken, spokenBoth } from "./base.js";
import { failed, open } from "./panel.js";

const fetched = async () => (await answered(own("reports"))).json();

/** The door is there once there is something behind it. */
export async function announceDoor() {
  try {
    if ((await fetched()).length) document.documentElement.classList.add("k-with-reports");
  } catch {
    // then the page goes on without it
  }
}

export async function list() {
  const node = make("div", { className: "k-reports" }, spoken(make("p", { className: "k-note" }), "REPORTS_HINT"));
  open("reports", "REPORTS", node);
  try {
    const found = await fetched();
    const items = found.map((report) => make("li", {}, entry(report)));
    if (!items.length) items.push(make("li", { className: "k-empty" }, spoken(make("span"), "REPORTS_EMPTY")));
    node.append(make("ul", { className: "k-list" }, ...items));
    find(".k-entry", node)?.focus();
  } catch (error) {
    failed(node, error);
  }
}

function entry(report) {
  const date = new Date(report.written).toLocaleString(language === "ja" ? "ja-JP" : "en-GB", {
    dateStyle: "medium",
    timeStyle: "short",
  });
  const metrics = report.metrics.map(({ name, mean }) =>
    make("div", {}, spokenBoth(make("dt"), name), make("dd", { textContent: mean.toFixed(3) })),
  );
  const chosen = make(
    "button",
    { type: "button", className: "k-entry" },
    make("span", { className: "k-title", textContent: report.name }),
    make(
      "span",
      { className: "k-facts" },
      make("span", { textContent: date }),
      spoken(make("span"), "REPORT_QUESTIONS", { count: report.questions }),
    ),
  );
  chosen.addEventListener("click", () => show(report));
  return make("div", {}, chosen, make("dl", { className: "k-metrics" }, ...metrics));
}

async function show(report) {
  const frame = make("iframe", { className: "k-report", sandbox: "", referrerPolicy: "no-referrer" });
  spoken(frame, "REPORT_OPEN", { name: report.name }, "title");
  const back = button("BACK", list, "k-small k-back");
  const place = make("div", { className: "k-framed" }, back, frame);
  open("reports", "REPORTS", place, true);
  back.focus();
  try {
    const reply = await answered(own(`report?key=${encodeURIComponent(report.key)}`));
    // Inherits the page's policy: nothing is fetched from anywhere. Links within it must name the frame's own address,
    // or they would lead to this page's.
    frame.srcdoc = (await reply.text()).replaceAll('href="#', 'href="about:srcdoc#');
  } catch (error) {
    failed(place, error);
  }
}

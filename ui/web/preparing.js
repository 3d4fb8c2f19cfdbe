// Asks the server how far it is, shows that, and gives way to the page.
import { choose, find, language, preferred, say } from "./base.js";

choose(preferred(), false);

async function look() {
  try {
    const reply = await fetch("readyz");
    if (reply.ok) {
      location.reload();
      return;
    }
    const { says, done, total, unit } = await reply.json();
    const bar = find("#k-progress");
    if (total) Object.assign(bar, { max: total, value: done });
    else bar.removeAttribute("value");
    const amount = unit === "bytes" ? `${Math.round(done / 1e6)} / ${Math.round(total / 1e6)} MB` : `${done} / ${total}`;
    const step = says[language];
    find("#k-step").textContent = total ? `${step}: ${amount}` : step;
  } catch {
    find("#k-step").textContent = say("NO_CONNECTION");
  }
  setTimeout(look, 300);
}
look();

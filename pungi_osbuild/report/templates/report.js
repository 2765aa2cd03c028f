"use strict";
// Filters and copy buttons. Without scripts all of the page is there, and these are not.
(() => {
  const form = document.getElementById("filters");
  const rows = Array.from(document.querySelectorAll("#rows tbody tr"));
  const said = document.getElementById("said");

  const say = (text) => { said.textContent = text; };

  const copied = (text) => {
    if (navigator.clipboard && window.isSecureContext) {
      return navigator.clipboard.writeText(text).catch(() => fallback(text));
    }
    return fallback(text);
  };

  // Pages that are served by plain http have no clipboard of their own.
  const fallback = (text) => {
    const area = document.createElement("textarea");
    area.value = text;
    area.setAttribute("readonly", "");
    area.className = "hidden-text";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("not copied"));
  };

  const answer = (button, text) => {
    const before = button.dataset.text || button.textContent;
    button.dataset.text = before;
    button.textContent = text;
    window.setTimeout(() => { button.textContent = before; }, 2000);
  };

  const copy = (button, text, what) => {
    const focused = document.activeElement;
    copied(text).then(
      () => { answer(button, "Copied"); say(what + " copied"); },
      () => { answer(button, "Not copied"); say("The browser did not let it be copied."); }
    ).then(() => { if (focused) { focused.focus(); } });
  };

  for (const button of document.querySelectorAll("button.copy")) {
    button.hidden = false;
    const id = button.closest(".cloud").querySelector(".id").textContent;
    button.addEventListener("click", () => copy(button, id, "The ID was"));
  }

  window.addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("details.log")) { one.open = true; }
  });

  if (!form) { return; }
  const selects = Array.from(form.querySelectorAll("select"));
  const text = form.querySelector("input");
  const count = document.getElementById("count");
  const all = document.getElementById("copy-all");

  const fits = (row) => selects.every(
    (select) => !select.value || (row.dataset[select.name] || "").split("\n").includes(select.value)
  ) && text.value.trim().toLowerCase().split(/\s+/).every(
    (word) => row.textContent.toLowerCase().includes(word)
  );

  const shown = () => rows.filter((row) => !row.hidden);

  const ids = () => shown().flatMap(
    (row) => Array.from(row.querySelectorAll(".cloud .id"), (id) => id.textContent)
  );

  const apply = () => {
    for (const row of rows) { row.hidden = !fits(row); }
    count.textContent = shown().length + " of " + rows.length + " shown";
    all.disabled = ids().length === 0;
  };

  all.addEventListener("click", () => copy(all, ids().join("\n"), ids().length + " IDs were"));
  form.addEventListener("input", apply);
  form.addEventListener("reset", () => window.setTimeout(apply, 0));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  apply();
})();

/* Small comforts. Every page works without this file. */
"use strict";
(() => {
  const root = document.documentElement;

  /* Appearance: change at once, let the server keep the choice. */
  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-theme-switch]");
    if (!form || !event.submitter) return;
    event.preventDefault();
    const chosen = event.submitter.value;
    const data = new FormData(form, event.submitter);
    if (chosen) root.dataset.theme = chosen;
    else delete root.dataset.theme;
    for (const button of form.querySelectorAll("[name=theme]")) {
      button.setAttribute("aria-pressed", String(button === event.submitter));
    }
    fetch(form.action, { method: "POST", body: data, redirect: "manual" }).catch(() => form.submit());
  });

  /* Copy buttons appear only where copying works. */
  const arm = (scope) => {
    if (!navigator.clipboard) return;
    for (const button of scope.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
  };
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const source = document.getElementById(button.dataset.copy);
    await navigator.clipboard.writeText(source.dataset.value || source.textContent.trim());
    const said = button.querySelector("[data-said]");
    if (said) said.textContent = button.dataset.done;
  });

  /* A form sends once: a second press while the first is under way does nothing. */
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if ((event.submitter?.formMethod || form.method) !== "post" || event.defaultPrevented || form.dataset.themeSwitch !== undefined) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  });

  /* Menus close on Escape and when the focus or a press goes elsewhere. */
  const menus = () => document.querySelectorAll(".mast details[open]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  for (const kind of ["focusin", "pointerdown"]) {
    document.addEventListener(kind, (event) => {
      for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
    });
  }

  /* Faults take the focus; the navigation strip starts at the current item. */
  const ready = (scope) => {
    arm(scope);
    scope.querySelector("[data-focus]")?.focus();
  };
  document.addEventListener("DOMContentLoaded", () => {
    ready(document);
    for (const strip of document.querySelectorAll(".mast-nav ul, .tabs ul")) {
      const current = strip.querySelector("[aria-current]");
      if (current) strip.scrollLeft = current.offsetLeft - strip.offsetLeft - (strip.clientWidth - current.offsetWidth) / 2;
    }
  });
  document.addEventListener("htmx:afterSwap", (event) => ready(event.target));

  /* What is under way counts its seconds between two answers of the server. */
  setInterval(() => {
    for (const words of document.querySelectorAll("[data-elapsed]")) {
      words.began ??= performance.now() - 1000 * Number(words.dataset.elapsed);
      words.textContent = Math.floor((performance.now() - words.began) / 1000);
    }
  }, 1000);

  /* Moving parts that cannot be refreshed say so until they can again. */
  const stale = (is) => {
    for (const words of document.querySelectorAll("[data-stale]")) words.hidden = !is;
  };
  for (const fault of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(fault, (event) => stale(![409, 422].includes(event.detail.xhr?.status)));
  }
  document.addEventListener("htmx:afterOnLoad", (event) => {
    if (event.detail.xhr.status < 400) stale(false);
  });
})();

/* Says so when the browser's passkey dialogue ended without a passkey. */
"use strict";
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  for (const words of document.querySelectorAll("[data-passkey-fault]")) words.hidden = false;
});

/** The API key, asked for where the server wants one. */

import { make, openDialog } from "./dom.mjs";

let open = null;

/** The key that was typed, null where none was; one dialog, however many requests want one. */
export function askForKey(why) {
  open ??= openDialog("API key", (close) => fill(why, close)).finally(() => { open = null; });
  return open;
}

function fill(why, close) {
  const key = make("input", { type: "password", id: "key", autocomplete: "off", required: true,
    pattern: "\\s*[\\x21-\\x7e]+\\s*", title: "Letters, digits and signs of the keyboard, nothing between them" });
  const form = make("form", { method: "dialog", onsubmit: (event) => {
    event.preventDefault();
    close(key.value.trim());
  } },
    make("p", {}, why),
    make("label", { htmlFor: "key" }, "Key"), key,
    make("p", { className: "quiet" }, "It stays in this tab, and ends with it."),
    make("button", { type: "submit", className: "main" }, "Use it"));
  return form;
}

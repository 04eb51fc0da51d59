/** Look-alikes of the clients, as a layer: shown while the question asks for them. */

import { make } from "./dom.mjs";
import * as question from "./question.mjs";

/** The switch in that box that ends them; the clients' view has the one that begins. */
export function startLikeness(box) {
  const end = () => {
    const sorted = /^-?like$/.test(question.get("sort"));
    question.change({ like: "", ...(sorted ? { sort: "" } : {}) }, { step: true });
  };
  const button = make("button", { type: "button", className: "chip", "aria-pressed": "true", onclick: end }, "Look-alikes");
  const show = () => { button.hidden = question.get("like") === ""; };
  question.onChange(show);
  show();
  box.append(button);
}

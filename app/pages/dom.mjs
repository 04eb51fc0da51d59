/** Elements, made of text only: whatever comes from a file is never read as markup. */

/** An element. Properties are set as such, `data-` and `aria-` names and `role` as attributes;
 * functions under `on...` listen. Children are elements or text.
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) set(element, name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** An SVG element of those attributes, with children. */
export function drawing(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function set(element, name, value) {
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name in element && !name.startsWith("aria")) element[name] = value;
  else if (value !== null) element.setAttribute(name, value);
}

/** Give a box other children; what takes the place of a control that had the focus gets it. */
export function refill(box, ...children) {
  const controls = () => [...box.querySelectorAll("button, input, select")];
  const at = controls().indexOf(document.activeElement);
  box.replaceChildren(...children);
  if (at >= 0) controls()[Math.min(at, controls().length - 1)]?.focus();
}

/** The element of that id. */
export function find(id) {
  return document.getElementById(id);
}

/** A whole number as people of this page's language read it. */
export function number(value) {
  return value.toLocaleString("en-US");
}

/** "1 row", "2 rows". */
export function count(value, noun) {
  return `${number(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** "10 – 49", "50+", "12"; "" where neither end is known. */
export function bandOf(low, high) {
  if (low === null) return high === null ? "" : `up to ${number(high)}`;
  if (high === null) return `${number(low)}+`;
  return low === high ? number(low) : `${number(low)} – ${number(high)}`;
}

/** "12.3 min"; "" for none. */
export function minutesOf({ minutes }) {
  return minutes === null ? "" : `${minutes.toFixed(1)} min`;
}

/** Call it once the given milliseconds have gone by without another call. */
export function settled(ms, call) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...given), ms);
  };
}

/** A dialog over the page with a heading and its content; it is closed by Escape as well.
 *
 * Gives what `close(value)` was called with, null for Escape.
 */
export function openDialog(heading, fill) {
  return new Promise((resolve) => {
    let told = null;
    const close = (value = null) => { told = value; dialog.close(); };
    const dialog = make("dialog", { "aria-label": heading }, make("h2", {}, heading));
    dialog.append(...[fill(close)].flat());
    dialog.addEventListener("close", () => { dialog.remove(); resolve(told); });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Home bases: by an address with suggestions, by a click on the map, by moving a pin. */

import { ask, newest } from "./api.mjs";
import { find, make, refill, settled } from "./dom.mjs";
import * as question from "./question.mjs";

/** The field of home bases; `show(bases)` draws where the answer found them. */
export function startHome(map) {
  const input = find("home");
  const list = startSuggestions(input);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !list.takeMarked()) set(input.value);
    if (event.key === "Enter") event.preventDefault();
  });
  input.addEventListener("change", () => set(input.value));
  find("question").addEventListener("submit", (event) => event.preventDefault());
  startChoosing(map);
  find("more-homes").addEventListener("click", () => add(map));
  question.onChange((names) => { if (!names || names.has("home")) fill(input); });
  fill(input);
  map.onMoved((at, where) => replace(at, where));
  return { show: (bases) => showBases(map, bases) };
}

function set(said) {
  const [, ...others] = question.getAll("home");
  const home = said.trim();
  question.change({ home: home ? [home, ...others] : others }, { step: true });
}

function replace(at, { lat, lng }) {
  const homes = question.getAll("home");
  homes[at] = spell(lat, lng);
  question.change({ home: homes }, { step: true });
}

function spell(lat, lng) {
  return `${lat.toFixed(5)},${lng.toFixed(5)}`;
}

function fill(input) {
  if (document.activeElement !== input) input.value = question.get("home");
}

function startChoosing(map) {
  const button = find("choose-home");
  button.addEventListener("click", () => {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    map.chooseNext(on ? ({ lat, lng }) => {
      button.setAttribute("aria-pressed", "false");
      set(spell(lat, lng));
    } : null);
  });
}

/** Another home base where the middle of the map is; its pin can be moved. */
async function add(map) {
  const { lat, lng } = await map.middle();
  question.change({ home: [...question.getAll("home"), spell(lat, lng)] }, { step: true });
}

function showBases(map, bases) {
  map.showHomes(bases);
  const list = find("homes");
  list.hidden = bases.length < 2;
  refill(list, ...bases.map((base, at) => make("li", {},
    make("span", {}, `${at + 1}. ${base.label}`),
    make("button", { type: "button", "aria-label": `Remove ${base.label}`, onclick: () => remove(at) }, "×"))));
}

function remove(at) {
  question.change({ home: question.getAll("home").filter((_, one) => one !== at) }, { step: true });
}

/** Addresses as they are typed, from the maps that are installed; a combobox as ARIA has it. */
function startSuggestions(input) {
  const box = find("suggestions");
  let typing = false; // what was typed is not taken yet
  const close = () => { typing = false; box.hidden = true; input.setAttribute("aria-expanded", "false"); mark(-1); };
  const marked = () => [...box.children].findIndex((one) => one.ariaSelected === "true");
  const mark = (at) => {
    [...box.children].forEach((one, index) => { one.ariaSelected = String(index === at); });
    const id = at >= 0 ? box.children[at].id : "";
    if (id) input.setAttribute("aria-activedescendant", id);
    else input.removeAttribute("aria-activedescendant");
  };
  const take = (label) => { input.value = label; close(); set(label); };
  const look = newest((signal, said) =>
    ask("v1/suggest", { query: { q: said, limit: 8 }, signal }));
  const open = settled(80, async (said) => {
    const found = said.length < 2 ? null : await look(said).catch(() => null);
    if (!found || !typing || document.activeElement !== input || input.value.trim() !== said) return;
    box.replaceChildren(...found.suggestions.map((one, at) => make("li", {
      role: "option", id: `suggestion-${at}`, ariaSelected: "false",
      onpointerdown: (event) => { event.preventDefault(); take(one.label); },
    }, one.label, " ", make("span", { className: "quiet" }, one.kind))));
    box.hidden = box.children.length === 0;
    input.setAttribute("aria-expanded", String(!box.hidden));
  });
  input.addEventListener("input", () => { close(); typing = true; open(input.value.trim()); });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") close();
    if (!step || box.hidden) return;
    event.preventDefault();
    const many = box.children.length;
    mark((marked() + step + many + (marked() < 0 && step < 0 ? 1 : 0)) % many);
  });
  return {
    takeMarked: () => {
      const at = box.hidden ? -1 : marked();
      if (at >= 0) take(box.children[at].firstChild.textContent);
      else close();
      return at >= 0;
    },
  };
}

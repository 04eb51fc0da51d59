/** Charts as SVG: income by client with the sum so far, and a bar of hours. */

import { drawing } from "./dom.mjs";

const WIDE = 420, HIGH = 150, FOOT = 4; // units
const TIERS = { A: "#0f766e", B: "#31688e", C: "#8a6d1d" };

/** Each client's share of the income as a bar, best first, and what they pay together as a line. */
export function incomeChart(clients) {
  const paying = clients.filter(({ share }) => share !== null);
  const step = WIDE / Math.max(paying.length, 1), most = Math.max(...paying.map(({ share }) => share), 0.01);
  const up = (share) => HIGH - FOOT - share * (HIGH - FOOT - 8);
  const bars = paying.map(({ name, share, tier }, at) => drawing("rect", {
    x: at * step + step * 0.1, width: Math.max(step * 0.8, 0.5), y: up(share / most),
    height: Math.max(HIGH - FOOT - up(share / most), 0.5), fill: TIERS[tier] ?? "#6b7280",
  }, drawing("title", {}, `${name}: ${percent(share)}, tier ${tier}`)));
  const line = paying.map(({ cumulative_share: sum }, at) => `${(at + 0.5) * step},${up(sum)}`).join(" ");
  return drawing("svg", { viewBox: `0 0 ${WIDE} ${HIGH}`, class: "chart", role: "img",
    "aria-label": `Income by client: ${wordsOf(paying)}. The table below has the same.` },
    ...bars, drawing("polyline", { points: line, class: "cumulative" }));
}

function wordsOf(paying) {
  const [first] = paying;
  return first ? `${first.name} pays ${percent(first.share)}, of ${paying.length} clients` : "none is known";
}

/** "12.3 %". */
export function percent(share) {
  return share === null ? "" : `${(share * 100).toFixed(1)} %`;
}

/** The hours of a week in their order: [name, hours] each, of `whole`. */
export function hoursBar(parts, whole) {
  const colours = ["#be185d", "#0f766e", "#31688e", "#9ca3af"];
  const sum = Math.max(whole, parts.reduce((all, [, hours]) => all + hours, 0), 0.01);
  let from = 0;
  const bars = parts.map(([name, hours], at) => {
    const x = (from / sum) * WIDE;
    from += hours;
    return drawing("rect", { x, width: Math.max((hours / sum) * WIDE - 1, 0), y: 0, height: 22, fill: colours[at] },
      drawing("title", {}, `${name}: ${hours.toFixed(1)} h`));
  });
  return drawing("svg", { viewBox: `0 0 ${WIDE} 22`, class: "chart hours", role: "img",
    "aria-label": `The week: ${parts.map(([name, hours]) => `${name} ${hours.toFixed(1)} h`).join(", ")}` }, ...bars);
}

// The plan, drawn: one band for every way, as thick as it has files.

import { ENVIRONMENTS, FORMATS } from "./data.js";
import { make, many } from "./elements.js";
import { WAYS } from "./planning.js";

const LANE = { plainly: "plainly", "with loss": "loss", "with a remedy": "remedy", "with hops": "hops", "no way found": "none" };
const FLOW = { width: 960, box: 132, top: 14, most: 220, least: 5, label: 25, gap: 10, stop: 176, sign: 26 };

/** The bands of a plan: ways, and inside remedies and hops what they do, the frequent ones apart. */
function lanesOf(plan) {
  const lanes = [];
  for (const way of WAYS) {
    const entries = plan.entries.filter((entry) => entry.way === way);
    const named = (entry) => (way === "with a remedy" ? entry.path.steps[0].attempt
      : way === "with hops" ? entry.path.recipe.map(([environment, format]) => `${ENVIRONMENTS[environment].label}, save as ${FORMATS[format].name}`).join(", then ")
        : "");
    const groups = new Map();
    for (const entry of entries) groups.set(named(entry), [...(groups.get(named(entry)) || []), entry]);
    const sorted = [...groups].sort((a, b) => b[1].length - a[1].length);
    const rest = sorted.slice(3).flatMap(([, one]) => one);
    for (const [name, one] of sorted.slice(0, 3)) lanes.push({ way, name, count: one.length, stops: one[0].path ? one[0].path.recipe : [] });
    if (rest.length) lanes.push({ way, name: way === "with hops" ? "over other stops" : "other remedies", count: rest.length, stops: [] });
  }
  return lanes;
}

export function drawFlow(plan) {
  const lanes = lanesOf(plan);
  const total = plan.entries.length;
  const scale = FLOW.most / Math.max(1, total);
  let y = FLOW.top;
  for (const lane of lanes) {
    lane.thick = Math.max(FLOW.least, lane.count * scale);
    // The signs of stops may be taller than their lane.
    lane.tall = lane.stops.length ? Math.max(lane.thick, FLOW.sign) : lane.thick;
    y += FLOW.label;
    lane.middle = y + lane.tall / 2;
    y += lane.tall + FLOW.gap;
  }
  const height = Math.max(y + FLOW.top, 120);
  const stack = lanes.reduce((sum, lane) => sum + lane.thick, 0);
  const arriving = lanes.filter((lane) => lane.way !== "no way found");
  const arrived = arriving.reduce((sum, lane) => sum + lane.thick, 0);
  const svg = make("svg", { viewBox: `0 0 ${FLOW.width} ${height}`, class: "flow", role: "img",
    "aria-label": lanes.map((lane) => `${lane.count} of ${total} ${lane.way}${lane.name ? `, ${lane.name}` : ""}`).join("; ") });
  let left = (height - stack) / 2;
  let right = (height - arrived) / 2;
  const tops = [left, right];
  for (const lane of lanes) {
    const from = left + lane.thick / 2;
    left += lane.thick;
    const ends = lane.way === "no way found";
    const into = right + lane.thick / 2;
    if (!ends) right += lane.thick;
    const [a, b, c, d] = [FLOW.box, FLOW.box + 130, FLOW.width - FLOW.box - 130, FLOW.width - FLOW.box];
    const track = `M${a} ${from}C${a + 60} ${from} ${b - 60} ${lane.middle} ${b} ${lane.middle}`
      + (ends ? `H${b + 150}` : `H${c}C${c + 60} ${lane.middle} ${d - 60} ${into} ${d} ${into}`);
    svg.append(make("path", { d: track, class: `lane l-${LANE[lane.way]}`, "stroke-width": lane.thick.toFixed(1) }));
    const said = lane.stops.length || !lane.name ? lane.way : `${lane.way}: ${lane.name}`;
    svg.append(make("text", { x: b, y: lane.middle - lane.tall / 2 - 7, class: "lane-label" }, `${lane.count}  ${said}`));
    if (ends) svg.append(make("text", { x: b + 160, y: lane.middle + 6, class: "lane-end" }, "×"));
    lane.stops.forEach(([environment, format], number) => {
      const x = FLOW.width / 2 + (number - lane.stops.length / 2) * (FLOW.stop + 34) + 17;
      svg.append(make("rect", { x, y: lane.middle - FLOW.sign / 2, width: FLOW.stop, height: FLOW.sign, rx: 7, class: "stop" }),
        make("text", { x: x + FLOW.stop / 2, y: lane.middle + 4.5, class: "stop-label" },
          `${ENVIRONMENTS[environment].label}: save as ${FORMATS[format].name}`));
    });
  }
  box(svg, 0, tops[0], stack, ENVIRONMENTS[plan.start].label, many(total, "file"));
  box(svg, FLOW.width - FLOW.box, tops[1], arrived, ENVIRONMENTS[plan.to].label, many(arriving.reduce((sum, lane) => sum + lane.count, 0), "file"));
  return svg;
}

/** One end of the way. */
function box(svg, x, top, thick, name, said) {
  const height = Math.max(thick, 58);
  const y = top + thick / 2 - height / 2;
  svg.append(make("rect", { x, y, width: FLOW.box, height, rx: 9, class: "end" }),
    make("text", { x: x + FLOW.box / 2, y: y + height / 2 - 2, class: "end-name" }, name),
    make("text", { x: x + FLOW.box / 2, y: y + height / 2 + 17, class: "end-said" }, said));
}

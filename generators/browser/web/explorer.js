// The explorer: the book's model for any chip, model, format, batch and context, up to four side by side.
import { SUBJECT } from "./subject.js";
import { addModels } from "./catalog.js";
import { further } from "./further.js";
import { announcer, element } from "./controls.js";
import { canvas, paint } from "./svg.js";
import { forget } from "./address.js";
import { keptProbe } from "./probe_keep.js";
import { UNKNOWN, define, mine } from "./widget.js";
import { drawing, sizes } from "./explorer_draw.js";
import { explainer } from "./explain.js";
import { form } from "./explorer_form.js";
import { kept } from "./record_keep.js";
import { OWN, SHIPPED, chipOf, fresh, load, formatOf, modelOf, resolveAll, save } from "./explorer_state.js";
import { PROBE, machineChip, machines, matching_runs, measuredTable, probeChip } from "./explorer_measured.js";
import { describe, sentence, warnings } from "./explorer_rows.js";
import { outputs } from "./explorer_outputs.js";
import { ownChipPanel, ownModelPanel, recordPanel } from "./explorer_panels.js";
import { table } from "./explorer_table.js";

const MINE = "mine";
addModels(further);

function run(place) {
  let own = kept();
  let probe = keptProbe();
  const withOwn = () => [...machines, ...(own ? [machineChip(own, MINE)] : []), ...(probe ? [probeChip(probe)] : [])];
  const [state, unknown] = load(withOwn());
  const explain = explainer();
  const [says, results, view] = [announcer(), table(explain), element("div", { class: "mb-drawings" })];
  const [title, runs] = [element("div", { class: "mb-configs" }), element("div")];
  let [svg, frame, rows, measured] = [null, 0, [], []];

  const draw = (announce) => {
    frame = 0;
    rows = resolveAll(state);
    mine.subject = state.configs[state.active];
    document.dispatchEvent(new CustomEvent("memory-bound:subject"));
    measured = matching_runs(rows, own);
    const layout = sizes(rows.length)[view.clientWidth > 0 && view.clientWidth <= 540 ? 1 : 0];
    const box = `0 0 ${layout.width} ${layout.height}`;
    if (!svg || svg.getAttribute("viewBox") !== box) view.replaceChildren(svg = canvas(layout.width, layout.height));
    paint(svg, drawing(rows, measured, layout));
    svg.setAttribute("aria-label", rows.map(sentence).join(" "));
    title.replaceChildren(...rows.flatMap((row) => [
      element("p", {}, describe(row)), ...warnings(row).map((words) => element("p", { class: "mb-notice mb-notice--warning" }, words)),
    ]));
    results.update(rows);
    if (announce) says.say(sentence(rows[state.active]));
  };
  const slow = () => runs.replaceChildren(measuredTable(measured));
  const later = () => {
    if (!frame) frame = requestAnimationFrame(() => { draw(true); slow(); });
    save(state);
  };
  const all = () => { controls.build(); later(); };
  const act = {
    change: (key, value) => {
      const config = state.configs[state.active];
      config[key] = value;
      config.told = "";
      if (config.model === OWN) config.mine = config.mine || state.mine;
      if (!formatOf(config)) Object.assign(config, { format: SUBJECT.format, told: "Weights as shipped belong to the pasted model; BF16 stands in their place." });
      controls.refresh();
      later();
    },
    choose: (at) => { state.active = at; controls.build(); controls.focus(at); },
    add: () => { state.configs.push({ ...state.configs[state.active] }); state.active = state.configs.length - 1; all(); controls.focus(state.active); },
    remove: () => { state.configs.splice(state.active, 1); state.active = Math.max(0, state.active - 1); all(); controls.focus(state.active); },
    reset: () => { Object.assign(state, { ...fresh(state.machines), own: state.own, mine: state.mine }); all(); },
  };
  const controls = form(state, act);
  const take = (chip) => {
    state.machines = withOwn();
    if (chip) state.configs[state.active].chip = chip;
    for (const config of state.configs) {
      if (!chipOf(state, config.chip)) config.chip = SUBJECT.chip;
    }
    all();
  };
  const takeRecord = (record) => {
    own = record;
    take(record && MINE);
  };
  const takeProbe = () => {
    probe = mine.probe;
    take(probe && PROBE);
  };
  document.addEventListener("memory-bound:probe", takeProbe);
  const panels = element("div", { class: "mb-panels" },
    ownChipPanel(state.own, (key, value) => { state.own[key] = value; if (state.configs[state.active].chip !== OWN) act.change("chip", OWN); else later(); }),
    ownModelPanel(() => modelOf(state.configs[state.active]), (of, stored) => {
      state.mine = of;
      Object.assign(state.configs[state.active], { model: OWN, mine: of, ...(stored ? { format: SHIPPED } : {}) });
      all();
      requestAnimationFrame(() => title.scrollIntoView({ block: "nearest" }));
    }),
    recordPanel(own, takeRecord));
  const files = outputs(() => ({ rows, measured, svg }));
  place.replaceChildren(element("div", { class: "mb-explorer" }, controls.shown, panels, title, view, says.line, results.shown, explain.tip, files,
    element("h2", {}, "Measured"), runs));
  if (unknown) place.prepend(element("p", { class: "mb-notice", role: "note" }, UNKNOWN));
  draw(false);
  slow();
  place.setAttribute("data-ready", "");
  const watch = new ResizeObserver(() => draw(false));
  watch.observe(view);
  return () => {
    document.removeEventListener("memory-bound:probe", takeProbe);
    mine.subject = null;
    watch.disconnect();
    cancelAnimationFrame(frame);
    forget();
  };
}

define("explorer", { run });

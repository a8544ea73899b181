/** The style sheet of the page. Colours are told apart by people who see red and green alike, in both schemes. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --raised: #f6f7f8; --ink: #16191d; --muted: #5a626c; --rule: #e3e6ea; --rule-strong: #b4bac2;
  --link: #0b57b0; --good: #00694a; --bad: #b33a00; --bad-wash: #fdeee6; --doubt: #7a5600; --doubt-wash: #fdf5df;
  --shade: #0002; --witness: #0b57b0; --other: #a9b0b9; --fault: #8a5fb0;
  --series-1: #0b62b8; --series-2: #b34700; --series-3: #007a5a; --series-4: #8c3f85; --series-5: #7a6200; --series-6: #4a5560;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --raised: #1d2125; --ink: #e8eaed; --muted: #a2abb5; --rule: #2d3339; --rule-strong: #59626c;
    --link: #86b8f5; --good: #5fcba4; --bad: #ff9166; --bad-wash: #3a2118; --doubt: #e6bb55; --doubt-wash: #322a15;
    --shade: #0009; --witness: #6fabf2; --other: #69727c; --fault: #b992dd;
    --series-1: #6fabf2; --series-2: #ff9d5c; --series-3: #5fcba4; --series-4: #d99ad2; --series-5: #dcc25a; --series-6: #a8b3be;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; -webkit-text-size-adjust: 100%; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif; }
header, main, footer { max-width: 68rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
main { outline: none; }
footer { padding-bottom: 4rem; }
h1, h2, h3, h4 { line-height: 1.25; font-weight: 650; text-wrap: balance; overflow-wrap: anywhere; }
h1 { font-size: 1.75rem; margin: .25rem 0 .5rem; letter-spacing: -.01em; display: flex; gap: .55em; }
h2 { font-size: 1.35rem; margin: 3rem 0 .5rem; padding-top: 1.25rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1.06rem; margin: 2.25rem 0 .5rem; }
h4 { font-size: 1rem; margin: 0 0 .5rem; } .lock > h4 { margin-top: 1.75rem; }
p { margin: .5rem 0; max-width: 50rem; overflow-wrap: anywhere; text-wrap: pretty; }
a { color: var(--link); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code, pre { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; font-size: .875em; }
.brand { margin: 0; color: var(--muted); font-weight: 650; } .brand span { font-weight: 400; margin-left: .75rem; }
.muted, .small, p.facts { color: var(--muted); } .small { font-size: .875rem; }
.summary { margin-top: 0; }
h1.holds .mark { color: var(--good); } h1.violated .mark { color: var(--bad); } h1.inconclusive .mark { color: var(--doubt); }
.warning { border-left: 4px solid var(--doubt); background: var(--doubt-wash); padding: .6rem .9rem; max-width: none; }
.skip { position: absolute; left: -999rem; } .skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .25rem .5rem; z-index: 2; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
dl.facts { margin: 1rem 0; display: grid; gap: .25rem; } dl.facts div { display: grid; grid-template-columns: 6.5rem 1fr; gap: .75rem; }
dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
dl.notes { display: grid; grid-template-columns: minmax(10rem, 19rem) minmax(0, 1fr); gap: .35rem 1.5rem; margin: .5rem 0; }
dl.notes .wide { grid-column: 1 / -1; margin-bottom: .5rem; }
.scroll { overflow-x: auto; max-width: 100%; background:
  linear-gradient(to left, var(--paper) 40%, transparent) right / 3rem 100% no-repeat local,
  linear-gradient(to left, var(--shade), transparent) right / .9rem 100% no-repeat scroll; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; margin: .5rem 0; }
caption { text-align: left; color: var(--muted); font-size: .875rem; padding-bottom: .25rem; }
th, td { text-align: left; padding: .4rem .9rem .4rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; font-weight: 400; }
thead th { color: var(--muted); border-bottom-color: var(--rule-strong); white-space: nowrap; vertical-align: bottom; }
.number { text-align: right; padding-left: .9rem; white-space: nowrap; }
.verdict { white-space: nowrap; }
.holds > .verdict .mark { color: var(--good); }
.inconclusive .verdict { color: var(--doubt); font-weight: 600; }
.violated .verdict { color: var(--bad); font-weight: 700; }
.matrix { width: 100%; } .matrix th[scope=row] { white-space: nowrap; }
.matrix td, .matrix th { padding: .4rem .7rem; } .matrix tbody tr:hover { background: var(--raised); }
.matrix td.violated { background: var(--bad-wash); } .matrix td.inconclusive { background: var(--doubt-wash); }
.matrix td.not-promised, .matrix td.not-judged, .matrix td.not-applicable { color: var(--muted); }
.matrix th[scope=row], .matrix thead th:first-child { position: sticky; left: 0; background: var(--paper); padding-left: 0; z-index: 1; }
.evidence { display: block; font-size: .8rem; color: var(--muted); white-space: nowrap; }
.counterexample { border: 1px solid var(--rule); border-left: 4px solid var(--bad); background: var(--paper); padding: 1rem 1.25rem; margin: 1rem 0 1.5rem; }
.counterexample h4 .mark { color: var(--bad); }
.folded { padding-top: .5rem; padding-bottom: .5rem; margin: .5rem 0; } .folded > summary h4 { display: inline; color: var(--ink); }
.story { margin: .75rem 0; padding-left: 1.5rem; font-variant-numeric: tabular-nums; } .story li { margin: .15rem 0; padding-left: .25rem; overflow-wrap: anywhere; }
.command { display: flex; align-items: center; gap: .75rem; background: var(--raised); border: 1px solid var(--rule); padding: .4rem .75rem; margin: .75rem 0; flex-wrap: wrap; }
.command .label { color: var(--muted); font-size: .875rem; } .command code { overflow-wrap: anywhere; flex: 1 1 12rem; user-select: all; }
button { font: inherit; font-size: .875rem; color: var(--ink); background: var(--paper); border: 1px solid var(--rule-strong); border-radius: 3px; padding: .15rem .7rem; cursor: pointer; }
button:hover { border-color: var(--ink); }
button.sort { font: inherit; color: inherit; background: none; border: 0; padding: 0; text-align: inherit; } button.sort:hover { text-decoration: underline; }
[aria-sort=ascending] button.sort::after { content: ' ▲'; } [aria-sort=descending] button.sort::after { content: ' ▼'; }
.sides thead th { white-space: normal; min-width: 5rem; } .sides td, .sides th { padding-right: .7rem; padding-left: 0; } .sides td .evidence { white-space: normal; } .sides td.number .evidence { white-space: nowrap; } .sides th[scope=row] { min-width: 9rem; } .sides th .evidence { white-space: normal; }
details { margin: .5rem 0; } summary { cursor: pointer; color: var(--link); width: fit-content; }
pre { background: var(--raised); border: 1px solid var(--rule); padding: .75rem; overflow-x: auto; }
figure { margin: 1rem 0; } figcaption { font-size: .875rem; }
.legend { list-style: none; margin: .25rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .15rem 1.25rem; } .legend li { display: flex; align-items: center; gap: .4rem; overflow-wrap: anywhere; }
svg.curve, svg.timeline { display: block; width: 100%; min-width: 720px; height: auto; }
svg.sample { width: 28px; min-width: 28px; height: 16px; }
svg text { font-family: system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif; }
.timeline text { font-size: 12px; fill: var(--muted); }
.timeline .lane { fill: var(--raised); } .timeline .lane.odd { fill: var(--paper); }
.timeline .door { font-size: 11px; } .timeline .lane-name { font-size: 13px; fill: var(--ink); }
.timeline .axis line { stroke: var(--rule); } .timeline .wait { stroke: var(--rule-strong); stroke-width: 1.5; }
.timeline .bar { fill: var(--other); } .timeline .witness .bar { fill: var(--witness); } .timeline .witness .wait, .timeline .witness .cap { stroke: var(--witness); }
.timeline .witness text { fill: var(--ink); font-weight: 600; } .timeline .cap { stroke: var(--muted); stroke-width: 2; fill: none; }
.timeline .deadline { stroke: var(--ink); stroke-width: 1.5; fill: none; }
.timeline .witness .deadline-name, .timeline .witness .ending { font-weight: 400; }
.timeline .fault { fill: var(--fault); } .timeline .fault.missed { fill: none; stroke: var(--fault); stroke-dasharray: 3 3; }
.timeline text { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; } .timeline .fault-name.inside { fill: var(--paper); stroke: none; }
.timeline .lead { stroke: var(--rule-strong); stroke-width: 1.5; stroke-dasharray: 2 4; } .timeline .overlap-top { fill: none; }
.timeline .fault-lane, .timeline .fault-all { opacity: .55; } .hatch-fault { fill: var(--fault); opacity: .35; } .hatch-overlap { fill: var(--bad); opacity: .4; }
.timeline .overlap-edge { stroke: var(--bad); stroke-width: 1.5; } .timeline .overlap-name { fill: var(--bad); font-weight: 700; font-size: 13px; }
.timeline .use .read { fill: var(--paper); stroke: var(--muted); stroke-width: 1.75; } .timeline .use .write { fill: var(--muted); }
.timeline .use.witness .read { stroke: var(--ink); } .timeline .use.witness .write { fill: var(--ink); }
.timeline .refused { stroke: var(--bad); stroke-width: 2; fill: none; }
@media (max-width: 40rem) {
  body { font-size: 15px; } h1 { font-size: 1.35rem; } header, main, footer { padding-left: 1rem; padding-right: 1rem; } header { padding-top: 1.25rem; }
  dl.notes { grid-template-columns: minmax(0, 1fr); gap: 0; } dl.notes dd { margin-bottom: .6rem; } .brand span { display: block; margin: 0; }
  .command .label { flex-basis: 100%; } dl.facts div { grid-template-columns: 5rem 1fr; } .counterexample { padding: .75rem; }
}
@page { margin: 15mm 14mm; }
@media print {
  body { font-size: 10pt; } h1 { font-size: 16pt; } header, main, footer { max-width: none; padding: 0; } .skip, button:not(.sort) { display: none; }
  h2, h3, h4 { break-after: avoid; } figure, tr, .command { break-inside: avoid; } .scroll { overflow: visible; }
  svg.curve, svg.timeline { min-width: 0; } svg.sample { min-width: 28px; } table { font-size: 8pt; } .matrix { font-size: 7.5pt; } .sides { font-size: 7pt; } .sides thead th, .sides th[scope=row] { min-width: 0; } .sides td, .sides th { padding-right: .3rem; overflow-wrap: break-word; } .sides td.number .evidence { white-space: normal; } .sides .verdict { white-space: normal; } .matrix td, .matrix th { padding: .2rem .35rem; } .evidence { font-size: 6.5pt; white-space: normal; } .sides .evidence { font-size: 6pt; }
  .counterexample, .matrix td, .bar, .fault { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  a { color: inherit; text-decoration: none; }
}
`;

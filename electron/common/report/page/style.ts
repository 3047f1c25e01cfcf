/** The look of a report: A4, readable in black and white, no file but itself. The hash stands in the foot of every page. */

const SHEET = `
:root { --ink: #17202b; --soft: #5a6675; --line: #cfd6de; --band: #f3f5f8; --ok: #0d7440; --warn: #8f5400; --bad: #b9202c; --unknown: #5f6975; }
* { box-sizing: border-box; }
html { font: 10pt/1.42 "Inter", "Segoe UI", "Helvetica Neue", Arial, "Noto Sans CJK SC", "Noto Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif; color: var(--ink); background: #fff; }
body { margin: 0 auto; max-width: 182mm; padding: 8mm 4mm 14mm; }
h1 { font-size: 23pt; line-height: 1.15; margin: 0; letter-spacing: -0.01em; }
h2 { font-size: 13.5pt; margin: 9mm 0 2.5mm; padding-bottom: 1.2mm; border-bottom: 1.4pt solid var(--ink); break-after: avoid; }
h3 { font-size: 10.5pt; margin: 5mm 0 1.5mm; break-after: avoid; }
p { margin: 0 0 2mm; }
small, .soft { color: var(--soft); }
code, .code { font-family: "JetBrains Mono", "Cascadia Mono", Consolas, "DejaVu Sans Mono", "Noto Sans Mono CJK SC", monospace; font-size: 0.87em; overflow-wrap: anywhere; }
code.whole { white-space: nowrap; overflow-wrap: normal; }
pre { font: 7.6pt/1.4 "JetBrains Mono", "Cascadia Mono", Consolas, "DejaVu Sans Mono", monospace; background: var(--band); border: 0.6pt solid var(--line); padding: 2mm 2.5mm; margin: 0 0 3mm; white-space: pre-wrap; overflow-wrap: anywhere; }
table { width: 100%; border-collapse: collapse; margin: 0 0 3mm; font-size: 8.8pt; }
th, td { text-align: left; vertical-align: top; padding: 1.1mm 2mm; border-bottom: 0.6pt solid var(--line); overflow-wrap: break-word; }
thead th { background: var(--band); font-weight: 600; border-top: 0.6pt solid var(--line); white-space: nowrap; }
tbody th { font-weight: 500; color: var(--soft); width: 42mm; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
ul { margin: 0 0 2mm; padding-left: 5mm; }
li { margin: 0.6mm 0; }
.cover { display: flex; justify-content: space-between; gap: 8mm; align-items: flex-start; border-bottom: 2.4pt solid var(--ink); padding-bottom: 5mm; }
.cover .name { font-size: 12.5pt; color: var(--soft); margin-top: 1.5mm; }
.stamp { flex: none; width: 58mm; border: 1.6pt solid; border-radius: 2mm; padding: 3mm 4mm; }
.stamp b { display: block; font-size: 14pt; line-height: 1.25; }
.stamp span { display: block; font-size: 8.6pt; color: var(--ink); margin-top: 1mm; }
.facts { display: grid; grid-template-columns: 1fr 1fr; gap: 0 8mm; margin: 4mm 0 0; }
.facts div { display: flex; gap: 3mm; padding: 1mm 0; border-bottom: 0.6pt solid var(--line); min-width: 0; }
.facts dt { flex: none; width: 27mm; color: var(--soft); }
.facts dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
.keys { display: grid; grid-template-columns: repeat(4, 1fr); gap: 3mm; margin: 4mm 0; }
.keys div { border: 0.6pt solid var(--line); border-top: 2pt solid var(--unknown); border-radius: 1mm; padding: 2.2mm 3mm; break-inside: avoid; }
.keys b { display: block; font-size: 15pt; line-height: 1.25; font-variant-numeric: tabular-nums; }
.keys div > span { display: block; font-size: 8.4pt; color: var(--soft); }
.ok { color: var(--ok); } .warn { color: var(--warn); } .bad { color: var(--bad); } .dim { color: var(--unknown); }
.keys .ok, .keys .warn, .keys .bad { color: inherit; }
.keys div.ok { border-top-color: var(--ok); } .keys div.warn { border-top-color: var(--warn); } .keys div.bad { border-top-color: var(--bad); }
.tag { display: inline-block; font-weight: 650; font-size: 8.2pt; line-height: 1.5; padding: 0 1.8mm; border: 0.8pt solid currentColor; border-radius: 1mm; white-space: nowrap; }
.run { border: 0.8pt solid var(--line); border-left: 3pt solid var(--unknown); border-radius: 1mm; padding: 3mm 4mm 1.5mm; margin: 0 0 4mm; }
.run.pass { border-left-color: var(--ok); } .run.remark { border-left-color: var(--warn); } .run.fail { border-left-color: var(--bad); }
.run header, .run > small { break-after: avoid; }
.run header { display: flex; gap: 3mm; align-items: baseline; justify-content: space-between; break-after: avoid; }
.run header b { font-size: 10.8pt; }
.run .numbers { break-inside: avoid; display: grid; grid-template-columns: repeat(4, 1fr); gap: 0.6mm 4mm; margin: 2mm 0; font-size: 8.6pt; }
.run .numbers span { color: var(--soft); display: block; font-size: 7.8pt; }
.run .numbers b { font-weight: 600; font-variant-numeric: tabular-nums; }
.picture { break-inside: avoid; margin: 1mm 0 2.5mm; }
.picture svg { display: block; width: 100%; height: auto; }
.signs { display: grid; grid-template-columns: 1fr 1fr; gap: 8mm; margin-top: 4mm; break-inside: avoid; }
.signs h3 { margin-top: 0; }
.signs div.line { border-bottom: 0.8pt solid var(--ink); height: 11mm; display: flex; align-items: flex-end; justify-content: space-between; padding-bottom: 0.6mm; }
.signs div.line span { color: var(--soft); font-size: 8pt; }
.signs div.line.tall { height: 19mm; }
.foot { margin-top: 8mm; border-top: 0.6pt solid var(--line); padding-top: 2mm; font-size: 8pt; color: var(--soft); }
section { break-inside: auto; }
@media print { body { max-width: none; padding: 0; } .foot { display: none; } * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
`;

/** Quoted for a style sheet: only characters that mean nothing there are kept. */
const cssText = (text: string): string => `"${text.replace(/[^\p{L}\p{N} .:,()·/_-]/gu, ' ').trim()}"`;

/** Margin boxes of every page: the title on top, the hash and the page's number below. */
export function sheet(title: string, hashName: string, hash: string): string {
  const box =
    'font: 7pt "Inter", "Segoe UI", Arial, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #5a6675;';
  return `@page { size: A4; margin: 15mm 14mm 16mm;
  @top-left { ${box} content: ${cssText(title)}; }
  @bottom-left { ${box} content: ${cssText(`${hashName}: ${hash}`)}; white-space: nowrap; }
  @bottom-right { ${box} content: counter(page) " / " counter(pages); }
}
${SHEET}`;
}

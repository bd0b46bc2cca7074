// The page's style sheet. Light is the rule; dark is for screens alone, so paper is light whatever the system is.

import { type Colour, INK, SERIES_COLOURS } from './colours.ts'

/** The text of the `style` element. */
export function pageStyle(): string {
  return `${colourStyle()}${BASE}${TABLES}${FIGURES}${WIDE}${PAPER}`
}

/** Variables of the page in both schemes, and the exchange of the colours that charts are drawn in. */
function colourStyle(): string {
  const inks = Object.entries<Colour>(INK)
  const variables = (scheme: keyof Colour): string =>
    inks.map(([name, colour]) => `--${name}:${colour[scheme]}`).join(';')
  const drawn = [...inks.map(([, colour]) => colour), ...SERIES_COLOURS]
  const exchanges = drawn.map(({ light, dark }) => {
    return `svg [fill="${light}"]{fill:${dark}}svg [stroke="${light}"]{stroke:${dark}}`
  })
  const swatches = (scheme: keyof Colour): string => {
    return SERIES_COLOURS.map((colour, index) => `.series-${index}{background:${colour[scheme]}}`).join('')
  }
  return `:root{color-scheme:light;${variables('light')}}
${swatches('light')}
@media screen and (prefers-color-scheme:dark){
:root{color-scheme:dark;${variables('dark')}}
${swatches('dark')}
${exchanges.join('\n')}
}
`
}

const BASE = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;scroll-behavior:smooth}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
body{margin:0 auto;max-width:62rem;padding:2.5rem 1.25rem 4rem;background:var(--surface);color:var(--text);
font:1rem/1.55 Inter,ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
font-variant-numeric:tabular-nums lining-nums;overflow-wrap:break-word}
h1,h2,h3,p,dl,dd,ol,ul,figure,pre{margin:0;padding:0}
h1{font-size:clamp(1.6rem,1.2rem + 2vw,2.25rem);line-height:1.15;letter-spacing:-.02em;font-weight:680;text-wrap:balance}
h2{font-size:1.35rem;line-height:1.25;letter-spacing:-.012em;font-weight:650}
h3{font-size:1rem;line-height:1.35;font-weight:620}
a{color:var(--accent);text-underline-offset:.2em}
h2 a{color:inherit;text-decoration:none}
h2 a:hover,h2 a:focus-visible{text-decoration:underline}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
.kicker{color:var(--accent);font-size:.8125rem;font-weight:620;letter-spacing:.07em;text-transform:uppercase;margin-bottom:.5rem}
.date,.note,.axis,.unit{color:var(--muted)}
.date{margin-top:.6rem}
.highlights{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(9rem,100%),1fr));column-gap:2rem;margin-top:2rem}
.highlights div{display:grid;grid-template-rows:subgrid;grid-row:span 3;margin-bottom:1.25rem;border-top:2px solid var(--text);padding-top:.7rem}
.highlights dt{font-size:.875rem;color:var(--muted)}
.highlights dd{font-size:1.75rem;line-height:1.25;font-weight:640;letter-spacing:-.02em}
.highlights dd.note{font-size:.8125rem;line-height:1.45;font-weight:400;letter-spacing:0;margin-top:.15rem}
nav{margin-top:1rem;padding:.7rem 0;border-block:1px solid var(--line);font-size:.875rem}
nav ol{list-style:none;display:flex;flex-wrap:wrap;gap:.35rem 1.4rem}
nav a{text-decoration:none}
nav a:hover,nav a:focus-visible{text-decoration:underline}
section{margin-top:3.25rem;scroll-margin-top:1.5rem}
section>p{max-width:68ch;margin-top:.6rem}
.facts{margin-top:1rem}
.facts div{display:grid;grid-template-columns:minmax(6rem,24%) minmax(0,1fr);gap:1rem;padding:.45rem 0;border-top:1px solid var(--grid);font-size:.9375rem}
.facts dt{color:var(--muted)}
.facts dd{min-width:0;overflow-wrap:anywhere}
pre{margin-top:.75rem;padding:.75rem 1rem;background:var(--raised);border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;
font:.875rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
code{font:inherit}
code span{display:inline-block;max-width:100%}
`

/** A shade at the edge of a table tells that it goes on there: grounds that scroll along cover it at the end. */
const TABLES = `
.scroll{overflow-x:auto;margin-top:1.75rem;scroll-margin-top:1.5rem;
background:linear-gradient(to right,var(--surface) 40%,transparent) 0/2.5rem 100% no-repeat local,
linear-gradient(to left,var(--surface) 40%,transparent) 100%/2.5rem 100% no-repeat local,
linear-gradient(to right,var(--shade),transparent) 0/.8rem 100% no-repeat scroll,
linear-gradient(to left,var(--shade),transparent) 100%/.8rem 100% no-repeat scroll}
table{border-collapse:collapse;min-width:min(100%,40rem);font-size:.9375rem;line-height:1.4}
caption{text-align:left;font-weight:620;font-size:1rem;padding-bottom:.55rem}
th,td{padding:.5rem .85rem;text-align:left;vertical-align:baseline;font-weight:400;white-space:nowrap}
@media (max-width:52rem){th,td{padding-inline:.6rem}}
th:first-child,td:first-child{padding-left:0}
th:last-child,td:last-child{padding-right:.15rem}
thead th{vertical-align:bottom;font-size:.8125rem;font-weight:580;border-bottom:1.5px solid var(--text)}
.unit{display:block;font-weight:400}
tbody tr{border-bottom:1px solid var(--grid)}
tbody tr:last-child{border-bottom-color:var(--line)}
tbody th{font-weight:520}
.number{text-align:right}
.good{color:var(--good);font-weight:600}
.bad{color:var(--bad);font-weight:600}
.good::before{content:"✓ ";content:"✓ "/"good: "}
.bad::before{content:"! ";content:"! "/"bad: "}
`

const FIGURES = `
.figures{display:grid;grid-template-columns:minmax(0,1fr);gap:2.25rem 2.5rem;margin-top:1.5rem}
figure{min-width:0;container-type:inline-size;scroll-margin-top:1.5rem}
.axis{font-size:.8125rem;margin-top:.1rem}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;margin-top:.5rem;font-size:.8125rem}
.legend li{display:flex;align-items:baseline;gap:.45rem}
.swatch{flex:none;width:.7rem;height:.7rem;border-radius:2px;print-color-adjust:exact;-webkit-print-color-adjust:exact}
.dashed{-webkit-mask:repeating-linear-gradient(90deg,#000 0 4px,transparent 4px 7px);mask:repeating-linear-gradient(90deg,#000 0 4px,transparent 4px 7px)}
.drawing{margin-top:.75rem}
svg{display:block;width:100%;height:auto}
svg text{font-family:Inter,ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif!important}
svg.narrow{display:none;max-width:32rem}
@container (max-width:39rem){svg.wide{display:none}svg.narrow{display:block}}
details{margin-top:.5rem;font-size:.8125rem}
summary{cursor:pointer;color:var(--muted);width:max-content}
summary:hover{color:var(--text)}
details .scroll{margin-top:.5rem;max-height:20rem;overflow:auto}
details table{font-size:.8125rem;width:auto;min-width:50%}
details th,details td{padding-block:.25rem}
details thead th{position:sticky;top:0;background:var(--surface);font-size:.75rem}
`

/** Side by side where there is room; the last of an odd number has the whole width. */
const WIDE = `
@media (min-width:52rem),print{
.figures:has(figure:nth-child(2)){grid-template-columns:repeat(2,minmax(0,1fr))}
.figures figure:last-child:nth-child(odd){grid-column:1/-1}
}
`

const PAPER = `
@page{size:A4;margin:16mm 15mm}
@media print{
html{font-size:13.5px}
body{max-width:none;padding:0;font-size:9.5pt;background:none}
nav,details{display:none}
h2,h3,section>p,caption,figcaption{break-after:avoid}
figure,tr,.highlights,.facts div,pre{break-inside:avoid}
table:not(:has(tr:nth-child(26))){break-inside:avoid}
thead{display:table-header-group}
.scroll{overflow:visible;background:none}
table{font-size:8.5pt}
th,td{white-space:normal;padding:.3rem .5rem}
pre{border:1px solid var(--line)}
section{margin-top:2rem}
}
`

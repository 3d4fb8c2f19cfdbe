"""The style sheet of a report. It stands in the page: a report is one file."""

PLOTS = """
.kotae-report { --k-ink: #1f6fb2; --k-soft: #1f6fb259; --k-line: #8884; --k-red: #b3261e; --k-green: #1b7f4b; }
@media (prefers-color-scheme: dark) {
  .kotae-report { --k-ink: #7cbcf2; --k-soft: #7cbcf24d; --k-red: #ff8a80; --k-green: #7bd3a0; } }
.kotae-report svg { max-width: 100%; height: auto; font: 12px system-ui, sans-serif; }
.kotae-report figure svg { width: 100%; }
.kotae-report svg.k-small { height: 12px; vertical-align: middle; }
.kotae-report .k-grid { stroke: var(--k-line); stroke-width: 1; }
.kotae-report .k-dashed { stroke: #888; stroke-dasharray: 4 4; }
.kotae-report .k-line { fill: none; stroke: var(--k-ink); stroke-width: 2; }
.kotae-report .k-mark { fill: var(--k-ink); stroke: var(--k-ink); stroke-width: 1.5; }
.kotae-report .k-bar { fill: var(--k-soft); }
.kotae-report .k-track { fill: #8882; }
.kotae-report .k-text { fill: currentColor; }
.kotae-report table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.kotae-report th, .kotae-report td { padding: .3rem .7rem; border-bottom: 1px solid var(--k-line); text-align: left;
  vertical-align: middle; }
.kotae-report thead th { font-size: .85em; font-weight: 600; vertical-align: bottom; }
.kotae-report th[scope=row] { white-space: nowrap; font-weight: 500; }
.kotae-report td.k-number { text-align: right; white-space: nowrap; }
.kotae-report .k-plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr));
  gap: 1.25rem; margin: 1rem 0; }
.kotae-report figure { margin: 0; border: 1px solid var(--k-line); border-radius: .6rem; padding: .75rem; }
.kotae-report figcaption { font-weight: 600; margin-bottom: .25rem; }
.kotae-report [lang=en].k-other { opacity: .75; font-weight: 400; font-size: .85em; }
.kotae-report .k-sub { opacity: .8; margin: 0 0 1rem; }
.kotae-report .k-wrong { display: inline-block; background: #c0392b26; border-radius: .3rem; padding: .05rem .4rem;
  font-size: .85em; }
.kotae-report .k-orders { display: flex; flex-wrap: wrap; gap: .3rem .9rem; align-items: baseline; margin: .5rem 0; }
.kotae-report .k-orders label { cursor: pointer; }
.kotae-report .k-lines { display: flex; flex-direction: column; max-height: 40rem; overflow: auto;
  border: 1px solid var(--k-line); border-radius: .6rem; }
.kotae-report .k-line-of, .kotae-report .k-head-of { display: grid; gap: .75rem; padding: .4rem .75rem;
  grid-template-columns: minmax(10rem, 1fr) 3rem 3rem 5.5rem 4rem; font-variant-numeric: tabular-nums;
  border-bottom: 1px solid var(--k-line); }
.kotae-report .k-head-of { position: sticky; top: 0; order: -1; font-weight: 600; font-size: .85em; background: Canvas;
  z-index: 1; }
.kotae-report .k-line-of > span, .kotae-report .k-head-of > span:not(:first-child) { text-align: right; }
.kotae-report .k-id { font-size: .85em; opacity: .75; margin-right: .25rem; }
.kotae-report .k-said { display: block; font-size: .9em; opacity: .8; }
.kotae-report .k-sign { font-weight: 700; }
.kotae-report .k-sign-yes { color: var(--k-green); }
.kotae-report .k-sign-no { color: var(--k-red); }
@media (max-width: 40rem) {
  .kotae-report .k-line-of { grid-template-columns: repeat(4, 1fr); }
  .kotae-report .k-line-of > div { grid-column: 1 / -1; }
  .kotae-report .k-line-of > span { text-align: left; }
  .kotae-report .k-head-of { grid-template-columns: repeat(4, 1fr); }
  .kotae-report .k-head-of > span:first-child { display: none; }
  .kotae-report .k-head-of > span:not(:first-child) { text-align: left; } }
"""

PAGE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 1.5rem; max-width: 74rem; line-height: 1.6; overflow-wrap: anywhere;
  font-family: system-ui, "Hiragino Sans", "Noto Sans CJK JP", "Yu Gothic UI", Meiryo, sans-serif; }
a { color: var(--k-ink); }
h1 { font-size: 1.6rem; margin: 0 0 .25rem; } h2 { font-size: 1.25rem; margin: 3rem 0 .75rem; }
h3 { font-size: 1rem; margin: .75rem 0 .25rem; }
.k-cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(9.5rem, 100%), 1fr)); gap: .75rem; }
.k-card { border: 1px solid var(--k-line); border-radius: .6rem; padding: .7rem .9rem; line-height: 1.4;
  display: flex; flex-direction: column; gap: .15rem; }
.k-card span { font-size: .92em; }
.k-card b { font-size: 1.7rem; line-height: 1.2; font-variant-numeric: tabular-nums; margin-top: auto; }
.k-card small { opacity: .8; font-variant-numeric: tabular-nums; }
.k-aside { border-style: dashed; }
.k-note { font-size: .9em; opacity: .85; }
.k-scroll { overflow-x: auto; }
.k-fell, .k-held { border-left: 4px solid var(--k-red); padding: .25rem .75rem; }
.k-held { border-color: var(--k-green); }
details.k-row { border: 1px solid var(--k-line); border-radius: .6rem; margin: .5rem 0; padding: .5rem .9rem; }
details.k-row:target { outline: 2px solid var(--k-ink); }
details.k-row summary { cursor: pointer; }
.k-earlier { margin: .25rem 0; opacity: .8; font-size: .92em; border-left: 3px solid var(--k-line);
  padding-left: .75rem; }
.k-beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1rem; }
.k-beside ul { padding-left: 1.2rem; }
blockquote { margin: .3rem 0; padding-left: .75rem; border-left: 3px solid #8888; white-space: pre-wrap; }
pre { white-space: pre-wrap; }
"""

"""The style sheet of a report. It stands in the page: a report is one file."""

PLOTS = """
.kotae-report svg { max-width: 100%; height: auto; font: 12px system-ui, sans-serif; }
.kotae-report .k-grid { stroke: #8884; stroke-width: 1; }
.kotae-report .k-dashed { stroke: #888; stroke-dasharray: 4 4; }
.kotae-report .k-line { fill: none; stroke: #1f6fb2; stroke-width: 2; }
.kotae-report .k-mark { fill: #1f6fb2; stroke: #1f6fb2; stroke-width: 1.5; }
.kotae-report .k-bar { fill: #1f6fb2; fill-opacity: .35; }
.kotae-report .k-text { fill: currentColor; }
.kotae-report table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.kotae-report th, .kotae-report td { padding: .25rem .6rem; border-bottom: 1px solid #8884; text-align: left;
  vertical-align: top; }
.kotae-report th[scope=row] { white-space: nowrap; font-weight: 500; }
.kotae-report td.k-number { text-align: right; white-space: nowrap; }
.kotae-report .k-plots { display: flex; flex-wrap: wrap; gap: 1rem; }
.kotae-report figure { margin: 0; }
.kotae-report figcaption { font-weight: 600; margin-bottom: .25rem; }
.kotae-report [lang=en].k-other { opacity: .7; font-weight: 400; font-size: .85em; }
"""

PAGE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; padding: 1.5rem; max-width: 72rem; line-height: 1.6; overflow-wrap: anywhere;
  font-family: system-ui, "Hiragino Sans", "Noto Sans CJK JP", "Yu Gothic UI", Meiryo, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; }
.k-cards { display: flex; flex-wrap: wrap; gap: .75rem; }
.k-card { border: 1px solid #8886; border-radius: .5rem; padding: .6rem .9rem; min-width: 8.5rem; }
.k-card b { display: block; font-size: 1.5rem; font-variant-numeric: tabular-nums; }
.k-card small { opacity: .75; }
.k-scroll { overflow-x: auto; }
.k-fell { border-left: 4px solid #c0392b; padding: .25rem .75rem; }
details.k-row { border: 1px solid #8884; border-radius: .5rem; margin: .5rem 0; padding: .5rem .9rem; }
details.k-row summary { cursor: pointer; }
.k-wrong { background: #c0392b22; border-radius: .25rem; padding: 0 .4rem; margin-left: .4rem; font-size: .85em; }
.k-beside { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(20rem, 100%), 1fr)); gap: 1rem; }
blockquote { margin: .3rem 0; padding-left: .75rem; border-left: 3px solid #8888; white-space: pre-wrap; }
pre { white-space: pre-wrap; }
@media (prefers-color-scheme: dark) {
  .kotae-report .k-line, .kotae-report .k-mark { stroke: #6db3ee; } .kotae-report .k-mark { fill: #6db3ee; } }
"""

/** The one style of all pages. It stands in each page, so that a page that was saved looks as it did. */
export const STYLE = `
:root{color-scheme:light dark;--ink:#1c2128;--soft:#57606a;--line:#d5dae0;--paper:#fff;--ground:#f4f6f8;--sunken:#f6f8fa;--link:#0757b3;--good:#116329;--good-bg:#dafbe1;--bad:#a40e26;--bad-bg:#ffe5e3;--notable:#7d4e00;--notable-bg:#fff1c2;--quiet:#57606a;--quiet-bg:#e8ebef}
@media(prefers-color-scheme:dark){:root{--ink:#e3e7ec;--soft:#9aa4b0;--line:#343b45;--paper:#161b22;--ground:#0d1117;--sunken:#0f141a;--link:#7ab7ff;--good:#6fdd8b;--good-bg:#12361f;--bad:#ff938a;--bad-bg:#4a1a1c;--notable:#f0c35a;--notable-bg:#3d2e07;--quiet:#b4bdc8;--quiet-bg:#2a3038}}
*{box-sizing:border-box}
html{background:var(--ground);-webkit-text-size-adjust:100%}
body{margin:0;color:var(--ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;overflow-wrap:anywhere}
header,main,footer{max-width:62rem;margin:0 auto;padding:0 1rem}
header{display:flex;gap:.6rem;align-items:baseline;padding-top:1rem;color:var(--soft);font-size:.9rem}
header nav{margin-left:auto}
header strong{color:var(--ink);letter-spacing:.02em}
footer{color:var(--soft);font-size:.85rem;padding-bottom:2.5rem}
a{color:var(--link)}
h1{font-size:1.5rem;line-height:1.3;margin:.4rem 0 1rem;display:flex;flex-wrap:wrap;gap:.4rem .7rem;align-items:center}
h2{font-size:1.1rem;margin:2rem 0 .7rem}
h3,h4{font-size:1rem;margin:0;display:flex;flex-wrap:wrap;gap:.2rem .6rem;align-items:baseline}
h4{font-weight:600}
code,pre{font:.875em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
code,pre,.summary,td,dd,h1,h3,h4{unicode-bidi:isolate}
pre{margin:0;padding:.5rem .7rem;background:var(--sunken);border:1px solid var(--line);border-radius:6px;white-space:pre-wrap;overflow:auto;max-height:36rem}
.meta,.count{color:var(--soft);font-size:.875rem;font-weight:400}
.badge{display:inline-block;padding:.05rem .55rem;border-radius:1rem;font-size:.8rem;font-weight:600;white-space:nowrap;color:var(--quiet);background:var(--quiet-bg)}
.badge.good{color:var(--good);background:var(--good-bg)}
.badge.bad{color:var(--bad);background:var(--bad-bg)}
.badge.notable{color:var(--notable);background:var(--notable-bg)}
.card,.facts{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:.8rem 1rem;margin:0 0 .8rem}
.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:.7rem 1.5rem}
.card .facts{border:0;padding:0;margin:.6rem 0 0}
.facts dt,.io dt{color:var(--soft);font-size:.8rem}
.facts dd,.io dd{margin:0}
.steps,.rows{list-style:none;margin:0;padding:0}
.step{position:relative;background:var(--paper);border:1px solid var(--line);border-left:4px solid var(--line);border-radius:8px;padding:.7rem 1rem;margin:0 0 .7rem}
.step.agent{border-left-color:var(--link)}
.step.user{border-left-color:var(--quiet)}
.step:target{outline:2px solid var(--link)}
.step.failing{border-left-color:var(--bad)}
.step.inner{margin-left:1.5rem}
.step>h3>a{text-decoration:none;color:var(--soft)}
.step>pre,.step>details,.note,.call{margin-top:.5rem}
.step>pre,.step>details pre{font:inherit}
.call{border:1px solid var(--line);border-radius:6px;padding:.6rem .8rem}
.call.failed{border-color:var(--bad)}
.call.denied{border-color:var(--notable)}
.io{display:grid;gap:.4rem;margin:.5rem 0 0}
.note{margin-bottom:0;padding-left:.7rem;border-left:3px solid var(--notable)}
.long>summary{cursor:pointer;padding:.4rem .7rem;background:var(--sunken);border:1px solid var(--line);border-radius:6px}
.long[open]>summary{border-radius:6px 6px 0 0}
.long[open]>pre{border-top:0;border-radius:0 0 6px 6px}
.cut{color:var(--notable);font-size:.9rem;margin:.4rem 0}
.scroll{overflow-x:auto;background:var(--paper);border:1px solid var(--line);border-radius:8px;margin:0 0 .8rem}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;vertical-align:top;padding:.45rem .8rem;border-top:1px solid var(--line)}
th{color:var(--soft);font-size:.8rem;font-weight:500;border-top:0}
td:first-child,td:nth-child(2){white-space:nowrap}td:last-child{min-width:11rem}
time{white-space:nowrap}
@media(max-width:40rem){body{font-size:15px}.step.inner{margin-left:.6rem}.facts{grid-template-columns:1fr;gap:.5rem}
table,tbody,tr,td{display:block}thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}tr{padding:.5rem .8rem;border-top:1px solid var(--line)}tr:first-child{border-top:0}td{border:0;padding:.05rem 0}td:first-child{color:var(--soft);font-size:.875rem}}
@media print{:root{--ground:#fff;--sunken:#fff;color-scheme:light}header,footer a{color:inherit}pre{max-height:none}.step,.call,tr{break-inside:avoid-page}details::details-content{content-visibility:visible;block-size:auto}}
`;

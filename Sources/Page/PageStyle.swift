/// How the page looks: one sheet, light and dark, from a phone to a desk.
enum PageStyle {
  /// Its address, which changes with it, so that browsers may keep it for good.
  static let path = "/style-\(hash).css"

  static var response: PageResponse {
    PageResponse(
      .ok, type: "text/css; charset=utf-8", "\(sheet)", [("Cache-Control", "public, max-age=31536000, immutable")])
  }

  /// FNV-1a.
  private static let hash: String = {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in "\(sheet)".utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return String(hash, radix: 16)
  }()

  private static let sheet: StaticString = """
    :root { color-scheme: light dark;
      --ground: #faf8f5; --panel: #fff; --ink: #211c17; --faint: #6b6259; --line: #e5ded5; --accent: #87491a;
      --good: #17642f; --good-tint: #e0f1e3; --fair: #0b6271; --fair-tint: #dcf0f2;
      --poor: #7d5000; --poor-tint: #faeccd; --bad: #9c241c; --bad-tint: #f9e3e0; --plain-tint: #efeae3 }
    @media (prefers-color-scheme: dark) { :root {
      --ground: #161310; --panel: #1e1a16; --ink: #ece5dd; --faint: #a89d91; --line: #38312a; --accent: #e6aa6d;
      --good: #84d69b; --good-tint: #1b3323; --fair: #7accd9; --fair-tint: #143238;
      --poor: #e9c06f; --poor-tint: #3a2c10; --bad: #f49b92; --bad-tint: #40201c; --plain-tint: #2a251f } }

    *, ::before, ::after { box-sizing: border-box }
    html { -webkit-text-size-adjust: 100%; text-size-adjust: 100% }
    body { margin: 0; background: var(--ground); color: var(--ink); font: 1rem/1.5 system-ui, -apple-system, "Segoe UI",
      Roboto, "Noto Sans", "DejaVu Sans", sans-serif; overflow-wrap: anywhere; min-height: 100vh; display: flex;
      flex-direction: column }
    h1, h2, h3, p, ul, dl, dd, figure, blockquote { margin: 0 } ul { padding: 0; list-style: none }
    h1 { font-size: 1.6rem; line-height: 1.2; letter-spacing: -.015em; font-weight: 650 }
    h2 { font-size: 1.05rem; font-weight: 650; margin-bottom: .75rem } h3 { font-size: .95rem; margin: 1rem 0 .4rem }
    a { color: var(--accent); text-underline-offset: .18em; text-decoration-thickness: .06em }
    a:hover { text-decoration-thickness: .12em }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: .2rem }
    code { font: .82rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; color: var(--faint) }
    small, .faint { color: var(--faint); font-size: .85rem } time { white-space: nowrap }
    .skip { position: absolute; left: -100vw } .skip:focus { left: .5rem; top: .5rem; background: var(--panel); padding: .5rem }

    .inner, main { width: 100%; max-width: 76rem; margin: 0 auto; padding: 0 1.25rem }
    .top { background: var(--panel); border-bottom: 1px solid var(--line) }
    .top .inner { display: flex; align-items: center; gap: .4rem 1.4rem; min-height: 3.5rem }
    .brand { font-weight: 700; font-size: 1.1rem; letter-spacing: -.02em; color: var(--ink); text-decoration: none;
      display: flex; align-items: center; gap: .5rem }
    .cup { width: 1.35rem; height: 1.35rem; background: url(/cup.svg) center / contain no-repeat }
    .top nav { display: flex; gap: .15rem }
    .top nav a { color: var(--faint); text-decoration: none; padding: .35rem .65rem; border-radius: .45rem; font-size: .95rem }
    .top nav a:hover { color: var(--ink); background: var(--plain-tint) }
    .top nav a[aria-current] { color: var(--ink); background: var(--plain-tint); font-weight: 600 }
    .find { margin-left: auto } .find input { width: 14rem } .pill { text-decoration: none; white-space: nowrap }

    main { flex: 1; padding-block: 2rem 3rem; display: grid; gap: 1.75rem; align-content: start;
      grid-template-columns: minmax(0, 1fr) }
    .title { display: grid; gap: .45rem } .lead { color: var(--faint); max-width: 62rem }
    .id { font-weight: 400; overflow-wrap: anywhere } .id .owner { color: var(--faint); text-decoration: none }
    .id .owner:hover { text-decoration: underline } .id strong { font-weight: 680 }
    .bottom { border-top: 1px solid var(--line); color: var(--faint); font-size: .85rem }
    .bottom .inner { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .25rem 2rem; padding-block: 1rem }
    .empty { text-align: center; padding: 3.5rem 1rem; color: var(--faint); display: grid; gap: .6rem; justify-items: center }
    .empty h1 { color: var(--ink) } .empty .code { font-size: 3rem; font-weight: 300; line-height: 1; color: var(--accent) }
    .news { padding: .7rem 1rem; border-radius: .6rem }
    .news.good { background: var(--good-tint); color: var(--good) } .news.bad { background: var(--bad-tint); color: var(--bad) }

    input, select, button { font: inherit; color: inherit; background: var(--panel); border: 1px solid var(--line);
      border-radius: .5rem; padding: .4rem .65rem; min-height: 2.35rem; max-width: 100% }
    input::placeholder { color: var(--faint); opacity: 1 }
    button { cursor: pointer; font-weight: 550 } button:hover { border-color: var(--accent) }
    button.main { background: var(--accent); border-color: var(--accent); color: var(--panel) }
    button.main:hover { filter: brightness(1.08) }
    summary { cursor: pointer } .act, .acts { display: flex; flex-wrap: wrap; gap: .5rem }

    .badge { display: inline-flex; align-items: baseline; gap: .35em; font-size: .8rem; font-weight: 600; line-height: 1.35;
      padding: .12rem .5rem; border-radius: 1rem; white-space: nowrap } .badge .mark { font-size: .72em }
    .badge.good { background: var(--good-tint); color: var(--good) } .badge.fair { background: var(--fair-tint); color: var(--fair) }
    .badge.poor { background: var(--poor-tint); color: var(--poor) } .badge.bad { background: var(--bad-tint); color: var(--bad) }
    .badge.plain { background: var(--plain-tint); color: var(--faint) }
    .chips, .chosen { display: flex; flex-wrap: wrap; gap: .4rem } .chips { margin-top: .3rem }
    .chip { font-size: .83rem; padding: .16rem .6rem; border: 1px solid var(--line); border-radius: 1rem; background: var(--panel);
      color: inherit; text-decoration: none } a.chip:hover { border-color: var(--accent) }

    .choice { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem 1rem }
    .choice nav { display: flex; border: 1px solid var(--line); border-radius: .5rem; overflow: hidden; background: var(--panel) }
    .choice nav a { padding: .4rem .8rem; color: var(--faint); text-decoration: none; font-size: .92rem }
    .choice nav a + a { border-left: 1px solid var(--line) }
    .choice nav a[aria-current] { background: var(--plain-tint); color: var(--ink); font-weight: 600 }
    .day { display: flex; gap: .4rem; align-items: center; font-size: .92rem; color: var(--faint) }
    .choice > .faint { flex-basis: 100% }

    main > section, .digest > section, .figures > figure { background: var(--panel); border: 1px solid var(--line);
      border-radius: .8rem; padding: 1.1rem 1.25rem 1.2rem }
    .digest { display: grid; gap: 1.25rem; grid-template-columns: minmax(0, 1fr) } .digest:empty { display: none }
    .tally { display: flex; flex-wrap: wrap; gap: .5rem } .tally li { background: var(--panel); border: 1px solid var(--line);
      border-radius: .7rem; padding: .45rem .85rem .5rem; min-width: 5.2rem } .tally a { color: inherit; text-decoration: none }
    .tally a:hover .count { text-decoration: underline } .tally .count { display: block; font-size: 1.3rem; font-weight: 620;
      line-height: 1.25; font-variant-numeric: tabular-nums } .tally span + span { font-size: .83rem } .tally .good { color: var(--good) }
    .tally .poor { color: var(--poor) } .tally .bad { color: var(--bad) } .tally .plain { color: var(--faint); margin: 0 }
    .digest li { padding: .35rem 0 .35rem .9rem; border-left: 3px solid var(--line) } .digest li + li { margin-top: .5rem }
    .digest details { margin-top: .7rem } .digest details > ul { margin-top: .7rem } .digest summary { font-size: .93rem }
    .digest li p { font-size: .93rem } .digest li a { text-decoration: none } .digest li a:hover { text-decoration: underline }
    .digest li.good { border-color: var(--good) } .digest li.bad { border-color: var(--bad) }
    .digest li.warning { border-color: var(--poor) } li.faint { border-color: transparent }
    .warning { color: inherit } p.warning { color: var(--poor) } .reason { color: var(--faint) }
    blockquote { margin: .35rem 0; padding-left: .8rem; border-left: 2px solid var(--line); font-style: italic; color: var(--faint);
      font-size: .93rem }
    .health p + p { margin-top: .3rem }

    .search { display: grid; gap: .8rem } .words { display: flex; gap: .5rem } .words input { flex: 1; min-width: 0 }
    .filters { border: 1px solid var(--line); border-radius: .8rem; background: var(--panel) }
    .filters > summary { padding: .55rem 1rem; font-size: .93rem; color: var(--faint) }
    .fields { display: grid; gap: .8rem; padding: .2rem 1rem 1rem; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)) }
    .fields label { display: grid; gap: .2rem } .fields input, .fields select { width: 100% }
    .label { font-size: .8rem; color: var(--faint) }
    .models { width: 100%; border-collapse: separate; border-spacing: 0; background: var(--panel); border: 1px solid var(--line);
      border-radius: .8rem }
    .models th { text-align: left; font-size: .78rem; font-weight: 600; color: var(--faint); padding: .65rem .75rem; white-space: nowrap }
    .models td { padding: .6rem .75rem; border-top: 1px solid var(--line); vertical-align: top; font-size: .92rem }
    .models td.model { min-width: 15rem } .models .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
    .models .model a { text-decoration: none; color: inherit } .models .model a:hover strong { text-decoration: underline }
    .models .owner { color: var(--faint) } .models .model strong { color: var(--accent); font-weight: 600 }
    .models tr:hover td { background: color-mix(in srgb, var(--plain-tint) 45%, transparent) }
    .narrow { display: none } .quantization { font-weight: 600; font-size: .85rem; white-space: nowrap }
    .offer { display: inline-flex; flex-wrap: wrap; gap: .1rem .5rem; align-items: baseline }
    .bytes { font-variant-numeric: tabular-nums; color: var(--faint); font-size: .85rem; white-space: nowrap }
    .pager { display: flex; gap: 1rem } .pager a { padding: .45rem .9rem; border: 1px solid var(--line); border-radius: .5rem;
      background: var(--panel); text-decoration: none } .pager .next { margin-left: auto }

    .fits > p { margin-bottom: .9rem } .device { border-top: 1px solid var(--line) }
    .device > summary { padding: .7rem 0; display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem .6rem; list-style: none }
    .device > summary::before { content: "▸"; color: var(--faint); width: .8rem } .device[open] > summary::before { content: "▾" }
    .device > summary .badge { margin-left: auto }
    .scroll { overflow-x: auto; margin: 0 -1.25rem; padding: 0 1.25rem .9rem }
    .grid { border-collapse: separate; border-spacing: 3px; width: 100%; font-variant-numeric: tabular-nums }
    .grid th { font-size: .82rem; font-weight: 600; text-align: left; white-space: nowrap; padding: .15rem .5rem .15rem 0 }
    .grid thead th { color: var(--faint); text-align: center; font-weight: 500 } .grid thead th:first-child { text-align: left; width: 9rem }
    .grid td { text-align: center; padding: .25rem .35rem; border-radius: .4rem; min-width: 3.3rem; line-height: 1.2; font-size: .88rem }
    .grid td small { display: block; font-size: .7rem; color: inherit; opacity: .9 } .need { font-weight: 600 }
    .grid .most { color: var(--faint); font-size: .82rem; text-align: right; padding-left: .6rem; width: 5.5rem }
    .grid .good { background: var(--good-tint); color: var(--good) } .grid .fair { background: var(--fair-tint); color: var(--fair) }
    .grid .poor { background: var(--poor-tint); color: var(--poor) } .grid .bad { background: var(--bad-tint); color: var(--bad) }
    .legend { display: flex; flex-wrap: wrap; gap: .4rem; border-top: 1px solid var(--line); padding-top: .9rem }
    .legend .badge { white-space: normal; font-weight: 500 }

    .facts dl { display: grid; gap: .7rem 1.5rem; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)) }
    .fact dt { font-size: .78rem; color: var(--faint) } .fact dd { font-size: .95rem }
    .copy + .copy { border-top: 1px solid var(--line); margin-top: 1rem; padding-top: 1rem } .copy .facts { margin: .6rem 0 }
    .copy > p + p { margin-top: .2rem } .probes { margin-top: .6rem; display: grid; gap: .3rem }
    .plain li + li { margin-top: .35rem } .plain { font-size: .93rem; margin-top: .5rem } .card { font-size: .9rem; margin-top: .4rem }
    details > summary { color: var(--faint) } .device > summary strong { color: var(--ink) }

    .arrivals a { text-decoration: none } .arrivals a:hover { text-decoration: underline } .arrivals { display: grid; gap: 1rem } .arrivals li { display: grid; gap: .25rem }
    .arrivals li + li { border-top: 1px solid var(--line); padding-top: 1rem }
    .numbers { font-variant-numeric: tabular-nums; font-size: .92rem } .room { display: grid; gap: .4rem; color: var(--faint); font-size: .92rem }
    progress { appearance: none; width: 100%; height: .55rem; border: 0; border-radius: 1rem; background: var(--plain-tint);
      overflow: hidden; accent-color: var(--accent); color: var(--accent) }
    progress::-webkit-progress-bar { background: var(--plain-tint); border-radius: 1rem }
    progress::-webkit-progress-value { background: var(--accent); border-radius: 1rem }
    progress::-moz-progress-bar { background: var(--accent); border-radius: 1rem }

    .figures { display: grid; gap: 1.25rem; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)) }
    .figures:empty { display: none } .figures figure { display: flex; flex-direction: column; gap: .6rem }
    figcaption strong { font-size: 1rem } .key { display: flex; flex-wrap: wrap; gap: .15rem 1rem; margin-top: .3rem;
      color: var(--faint); font-size: .85rem; font-variant-numeric: tabular-nums }
    .swatch { display: inline-block; width: .9rem; height: .22rem; border-radius: 1rem; margin-right: .4rem; vertical-align: .25em }
    svg { width: 100%; height: auto; overflow: visible; margin-top: auto } svg text { fill: var(--faint); font-size: 12px }
    .rule { stroke: var(--line); stroke-width: 1 } path.hue { fill: none; stroke-width: 2.4; stroke-linecap: round; stroke-linejoin: round }
    path.a { stroke: var(--accent) } path.b { stroke: var(--fair) } path.c { stroke: var(--good) } path.d { stroke: var(--poor) }
    path.e { stroke: var(--bad) } path.f { stroke: var(--faint) } circle.a, .swatch.a { fill: var(--accent); background: var(--accent) }
    circle.b, .swatch.b { fill: var(--fair); background: var(--fair) } circle.c, .swatch.c { fill: var(--good); background: var(--good) }
    circle.d, .swatch.d { fill: var(--poor); background: var(--poor) } circle.e, .swatch.e { fill: var(--bad); background: var(--bad) }
    circle.f, .swatch.f { fill: var(--faint); background: var(--faint) }

    @media (min-width: 62rem) { .digest { display: block; columns: 2; column-gap: 1.25rem }
      .digest > section { break-inside: avoid; margin-bottom: 1.25rem } .digest > section:last-child { margin-bottom: 0 } }
    @media (max-width: 62rem) { .models .more { display: none } }
    @media (max-width: 46rem) {
      .top .inner { flex-wrap: wrap; padding-block: .6rem } .top nav { order: 3; flex-basis: 100%; margin: 0 -.65rem }
      .top nav a { padding: .35rem .65rem } .find { display: none } .pill { margin-left: auto }
      .inner, main { padding-inline: 1rem } main { padding-block: 1.25rem 2rem; gap: 1.25rem } h1 { font-size: 1.35rem }
      main > section, .digest > section, .figures > figure { padding: .9rem 1rem 1rem } .scroll { margin: 0 -1rem; padding-inline: 1rem }
      .models thead { position: absolute; left: -100vw } .models, .models tbody, .models tr, .models td.model { display: block }
      .models td { display: none } .models td.model { min-width: 0; padding: .75rem .9rem } .models tr:first-child td { border-top: 0 }
      .narrow { display: flex; flex-wrap: wrap; gap: .25rem .6rem; align-items: baseline; margin-top: .35rem; font-size: .88rem }
      .fields { grid-template-columns: repeat(2, minmax(0, 1fr)) } .choice nav { width: 100% } .choice nav a { flex: 1; text-align: center; padding-inline: .4rem }
      .day { width: 100% } .day label { flex: 1; display: flex; gap: .5rem; align-items: center } .day input { flex: 1 }
      .facts dl { grid-template-columns: repeat(2, minmax(0, 1fr)) }
      .grid td { min-width: 2.3rem; padding: .25rem .1rem; font-size: .82rem } .grid td small { font-size: .68rem } .grid { border-spacing: 2px }
      .grid .most { display: none } .grid thead th { font-size: .78rem; padding: 0 } .grid thead th:first-child { width: auto }
      .tally { display: grid; grid-template-columns: repeat(auto-fill, minmax(5.4rem, 1fr)); gap: .4rem } .tally li { min-width: 0; padding: .35rem .6rem }
    }
    @media (prefers-reduced-motion: no-preference) { a, button, .chip { transition: color .12s, border-color .12s, background .12s } }
    @media (forced-colors: active) { .badge, .grid td { border: 1px solid } }
    """
}

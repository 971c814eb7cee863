/// How the HTML digest looks: one column, readable on a phone, in the reader's light or dark.
enum HTMLStyle {
  static let sheet: StaticString = """

    :root { --ground: #fdfdfb; --ink: #1d2227; --faint: #5d666f; --line: #d9dde0; --link: #0b57a4;
      --good: #17692f; --bad: #a8201a; --warning: #855000 }
    @media (prefers-color-scheme: dark) { :root { --ground: #15181b; --ink: #e4e7e9; --faint: #9aa4ad;
      --line: #33393f; --link: #7db7f2; --good: #6fcf89; --bad: #f28b82; --warning: #e5b567 } }
    body { margin: 0 auto; max-width: 46rem; padding: 1rem; background: var(--ground); color: var(--ink);
      font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere }
    h1 { font-size: 1.3rem } h2 { font-size: 1.05rem; border-bottom: 1px solid var(--line); padding-bottom: .2rem }
    ul { list-style: none; padding: 0 } li { margin: .6rem 0; padding-left: .7rem; border-left: 3px solid var(--line) }
    li p, blockquote { margin: .1rem 0 } a { color: var(--link) }
    .good { border-color: var(--good) } .bad { border-color: var(--bad) } .warning { border-color: var(--warning) }
    p.warning { color: var(--warning) } .faint, footer, blockquote { color: var(--faint) }
    blockquote { font-style: italic } code { font-size: .85rem }
    figure { margin: 1rem 0 } svg { width: 100%; height: auto } figcaption { color: var(--faint) }
    svg path { fill: none; stroke: var(--link); stroke-width: 2 } svg text { fill: var(--faint); font-size: 11px }

    """
}

import Catalog
import Digest
import Domain
import Fit

/// The catalog: words to look for, filters, and a page of models.
struct ModelsView {
  let visit: Visit
  let filter: ModelsFilter
  let page: BrowsePage
  /// How many there are on all pages.
  let count: Int
  let devices: [Device]

  /// Models on a page.
  static let perPage = 50
  /// More are not counted.
  static let mostCounted = 100_001

  func document() -> String {
    var main: [HTML] = [
      .div("title", [.element(.h1, text: "Models"), .element(.p, [.className("lead")], text: summary)]), form,
    ]
    let chosen = filter.chosen(devices)
    if !chosen.isEmpty {
      main.append(
        .element(
          .p, [.className("chosen")],
          chosen.map { words, without in
            .element(
              .a, [.path(without), .className("chip"), .named("aria-label", "Without: \(words)")],
              [.text(words), .element(.span, [.named("aria-hidden", "true")], text: " ✕")])
          }))
    }
    if page.rows.isEmpty {
      main.append(
        .div(
          "empty",
          [
            .element(.p, text: "Nothing in the catalog is like that."),
            .p([.link("/models", "Show everything that the rules let in")]),
          ]))
    } else {
      main.append(table)
    }
    main.append(pager)
    return Frame.document("Models", place: .models, visit: visit, main)
  }

  private var summary: String {
    let number =
      count >= Self.mostCounted ? "More than \(Words.count(Self.mostCounted - 1)) models" : Words.count(count, "model")
    let order = filter.words != nil && filter.order == .rank ? "the best match first" : Self.words(filter.order)
    return "\(number), \(order)."
  }

  private static func words(_ order: BrowseQuery.Order) -> String {
    switch order {
    case .rank: "the most promising first"
    case .created: "the newest first"
    case .modified: "the last changed first"
    case .downloads: "the most downloaded first"
    case .likes: "the most liked first"
    case .trending: "the most talked about first"
    case .parameters: "the largest first"
    case .name: "from A to Z"
    }
  }

  // MARK: What is looked for

  private var form: HTML {
    let words = HTML.element(
      .div, [.className("words")],
      [
        .element(
          .input,
          [
            .named("type", "search"), .named("name", "q"), .named("value", filter.words ?? ""),
            .named("placeholder", "Names, tags, cards"), .named("aria-label", "Words"),
            .named("maxlength", "200"),
          ]), .element(.button, [.className("main")], text: "Search"),
      ])
    let orders = BrowseQuery.Order.allCases.map { ($0.rawValue, Self.name($0)) }
    let fields: [HTML] = [
      select("sort", "Sort by", filter.order.rawValue, orders, any: nil),
      select(
        "fits", "Fits", filter.device.map { "\($0)" }, devices.enumerated().map { ("\($0.offset)", $0.element.name) }),
      select("size", "Size", filter.size, ModelsFilter.sizes.map { ($0.key, $0.words) }),
      select("state", "State", filter.state?.rawValue, RepoState.allCases.map { ($0.rawValue, Words.state($0)) }),
      select(
        "verdict", "Smoke test", filter.verdict?.rawValue, SmokeVerdict.allCases.map { ($0.rawValue, $0.rawValue) }),
      select("gated", "Access", filter.gated.map { $0 ? "yes" : "no" }, [("no", "open"), ("yes", "gated")]),
      field("org", "Organisation", filter.owner), field("arch", "Architecture", filter.architecture),
      field("license", "Licence", filter.licence, list: "licences"),
      .element(
        .datalist, [.named("id", "licences")],
        ModelsFilter.licences.map { .element(.option, [.named("value", $0)], []) }),
    ]
    let isOpen = filter.fromStart.chosen(devices).count > (filter.words == nil ? 0 : 1) || filter.order != .rank
    let details = HTML.element(
      .details, [.className("filters")] + (isOpen ? [.flag("open")] : []),
      [.element(.summary, text: "Filters and order"), .div("fields", fields)])
    return .element(
      .form, [.className("search"), .named("action", "/models"), .named("role", "search")], [words, details])
  }

  private static func name(_ order: BrowseQuery.Order) -> String {
    switch order {
    case .rank: "best first"
    case .created: "newest"
    case .modified: "last changed"
    case .downloads: "downloads"
    case .likes: "likes"
    case .trending: "trending"
    case .parameters: "size"
    case .name: "name"
    }
  }

  private func select(
    _ name: String, _ label: String, _ value: String?, _ options: [(String, String)], any: String? = "any"
  ) -> HTML {
    let all = (any.map { [("", $0)] } ?? []) + options
    let items = all.map { key, words in
      HTML.element(
        .option, [.named("value", key)] + (key == value ?? "" ? [.flag("selected")] : []), text: words)
    }
    return .element(.label, [], [.span("label", label), .element(.select, [.named("name", name)], items)])
  }

  private func field(_ name: String, _ label: String, _ value: String?, list: String? = nil) -> HTML {
    .element(
      .label, [],
      [
        .span("label", label),
        .element(
          .input,
          [
            .named("type", "text"), .named("name", name), .named("value", value ?? ""), .named("maxlength", "60"),
            .named("placeholder", "any"), .named("autocapitalize", "off"), .named("spellcheck", "false"),
          ] + (list.map { [.named("list", $0)] } ?? [])),
      ])
  }

  // MARK: The models

  private var table: HTML {
    let heads: [(String, HTML.Attribute)] = [
      ("Model", .className("model")), ("Size", .className("number")), ("Takes best", .className("fit")),
      ("State", .className("state")), ("Downloads", .className("number more")), ("Likes", .className("number more")),
      ("Made", .className("more")),
    ]
    return .element(
      .table, [.className("models")],
      [
        .element(
          .thead, [],
          [
            .element(
              .tr, [], heads.map { .element(.th, [.named("scope", "col"), $0.1], text: $0.0) })
          ]), .element(.tbody, [], page.rows.map(line)),
      ])
  }

  private func line(_ row: BrowseRow) -> HTML {
    let repo = row.repo
    var facts = [repo.architecture, repo.tags.first { $0.hasPrefix("license:") }.map { String($0.dropFirst(8)) }]
      .compactMap(\.self)
    if repo.gated { facts.append("gated") }
    let size = repo.parameters.flatMap { $0 > 0 ? Words.parameters($0) : nil }
    var name: [HTML] = [
      .element(
        .a, [.path(Address.model(repo.id))],
        [.span("owner", repo.id.owner.isEmpty ? "" : "\(repo.id.owner)/"), .element(.strong, text: repo.id.name)])
    ]
    if !facts.isEmpty { name.append(.p("faint", facts.joined(separator: " · "))) }
    // Where the table has no room for its columns, the line says it here.
    name.append(.div("narrow", [size.map { .span("size", $0) }, fit(row)].compactMap(\.self) + [state(row)]))
    let made = repo.createdAt.map { HTML.moment($0, visit.now) } ?? .text("")
    return .element(
      .tr, [],
      [
        .element(.td, [.className("model")], name), .element(.td, [.className("number")], text: size ?? ""),
        .element(.td, [.className("fit")], fit(row).map { [$0] } ?? []),
        .element(.td, [.className("state")], [state(row)]),
        .element(.td, [.className("number more")], text: Words.short(repo.downloads)),
        .element(.td, [.className("number more")], text: Words.short(repo.likes)),
        .element(.td, [.className("more")], [made]),
      ])
  }

  private func fit(_ row: BrowseRow) -> HTML? {
    row.best.map { best in
      .element(
        .span, [.className("offer")],
        [
          .span("quantization", best.quantization), .text(" "), .span("bytes", ByteCount(best.bytes).asMemory),
          .text(" "),
          .badge(Tone(best.verdict), Words.verdict(best.verdict)),
        ])
    }
  }

  private func state(_ row: BrowseRow) -> HTML {
    if let verdict = row.verdict { return .badge(Tone(verdict), verdict == .pass ? "passed" : verdict.rawValue) }
    if let copy = row.copy { return .badge(Tone(copy), Words.state(copy)) }
    return .span("faint", row.repo.state == .sized ? "not fetched" : Words.state(row.repo.state))
  }

  private var pager: HTML {
    var links: [HTML] = []
    if filter.after != nil { links.append(.element(.a, [.path(filter.fromStart.path)], text: "← From the start")) }
    if page.hasMore, let last = page.rows.last?.repo.key {
      var next = filter
      next.after = last
      links.append(
        .element(.a, [.path(next.path), .named("rel", "next"), .className("next")], text: "Next \(Self.perPage) →"))
    }
    return links.isEmpty ? .text("") : .element(.nav, [.className("pager"), .named("aria-label", "Pages")], links)
  }
}

import Catalog
import Digest
import Domain
import Foundation

/// What every view needs to know of the request that it answers.
struct Visit: Sendable {
  /// The request.
  var request: PageRequest
  /// Now.
  var now: Date
  /// How things stand.
  var standing: PageHouse.Standing
  /// What stands in forms; nil when this visitor may only look.
  var form: String?
  /// What came of the last form.
  var news: PageAction.Outcome?
}

/// The document around a view.
enum Frame {
  /// The parts of the page that stand in its head.
  enum Place: String, CaseIterable {
    case digest = "/"
    case models = "/models"
    case downloads = "/downloads"
    case trends = "/trends"

    var title: String {
      switch self {
      case .digest: "Digest"
      case .models: "Models"
      case .downloads: "Downloads"
      case .trends: "Trends"
      }
    }
  }

  /// A whole document.
  ///
  /// - Parameters:
  ///   - title: of the window.
  ///   - place: where we are.
  ///   - seconds: when the browser asks again; nil for never.
  static func document(
    _ title: String, place: Place?, seconds: Int? = nil, visit: Visit?, _ main: [HTML]
  ) -> String {
    var head: [HTML] = [
      .element(.meta, [.named("charset", "utf-8")]),
      .element(.meta, [.named("name", "viewport"), .named("content", "width=device-width, initial-scale=1")]),
      .element(.meta, [.named("name", "color-scheme"), .named("content", "light dark")]),
    ]
    if let seconds {
      head.append(.element(.meta, [.named("http-equiv", "refresh"), .named("content", "\(seconds)")]))
    }
    head += [
      .element(.title, text: "\(title) · hubwatch"),
      .element(.link, [.named("rel", "stylesheet"), .path(PageStyle.path)]),
      .element(.link, [.named("rel", "icon"), .named("type", "image/svg+xml"), .path(PageIcon.path)]),
    ]
    let body: [HTML] = [
      .element(.a, [.className("skip"), .named("href", "#main")], text: "To the content"),
      .element(.header, [.className("top")], [.div("inner", top(place, visit))]),
      .element(.main, [.named("id", "main")], news(visit) + main),
      .element(.footer, [.className("bottom")], [.div("inner", bottom(visit))]),
    ]
    return HTML.document([.element(.head, [], head), .element(.body, [], body)])
  }

  private static func top(_ place: Place?, _ visit: Visit?) -> [HTML] {
    let links = Place.allCases.map { target in
      HTML.element(
        .a, [.path(target.rawValue)] + (target == place ? [.named("aria-current", "page")] : []), text: target.title)
    }
    let search = HTML.element(
      .form, [.className("find"), .named("action", "/models"), .named("role", "search")],
      [
        .element(
          .input,
          [
            .named("type", "search"), .named("name", "q"), .named("placeholder", "Find a model"),
            .named("aria-label", "Find a model"), .named("maxlength", "200"),
          ])
      ])
    return [
      .element(
        .a, [.path("/"), .className("brand")],
        [.element(.span, [.className("cup"), .named("aria-hidden", "true")], []), .text("hubwatch")]),
      .element(.nav, [.named("aria-label", "Views")], links),
      search,
    ] + (visit.map { [health($0)] } ?? [])
  }

  /// The health line in two words.
  private static func health(_ visit: Visit) -> HTML {
    let troubles = visit.standing.health.count
    let words = troubles == 0 ? "all well" : Words.count(troubles, "trouble")
    return .element(.a, [.path("/#health"), .className("pill")], [.badge(troubles == 0 ? .good : .bad, words)])
  }

  private static func news(_ visit: Visit?) -> [HTML] {
    guard let news = visit?.news else { return [] }
    return [
      .element(
        .p, [news.isDone ? .className("news good") : .className("news bad"), .named("role", "status")], text: news.words
      )
    ]
  }

  private static func bottom(_ visit: Visit?) -> [HTML] {
    guard let visit else { return [.element(.p, text: "hubwatch")] }
    var words = [visit.standing.worker ?? "nobody is at work"]
    if let end = visit.standing.cycleEndedAt {
      words.append("last cycle ended \(Words.ago(end, visit.now))")
    } else if let start = visit.standing.cycleBeganAt {
      words.append("a cycle began \(Words.ago(start, visit.now))")
    }
    if let next = visit.standing.nextCycleAt { words.append("the next begins \(Words.ago(next, visit.now))") }
    return [
      .element(.p, text: words.joined(separator: " · ")),
      .element(
        .p, [],
        [
          .text(visit.form == nil ? "This page only shows. " : "You may act on this page. "),
          .link("/metrics", "Metrics"),
        ]),
    ]
  }

  /// A form of one button.
  static func button(
    _ label: String, _ action: String, fields: [(String, String)] = [], visit: Visit, isMain: Bool = false
  ) -> HTML? {
    guard let form = visit.form else { return nil }
    let hidden = (fields + [("form", form)]).map { name, value in
      HTML.element(.input, [.named("type", "hidden"), .named("name", name), .named("value", value)])
    }
    return .element(
      .form, [.className("act"), .named("method", "post"), .named("action", action)],
      hidden + [.element(.button, isMain ? [.className("main")] : [], text: label)])
  }
}

extension PageHouse.Standing {
  /// When a copy is tried again; nil when nobody knows.
  func nextTry(_ copy: CopyRecord) -> Date? { nextTries[Self.tryKey("\(copy.repo)", copy.quantization)] }
}

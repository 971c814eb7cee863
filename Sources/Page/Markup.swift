import Digest
import Domain
import Fit
import Foundation

// Short words for what the views say often.

extension HTML {
  static func div(_ name: StaticString, _ children: [HTML]) -> HTML { element(.div, [.className(name)], children) }

  static func span(_ name: StaticString, _ text: String) -> HTML { element(.span, [.className(name)], text: text) }

  static func p(_ name: StaticString, _ text: String) -> HTML { element(.p, [.className(name)], text: text) }

  static func p(_ children: [HTML]) -> HTML { element(.p, [], children) }

  /// A link to another view.
  static func link(_ path: String, _ text: String) -> HTML { element(.a, [.path(path)], text: text) }

  /// A moment: how long ago in words, and exactly for who wants to know.
  static func moment(_ date: Date, _ now: Date) -> HTML {
    element(
      .time, [.named("datetime", Words.stamp(date)), .named("title", Words.time(date))], text: Words.ago(date, now))
  }

  /// How long something has been so: `for 3 h`.
  static func lasting(since date: Date, _ now: Date) -> HTML {
    element(
      .time, [.named("datetime", Words.stamp(date)), .named("title", "since \(Words.time(date))")],
      text: "for \(Words.duration(max(0, now.timeIntervalSince(date))))")
  }

  /// A badge in the colour of what it means.
  static func badge(_ tone: Tone, _ text: String) -> HTML {
    element(
      .span, [tone.badge],
      [.element(.span, [.className("mark"), .named("aria-hidden", "true")], text: tone.sign), .text(text)])
  }

  /// A section with a heading.
  static func section(_ heading: String, _ children: [HTML]) -> HTML {
    element(.section, [], [element(.h2, [], text: heading)] + children)
  }

  /// A list of terms and what belongs to each; those without anything are left out.
  static func facts(_ pairs: [(String, HTML?)]) -> HTML {
    div(
      "facts",
      [
        element(
          .dl, [],
          pairs.compactMap { name, value in
            value.map { div("fact", [element(.dt, [], text: name), element(.dd, [], [$0])]) }
          })
      ])
  }
}

/// What something means: colours alone say nothing to many people, so each has a sign, too.
enum Tone {
  case good, fair, poor, bad, plain

  var badge: HTML.Attribute {
    switch self {
    case .good: .className("badge good")
    case .fair: .className("badge fair")
    case .poor: .className("badge poor")
    case .bad: .className("badge bad")
    case .plain: .className("badge plain")
    }
  }

  var sign: String {
    switch self {
    case .good: "●"
    case .fair: "◐"
    case .poor: "◔"
    case .bad: "✕"
    case .plain: "○"
    }
  }

  init(_ verdict: FitVerdict) {
    self =
      switch verdict {
      case .fits: .good
      case .smallerBatch, .q8kv, .smallerContext: .fair
      case .expertsOnCpu, .split: .poor
      case .no: .bad
      }
  }

  init(_ verdict: SmokeVerdict) {
    self =
      switch verdict {
      case .pass: .good
      case .suspect: .poor
      case .fail: .bad
      case .unsupported: .plain
      }
  }

  init(_ state: RepoState) {
    self =
      switch state {
      case .sized: .good
      case .gated, .pickleOnly: .poor
      case .broken, .gone: .bad
      case .seen, .described, .noWeights, .leftOut: .plain
      }
  }

  init(_ state: CopyState) {
    self =
      switch state {
      case .verified, .tested: .good
      case .wanted, .downloading: .fair
      case .waiting: .poor
      case .blocked, .quarantined, .lost: .bad
      case .dropped: .plain
      }
  }
}

/// Addresses of views.
enum Address {
  /// A model's view. Ids are made of characters that addresses have, too.
  static func model(_ id: RepoID) -> String { "/models/\(id)" }

  /// A path with a query; pairs without a value are left out.
  static func query(_ path: String, _ pairs: [(String, String?)]) -> String {
    let parts = pairs.compactMap { name, value in
      value.flatMap { $0.isEmpty ? nil : "\(name)=\(Percent.encoded($0))" }
    }
    return parts.isEmpty ? path : "\(path)?\(parts.joined(separator: "&"))"
  }
}

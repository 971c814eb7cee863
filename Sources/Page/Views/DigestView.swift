import Digest
import Domain
import Foundation

/// The digest of now.
struct DigestView {
  let visit: Visit
  let story: Story
  /// What `since` is: `last`, `yesterday` or a day.
  let since: String

  func document() -> String {
    let digest = HTMLDigest().fragments(story)
    var main: [HTML] = [
      .div("title", [.element(.h1, text: "Over coffee"), .element(.p, [.className("lead")], text: lead)]),
      choice,
    ]
    if let tally { main.append(tally) }
    if digest.sections.isEmpty {
      main.append(
        .div(
          "empty",
          [
            .element(.p, text: "Nothing new since you looked last."),
            .p([.text("All that is known stands in the "), .link("/models", "catalog"), .text(".")]),
          ]))
    }
    main.append(.div("digest", digest.sections))
    main.append(
      .element(
        .section, [.className("health"), .named("id", "health")],
        [.element(.h2, text: "Health")] + digest.footer))
    return Frame.document("Digest", place: .digest, visit: visit, main)
  }

  private var lead: String {
    let (polled, new) = (story.counts.polled, story.counts.new)
    guard polled > 0 else { return "No new models." }
    let earlier = story.wentOn
    let tail = earlier == 0 ? "" : "; \(Words.count(earlier)) known before went on"
    return "\(Words.count(polled, "model")) polled, \(Words.count(new)) new\(tail)."
  }

  /// Every polled model is in one of these places.
  private var tally: HTML? {
    let places = Story.Place.allCases.compactMap { place in
      story.places[place.rawValue].map { (place: place, count: $0) }
    }
    guard !places.isEmpty else { return nil }
    return .element(
      .ul, [.className("tally")],
      places.map { place, count in
        let number = HTML.span("count", Words.count(count))
        let (words, tone) = Self.words(place)
        let inside: [HTML] = [number, .text(" "), .element(.span, [tone], text: words)]
        let target = Self.state(place).map { Address.query("/models", [("state", $0.rawValue), ("sort", "created")]) }
        return .element(.li, [], target.map { [.element(.a, [.path($0)], inside)] } ?? inside)
      })
  }

  private static func words(_ place: Story.Place) -> (String, HTML.Attribute) {
    switch place {
    case .passed: ("passed", .className("good"))
    case .suspect: ("suspect", .className("poor"))
    case .failed: ("failed", .className("bad"))
    case .unsupported: ("not testable", .className("plain"))
    case .downloaded: ("fetched", .className("good"))
    case .fetching: ("on the way", .className("poor"))
    case .blocked: ("not to be had", .className("bad"))
    case .waiting: ("waiting", .className("poor"))
    case .fits: ("fit", .className("good"))
    case .tooBig: ("too big", .className("plain"))
    case .gated: ("gated", .className("poor"))
    case .noWeights: ("no weights", .className("plain"))
    case .pickleOnly: ("pickle only", .className("plain"))
    case .notQuantized: ("no GGUF", .className("plain"))
    case .broken: ("broken", .className("bad"))
    case .gone: ("gone", .className("plain"))
    case .leftOut: ("left out", .className("plain"))
    }
  }

  /// The state by which the catalog lists what is in a place; nil where it needs more than that.
  private static func state(_ place: Story.Place) -> RepoState? {
    switch place {
    case .gated: .gated
    case .noWeights: .noWeights
    case .pickleOnly: .pickleOnly
    case .notQuantized: .described
    case .gone: .gone
    case .leftOut: .leftOut
    default: nil
    }
  }

  private var choice: HTML {
    var links: [HTML] = []
    for (value, label) in [("last", "Since last read"), ("yesterday", "Since yesterday")] {
      links.append(
        .element(
          .a,
          [.path(Address.query("/", [("since", value)]))] + (since == value ? [.named("aria-current", "true")] : []),
          text: label))
    }
    let isDay = since != "last" && since != "yesterday"
    let day = HTML.element(
      .form, [.className("day")],
      [
        .element(
          .label, [],
          [
            .text("Since "),
            .element(
              .input,
              [.named("type", "date"), .named("name", "since"), .named("max", Words.day(visit.now))]
                + (isDay ? [.named("value", since)] : [])),
          ]),
        .element(.button, text: "Show"),
      ])
    let read = Frame.button(
      "Mark as read", "/read", fields: [("until", "\(story.until.timeIntervalSince1970)")], visit: visit, isMain: true)
    let window =
      story.since.map { "From \(Words.time($0)) to \(Words.time(story.until))" } ?? "Until \(Words.time(story.until))"
    return .div(
      "choice",
      [.element(.nav, [.named("aria-label", "Since when")], links), day] + (read.map { [$0] } ?? []) + [
        .p("faint", window)
      ])
  }
}

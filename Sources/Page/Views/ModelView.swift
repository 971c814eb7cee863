import Catalog
import Console
import Digest
import Domain
import Fit
import Foundation

/// Everything about one model.
struct ModelView {
  /// What the catalog knows of it.
  struct Facts: Sendable {
    var repo: RepoRecord
    var description: DescriptionRecord?
    var weights: [WeightsRecord]
    var family: FamilyRecord?
    var members: [FamilyMember]
    var descendants: [FamilyRecord]
    var copies: [Copy]
    var grids: [FitGrid]
    var isVerified: Bool

    /// A copy with what was found out about it.
    struct Copy: Sendable {
      var record: CopyRecord
      var smoke: SmokeRecord?
      var probes: [ProbeRecord]
    }

    /// Members of a family that are read: those of a large one are told by their number.
    static let mostMembers = 30
    /// Copies that are looked at.
    static let mostCopies = 12
  }

  let visit: Visit
  let facts: Facts
  let endpoint: String
  let cacheRoot: String

  private var repo: RepoRecord { facts.repo }

  func document() -> String {
    var main = [title]
    if let acts { main.append(acts) }
    main += FitGridView(grids: facts.grids, isVerified: facts.isVerified).sections
    if facts.grids.isEmpty, let why = facts.description?.facts.shapeTrouble {
      main.append(.section("Fit", [.element(.p, text: "No fit is known: \(why)")]))
    }
    main += facts.copies.isEmpty ? [] : [.section("On this disk", facts.copies.map(copy))]
    main.append(.section("What it is", [about]))
    if let family { main.append(family) }
    if let files { main.append(files) }
    if let card { main.append(card) }
    return Frame.document("\(repo.id)", place: .models, visit: visit, main)
  }

  // MARK: Above all

  private var title: HTML {
    let owner = repo.id.owner
    var heading: [HTML] = []
    if !owner.isEmpty {
      heading += [
        .element(.a, [.path(Address.query("/models", [("org", owner)])), .className("owner")], text: owner),
        .text(" / "),
      ]
    }
    heading.append(.element(.strong, text: repo.id.name))
    var state: [HTML] = [
      .badge(Tone(repo.state), Words.state(repo.state)), .text(" "), .lasting(since: repo.stateAt, visit.now),
    ]
    if let why = repo.explanation { state.append(.text(": \(why)")) }
    var chips: [HTML] = []
    if let parameters = repo.parameters, parameters > 0 {
      chips.append(.span("chip", "\(Words.parameters(parameters)) parameters"))
    }
    if let architecture = repo.architecture {
      chips.append(
        .element(
          .a, [.path(Address.query("/models", [("arch", architecture)])), .className("chip")], text: architecture))
    }
    if let licence {
      chips.append(
        .element(.a, [.path(Address.query("/models", [("license", licence)])), .className("chip")], text: licence))
    }
    if repo.gated { chips.append(.span("chip", "gated: accept its terms on the hub")) }
    chips.append(.span("chip", "\(Words.short(repo.downloads)) downloads a month"))
    chips.append(.span("chip", Words.short(repo.likes) + (repo.likes == 1 ? " like" : " likes")))
    chips.append(
      .element(.a, [.href("\(endpoint)/\(repo.id)"), .className("chip")], text: "On the hub ↗"))
    return .div(
      "title",
      [.element(.h1, [.className("id")], heading), .element(.p, [.className("lead")], state), .div("chips", chips)])
  }

  private var licence: String? {
    facts.description?.facts.licence
      ?? repo.tags.first { $0.hasPrefix("license:") }.map { String($0.dropFirst("license:".count)) }
  }

  private var acts: HTML? {
    let model = [("model", "\(repo.id)")]
    let isThere = facts.copies.contains { [.verified, .tested].contains($0.record.state) }
    let isKept = facts.copies.contains(where: \.record.isKept)
    var buttons: [HTML?] = []
    if repo.state == .sized, !isThere {
      buttons.append(Frame.button("Pull", "/pull", fields: model, visit: visit, isMain: true))
    }
    if isThere {
      if !isKept { buttons.append(Frame.button("Keep", "/keep", fields: model, visit: visit)) }
      buttons.append(Frame.button("Drop", "/drop", fields: model, visit: visit))
    }
    let shown = buttons.compactMap(\.self)
    return shown.isEmpty ? nil : .div("acts", shown)
  }

  // MARK: Copies

  private func copy(_ copy: Facts.Copy) -> HTML {
    let record = copy.record
    var head: [HTML] = [
      .element(.strong, text: record.quantization), .text(" "), .badge(Tone(record.state), Words.state(record.state)),
    ]
    if let smoke = copy.smoke {
      head += [.text(" "), .badge(Tone(smoke.verdict), smoke.verdict == .pass ? "passed" : smoke.verdict.rawValue)]
    }
    if record.isKept { head += [.text(" "), .span("chip", "kept")] }
    var parts: [HTML] = [.p(head)]
    var words = [ByteCount(record.bytes).asDisk, "commit \(record.commit.short)"]
    words.append(record.byHand ? "asked for" : "chosen by rank")
    parts.append(
      .element(
        .p, [.className("faint")],
        [.text(words.joined(separator: " · ") + " · so "), .lasting(since: record.changedAt, visit.now)]))
    if let reason = record.reason { parts.append(.p("reason", reason)) }
    if let next = visit.standing.nextTry(record) {
      parts.append(.element(.p, [.className("faint")], [.text("tried again "), .moment(next, visit.now)]))
    }
    if record.state == .verified || record.state == .tested {
      parts.append(.p([.element(.code, text: path(record))]))
    }
    if let smoke = copy.smoke { parts += self.smoke(smoke) }
    if !copy.probes.isEmpty { parts.append(probes(copy.probes)) }
    return .div("copy", parts)
  }

  private func path(_ copy: CopyRecord) -> String {
    copy.folder.map { "\($0)/\(copy.path.fileName)" }
      ?? "\(cacheRoot)/\(copy.repo.cacheFolderName)/snapshots/\(copy.commit)/\(copy.path)"
  }

  private func smoke(_ smoke: SmokeRecord) -> [HTML] {
    var parts: [HTML] = []
    for reason in smoke.reasons.prefix(6) { parts.append(.p("reason", reason)) }
    func number(_ value: Double?, _ unit: String, places: Int = 1) -> HTML? {
      value.map { .text("\(ByteCount.decimal($0, places: places)) \(unit)") }
    }
    parts.append(
      .facts([
        ("Writes", number(smoke.tokensPerSecond, "tokens/s")),
        ("Reads", number(smoke.promptTokensPerSecond, "tokens/s")), ("Loads in", number(smoke.loadSeconds, "s")),
        ("Perplexity", smoke.perplexity.map { .text(ByteCount.decimal($0, places: 2)) }),
        ("Memory", smoke.peakMemoryBytes.map { .text(ByteCount($0).asMemory) }),
        ("Foreseen", smoke.estimateBytes.map { .text(ByteCount($0).asMemory) }),
        ("Tested", .moment(smoke.at, visit.now)),
      ]))
    if let sample = smoke.sample, !sample.isEmpty {
      parts.append(.element(.blockquote, [], [.text(ForeignText.oneLine(sample, limit: 400))]))
    }
    return parts
  }

  private func probes(_ records: [ProbeRecord]) -> HTML {
    let passed = records.count { $0.result.outcome == .passed }
    let asked = records.count { $0.result.outcome != .notAsked }
    let items = records.prefix(60).map { record in
      let result = record.result
      let tone: Tone =
        switch result.outcome {
        case .passed: .good
        case .failed: .bad
        case .notAsked: .plain
        }
      var words = "\(result.right) of \(result.cases)"
      if let reason = result.reason { words += ": \(ForeignText.oneLine(reason, limit: 160))" }
      return HTML.element(.li, [], [.badge(tone, result.name), .text(" "), .span("faint", words)])
    }
    return .element(
      .details, [],
      [
        .element(.summary, text: "Probes: \(passed) of \(asked) passed"),
        .element(.ul, [.className("probes")], Array(items)),
      ])
  }

  // MARK: What it is

  private var about: HTML {
    let shape = facts.description?.shape
    let described = facts.description?.facts
    func text(_ value: String?) -> HTML? { value.flatMap { $0.isEmpty ? nil : .text($0) } }
    var pairs: [(String, HTML?)] = [
      ("Architecture", text(repo.architecture)),
      ("Layers", text(shape.map { "\($0.layers)" })), ("Width", text(shape.map { Words.count($0.embedding) })),
      ("Heads", text(shape.map { "\($0.heads), \($0.kvHeads.max() ?? 0) for keys and values" })),
      ("Feed-forward", text(shape.map { Words.count($0.feedForward) })),
      (
        "Experts",
        text(shape.flatMap { $0.experts > 0 ? "\($0.experts), of which a token uses \($0.expertsUsed)" : nil })
      ),
      ("Vocabulary", text(shape.map { Words.count($0.vocabulary) })),
      ("Context", text(shape.map { "\(Words.count($0.contextLength)) tokens" })),
      ("Stored as", text(described?.elementType)), ("Licence", text(licence)),
      ("Languages", text(described?.languages.prefix(16).joined(separator: ", "))),
      ("Chat template", text(described?.hasChatTemplate.map { $0 ? "yes" : "no" })),
      ("Takes", text(described.map { $0.modalities.map(\.rawValue).sorted().joined(separator: ", ") })),
      ("Made for", text(described?.role?.rawValue)), ("Quantized by", text(described?.quantizedBy)),
    ]
    if described?.safety == .pickleOnly { pairs.append(("Safety", .text("pickle only: loading it can run code"))) }
    pairs += [
      ("Let in by", text(repo.ruling.map { "\($0.isAdmitted ? "" : "kept out: ")\($0.explanation)" })),
      ("Made", repo.createdAt.map { .moment($0, visit.now) }),
      ("Changed", repo.lastModified.map { .moment($0, visit.now) }),
      ("First met", .moment(repo.firstSeenAt, visit.now)),
      ("Commit", text(repo.commit.map { $0.short })),
    ]
    return .facts(pairs)
  }

  private var family: HTML? {
    guard let family = facts.family else { return nil }
    var parts: [HTML] = []
    var words: [HTML] = [
      .text(
        "\(Words.count(family.memberCount, "repository", "repositories")) by \(Words.count(family.ownerCount, "publisher"))"
      ),
      .text(" · score \(ByteCount.decimal(family.score, places: 1))"),
    ]
    if let relation = family.relation, !family.bases.isEmpty {
      words.append(.text(" · \(relation.rawValue) of "))
      for (index, base) in family.bases.prefix(8).enumerated() {
        if index > 0 { words.append(.text(", ")) }
        words.append(.link(Address.model(base), "\(base)"))
      }
    }
    parts.append(.p(words))
    let items = facts.members.map { member in
      let offers = member.quantizations.keys.sorted().prefix(12).joined(separator: " ")
      let isThis = member.repo.key == repo.key
      return HTML.element(
        .li, [],
        [
          isThis
            ? .element(.strong, text: "\(member.repo.id)") : .link(Address.model(member.repo.id), "\(member.repo.id)"),
          .text(" "),
          .span(
            "faint",
            [member.repo.kinship?.rawValue, "\(Words.short(member.repo.downloads)) downloads", offers]
              .compactMap { $0 }.filter { !$0.isEmpty }.joined(separator: " · ")),
        ])
    }
    parts.append(.element(.ul, [.className("plain")], items))
    if family.memberCount > facts.members.count {
      parts.append(.p("faint", "and \(Words.count(family.memberCount - facts.members.count)) more"))
    }
    if !facts.descendants.isEmpty {
      parts.append(.element(.h3, text: "Came from it"))
      parts.append(
        .element(
          .ul, [.className("plain")],
          facts.descendants.map { child in
            let name = RepoID(child.name).map { HTML.link(Address.model($0), child.name) } ?? .text(child.name)
            return .element(.li, [], [name, .text(" "), .span("faint", child.relation?.rawValue ?? "")])
          }))
    }
    return .section("Family of \(family.name)", parts)
  }

  private var files: HTML? {
    var items: [HTML] = []
    for weights in facts.weights.prefix(60) {
      let shards = weights.files.count > 1 ? " in \(weights.files.count) shards" : ""
      items.append(
        .element(
          .li, [],
          [
            .element(.strong, text: "\(weights.quantization)"), .text(" \(ByteCount(weights.bytes).asDisk)\(shards) "),
            .element(.code, text: "\(weights.path)"),
          ]))
    }
    for form in facts.description?.facts.forms ?? [] {
      let name = [form.format.rawValue, form.layout].compactMap(\.self).joined(separator: ", ")
      items.append(
        .element(.li, [], [.text("\(name): \(ByteCount(form.bytes).asDisk) in \(Words.count(form.files, "file"))")]))
    }
    guard !items.isEmpty else { return nil }
    if facts.weights.count > 60 { items.append(.element(.li, text: "and \(facts.weights.count - 60) more")) }
    return .section("Files", [.element(.ul, [.className("plain")], items)])
  }

  private var card: HTML? {
    guard let card = facts.description?.card, !card.isEmpty else { return nil }
    let lines = card.split(separator: "\n").prefix(40)
    return .section(
      "From its card",
      [
        .element(
          .details, [],
          [.element(.summary, text: "What its maker says")]
            + lines.map { .p("card", ForeignText.oneLine(String($0), limit: 400)) })
      ])
  }
}

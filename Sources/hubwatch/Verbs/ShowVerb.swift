import ArgumentParser
import Catalog
import Console
import Domain
import Foundation
import Settings
import Watch

/// Everything about one model and its family.
struct ShowVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Shows one model: what it is, which rule let it in, what fits, and its family.")

  @OptionGroup var common: CommonOptions
  @Argument(help: "A model, also by a former name, or the base of a family.") var model: String
  @Flag(help: "One JSON document.") var json = false

  /// More members of a family are only counted.
  private static let mostMembers = 5000

  /// The catalog has no such model.
  private struct Unknown: ReportableError {
    let id: RepoID
    var problem: String { "the catalog does not know \(id)" }
    var advice: String? { "look for it with `hubwatch search`, or ask the hub with `hubwatch fit \(id)`" }
    var exitCode: Domain.ExitCode { .failed }
  }

  func validate() throws {
    guard RepoID(model) != nil else { throw ValidationError("\(ForeignText.safe(model, limit: 100)) is no model's id") }
  }

  private struct Document: Encodable {
    struct Member: Encodable {
      let id: String
      let kinship: String?
      let downloads: Int
      let quantizations: [String: Int64]
    }
    let schema = "hubwatch.show/1"
    let model: RepoRow?
    let description: ModelDescription?
    let shape: ModelShape?
    let card: String?
    let family: String?
    let score: Double?
    let relation: String?
    let bases: [String]
    let repositories: Int?
    let publishers: Int?
    let members: [Member]
    let bestSources: [String: String]
    let descendants: [String]
    let copies: [Copy]
    struct Copy: Encodable {
      let quantization: String
      let commit: String
      let bytes: Int64
      let state: String
      let reason: String?
    }
  }

  func work() async throws -> Domain.ExitCode {
    guard let id = RepoID(model) else { return .usage }
    let loaded = try LoadedSettings(environment: common.environment)
    guard let catalog = try Catalog.ifPresent(folder: loaded.places.state) else { throw Unknown(id: id) }
    let repo = try catalog.repo(id)
    let family = try catalog.family(named: id)
    guard repo != nil || family != nil else { throw Unknown(id: id) }
    let members = try family.map { try catalog.members(of: $0.key, limit: Self.mostMembers) } ?? []
    let source = FamilySource(family: family?.name ?? "", follow: loaded.settings.watch.follow)
    let offered = Set(members.flatMap(\.quantizations.keys))
    let sources = offered.reduce(into: [String: String]()) { sources, name in
      sources[name] = source.best(members, quantization: name)?.repo.id.description
    }
    let description = try repo.flatMap { try catalog.description(of: $0.id) }
    let document = Document(
      model: repo.map { RepoRow($0, family: family?.name) }, description: description?.facts, shape: description?.shape,
      card: description?.card, family: family?.name, score: family?.score, relation: family?.relation?.rawValue,
      bases: family?.bases.map(\.description) ?? [], repositories: family?.memberCount,
      publishers: family?.ownerCount,
      members: members.map { member in
        Document.Member(
          id: member.repo.id.description, kinship: member.repo.kinship?.rawValue, downloads: member.repo.downloads,
          quantizations: member.quantizations)
      }, bestSources: sources,
      descendants: try family.flatMap { RepoID($0.name) }.map { try catalog.descendants(of: $0, limit: 20).map(\.name) }
        ?? [],
      copies: try catalog.copies(of: repo?.id ?? id).map { copy in
        Document.Copy(
          quantization: copy.quantization, commit: copy.commit.description, bytes: copy.bytes,
          state: copy.state.rawValue, reason: copy.reason)
      })
    if json {
      try common.print(JSONOutput.document(document))
    } else {
      var lines = try repo.map { try self.lines($0, description, catalog) } ?? ["\(model) was never met itself."]
      lines += self.lines(document)
      let width = common.terminal.width
      try common.print(lines.map { TextWidth.cut(ForeignText.safe($0), to: width) }.joined(separator: "\n"))
    }
    return .done
  }

  private func lines(_ repo: RepoRecord, _ description: DescriptionRecord?, _ catalog: Catalog) throws -> [String] {
    var lines = ["\(repo.id)", "  state      \(repo.state.rawValue)" + (repo.reason.map { ": \($0)" } ?? "")]
    func add(_ name: String, _ value: String?) {
      guard let value, !value.isEmpty else { return }
      lines.append("  " + name.padding(toLength: 11, withPad: " ", startingAt: 0) + value)
    }
    add("rule", repo.ruling.map { "\($0.isAdmitted ? "let in" : "kept out"): \($0.explanation)" })
    add(
      "model",
      [repo.architecture ?? "unknown architecture", "\(RepoRow.short(repo.parameters)) parameters"].joined(
        separator: ", "))
    if let shape = description?.shape {
      add(
        "shape",
        "\(shape.layers) layers, \(shape.heads) heads, width \(shape.embedding), context \(shape.contextLength)")
    }
    if let facts = description?.facts {
      add("type", facts.elementType)
      add("licence", facts.licence)
      add("languages", facts.languages.prefix(12).joined(separator: ", "))
      add("template", facts.hasChatTemplate.map { $0 ? "has a chat template" : "no chat template" })
      add("takes", facts.modalities.map(\.rawValue).sorted().joined(separator: ", "))
      add("role", facts.role?.rawValue)
      add("safety", facts.safety == .pickleOnly ? "pickle only: loading it can run code" : facts.safety.rawValue)
      add("shape?", facts.shapeTrouble)
      for form in facts.forms {
        let name = [form.format.rawValue, form.layout].compactMap { $0 }.joined(separator: ", ")
        add("form", "\(name): \(ByteCount(form.bytes).asDisk) in \(form.files) \(form.files == 1 ? "file" : "files")")
      }
    }
    let fits = try catalog.fits(of: repo.id)
    for weights in try catalog.weights(of: repo.id) {
      let fit = fits.first { $0.path == weights.path }
      let need = fit.map { ", needs \(($0.total + $0.margin).asMemory): \(VerdictWords.of($0.verdict))" } ?? ""
      let shards = weights.files.count > 1 ? " in \(weights.files.count) shards" : ""
      add("offers", "\(weights.quantization), \(ByteCount(weights.bytes).asDisk)\(shards)\(need)")
    }
    for copy in try catalog.copies(of: repo.id) {
      let why = copy.reason.map { ": \($0)" } ?? ""
      add(
        "copy",
        "\(copy.quantization), \(ByteCount(copy.bytes).asDisk), commit \(copy.commit.short), \(copy.state.rawValue)\(why)"
      )
      let results = try catalog.probes(ofCopy: copy.id).map(\.result)
      if !results.isEmpty { add("can do", "\(copy.quantization): \(ProbeWords.summary(results))") }
    }
    add("counts", "\(repo.downloads) downloads, \(repo.likes) likes")
    if let card = description?.card {
      for line in card.split(separator: "\n").prefix(6) { add("card", ForeignText.oneLine(String(line), limit: 200)) }
    }
    return lines
  }

  private func lines(_ document: Document) -> [String] {
    guard let family = document.family else { return [] }
    let (members, publishers) = (document.repositories ?? 0, document.publishers ?? 0)
    var lines = ["", "Family \(family): \(members) repositories by \(publishers) publishers"]
    if let relation = document.relation {
      lines.append("  \(relation) of \(document.bases.joined(separator: ", "))")
    }
    for member in document.members.prefix(20) {
      let offers = member.quantizations.keys.sorted().joined(separator: " ")
      lines.append("  \(member.id)  \(member.kinship ?? "")  \(member.downloads) downloads  \(offers)")
    }
    if members > 20 {
      lines.append("  and \(members - 20) more: --json has \(members > Self.mostMembers ? "more of them" : "them all")")
    }
    for (quantization, id) in document.bestSources.sorted(by: { $0.key < $1.key }) {
      lines.append("  best source of \(quantization): \(id)")
    }
    if !document.descendants.isEmpty {
      lines.append("  came from it: \(document.descendants.joined(separator: ", "))")
    }
    return lines
  }
}

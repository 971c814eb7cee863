import Catalog
import Domain
import Foundation
import TestSupport
import Testing

/// A catalog full of foreign text that tries to be more, and every verb that shows some of it: nothing is obeyed.
@Suite("Foreign text on the street")
struct InjectionTests {
  private static let verbs: [[String]] = [
    ["list"], ["list", "--models", "--all"], ["list", "--all", "--columns", "model,state,why,arch,licence,modified"],
    ["list", "--models", "--all", "--json"], ["search", "poems"], ["search", "poems", "--json"], ["status"],
    ["status", "--json"], ["trends"], ["trends", "--json"], ["tools"], ["tools", "--json"], ["digest"],
    ["digest", "--format", "markdown"], ["digest", "--format", "html"], ["digest", "--json"],
    ["digest", "failed", "blocked"],
    ["digest", "leftOut", "gated", "noWeights", "--json"], ["fit"], ["fit", "--json"], ["fit", "--markdown"],
  ]

  @Test(arguments: [1, 2, 3] as [UInt64])
  func nothingIsObeyed(seed: UInt64) async throws {
    let program = try HouseProgram(endpoint: "http://127.0.0.1:9")
    var random = Noise.Generator(seed: seed)
    let names = try fill(program.home.state, &random)
    for words in Self.verbs + names.prefix(6).flatMap({ [["show", $0], ["show", $0, "--json"], ["probes", $0]] }) {
      let outcome = try await program.run(words)
      #expect([0, 1].contains(outcome.code), "\(words): \(outcome.errors)")
      for text in [outcome.output, outcome.errors] {
        #expect(Venom.isHarmless(text), "\(words): \(text.debugDescription)")
      }
      if words.contains("--json"), outcome.code == 0 {
        #expect((try? JSONSerialization.jsonObject(with: Data(outcome.output.utf8))) != nil, "\(words)")
      }
    }
  }

  /// Puts such text wherever the catalog takes it; the names of its models.
  private func fill(_ state: String, _ random: inout Noise.Generator) throws -> [String] {
    let catalog = try Catalog(folder: state)
    let now = Date()
    let commit = try #require(CommitHash(String(repeating: "1", count: 40)))
    var names: [String] = []
    for number in 0..<40 {
      let id = try #require(RepoID("maker\(number)/Poems-\(number)-7B-GGUF"))
      names.append(id.description)
      let tags = ["gguf", "license:\(Venom.text(&random))"] + (0..<4).map { _ in Venom.text(&random) }
      var row = ListedRepo(
        id: id, commit: commit, createdAt: now, lastModified: now, tags: TagList(tags), gated: false, downloads: 1,
        likes: 1,
        architecture: Venom.text(&random), parameters: 7_000_000_000)
      row.ruling = Ruling(isAdmitted: number % 5 > 0, rule: .licences, finding: Venom.text(&random))
      _ = try catalog.record([row], at: now)
      let card = "poems \(Venom.text(&random))\n\(Venom.text(&random))"
      let path = try #require(RepoPath("m.Q4_0.gguf"))
      let file = ModelFile(path: path, size: 1000, hash: .sha256(String(repeating: "a", count: 64)))
      let weights = WeightsRecord(
        repo: id, path: path, commit: commit, quantization: try #require(Quantization("Q4_0")), bytes: 1000,
        evidence: .header, layout: WeightLayout(tensors: [(name: "output.weight", bytes: Int64(5))], layers: 1),
        files: [file])
      let isSized = number % 2 == 0
      try catalog.describe(
        id, DescriptionRecord(commit: commit, shape: nil, card: card),
        state: isSized ? .sized : RepoState.allCases[number % RepoState.allCases.count],
        reason: Venom.text(&random), weights: isSized ? [weights] : [], at: now)
      guard isSized else { continue }
      try catalog.setFits(
        [
          FitRecord(
            repo: id, path: path, device: Venom.text(&random), context: 4096, total: .mebibytes(600),
            margin: .mebibytes(100), verdict: .fits, maxContext: 512)
        ], of: id)
      guard number % 4 == 0 else { continue }
      let copy = try catalog.want(
        repo: id, commit: commit, quantization: Venom.text(&random), files: [file], byHand: false, at: now)
      if number % 8 == 0 {
        try catalog.setState(ofCopy: copy.id, .verified, reason: nil, at: now)
        try catalog.record(
          SmokeRecord(
            copy: copy.id, at: now, verdict: SmokeVerdict.allCases[number / 8 % 4],
            reasons: [Venom.text(&random), Venom.text(&random)], tokensPerSecond: 5, perplexity: 9,
            sample: Venom.text(&random)))
        let result = ProbeResult(
          name: Venom.text(&random), capability: Venom.text(&random), version: "1", outcome: .passed, right: 1,
          cases: 1,
          reason: Venom.text(&random), answer: Venom.text(&random))
        _ = try catalog.record([result], ofCopy: copy.id, classes: [8 << 30], at: now)
      } else {
        try catalog.setState(
          ofCopy: copy.id, [.blocked, .waiting, .quarantined][number / 4 % 3], reason: Venom.text(&random), at: now)
      }
    }
    while try catalog.derive(at: now, score: { Double($0.likes) }) > 0 {}
    let cycle = try catalog.beginCycle(at: now - 60)
    try catalog.endCycle(cycle, trouble: Venom.text(&random), at: now)
    try catalog.watchUpstreams([(url: "https://example.org/x", name: Venom.text(&random))])
    try catalog.recordTrouble(Venom.text(&random), ofUpstream: "https://example.org/x", at: now - 90_000)
    return names
  }
}

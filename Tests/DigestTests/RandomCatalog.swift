import Catalog
import Domain
import Foundation
import TestSupport
import Testing

/// A catalog by chance, always the same for a seed: repositories and copies in every state and combination, families,
/// renames, several commits, and moments all over two weeks.
struct RandomCatalog {
  static let start = Date(timeIntervalSince1970: 1_800_000_000)
  static let days = 14.0

  let catalog: Catalog
  private let folder: FastFolder
  private var random: Chance

  init(seed: UInt64) throws {
    folder = try FastFolder()
    catalog = try Catalog(folder: folder.path)
    random = Chance(seed: seed)
    for _ in 0..<Int.random(in: 1...6, using: &random) { try recordPage() }
    while try catalog.derive(limit: 50, at: Self.start, score: { Double($0.likes) }) > 0 {}
    // What came later is not sorted into families yet.
    if Bool.random(using: &random) { try recordPage() }
    let repos = try catalog.repos(in: RepoState.allCases)
    for repo in repos where Int.random(in: 0..<4, using: &random) == 0 { try want(repo) }
  }

  private mutating func moment() -> Date {
    Self.start + (Double.random(in: 0...Self.days * 86_400, using: &random)).rounded()
  }

  private func commit(_ digit: Int) -> CommitHash? { CommitHash(String(repeating: "\(digit)", count: 40)) }

  private mutating func recordPage() throws {
    let now = moment()
    var rows: [ListedRepo] = []
    for _ in 0..<Int.random(in: 0...40, using: &random) {
      let number = Int.random(in: 0..<90, using: &random)
      var tags = ["gguf"]
      if number % 3 > 0 { tags.append("base_model:quantized:maker/Model-\(number / 6 * 6)-7B") }
      let name = number % 6 == 0 ? "maker/Model-\(number)-7B" : "hand\(number % 6)/Model-\(number)-7B-GGUF"
      var row = ListedRepo(
        id: try #require(RepoID(name)), objectID: HubObjectID(String(format: "%024x", number + 1)),
        commit: commit(Int.random(in: 1...2, using: &random)), createdAt: now, lastModified: now, tags: TagList(tags),
        gated: number % 11 == 0, downloads: number * 7, likes: Int.random(in: 0...50, using: &random),
        architecture: "llama", parameters: 7_000_000_000)
      row.ruling = Ruling(isAdmitted: number % 8 > 0, rule: .architectures, finding: "llama")
      rows.append(row)
    }
    // The hub lists a repository once.
    let unique = Dictionary(rows.map { ($0.id, $0) }, uniquingKeysWith: { $1 }).values.sorted { $0.id < $1.id }
    _ = try catalog.record(unique, at: now) { $0.ruling ?? Ruling(isAdmitted: true, rule: .unknownArchitecture) }
    for repo in unique where Int.random(in: 0..<3, using: &random) > 0 { try move(repo.id, at: now) }
  }

  /// Puts a repository into any state, with or without verdicts.
  private mutating func move(_ id: RepoID, at now: Date) throws {
    let state = RepoState.allCases.randomElement(using: &random) ?? .seen
    guard state == .sized, let commit = commit(Int.random(in: 1...2, using: &random)) else {
      let again: Date? = Bool.random(using: &random) ? now + 86_400 : nil
      return try catalog.setState(id, state, reason: "reason of \(state)", lookAgainAt: again, at: now)
    }
    let weights = try ["Q4_0", "Q8_0"].map { name in
      let path = try #require(RepoPath("m.\(name).gguf"))
      let file = ModelFile(path: path, size: 1000, hash: .sha256(String(repeating: "a", count: 64)))
      return WeightsRecord(
        repo: id, path: path, commit: commit, quantization: try #require(Quantization(name)), bytes: 1000,
        evidence: .header, layout: WeightLayout(tensors: [(name: "output.weight", bytes: Int64(5))], layers: 1),
        files: [file])
    }
    try catalog.describe(
      id, DescriptionRecord(commit: commit, shape: nil), state: .sized, reason: nil, weights: weights, at: now)
    guard Int.random(in: 0..<5, using: &random) > 0 else { return }
    try catalog.setFits(
      weights.map { record in
        FitRecord(
          repo: id, path: record.path, device: "12 GiB card", context: 4096, total: .mebibytes(600),
          margin: .mebibytes(100), verdict: FitVerdict.allCases.randomElement(using: &random) ?? .fits, maxContext: 512)
      }, of: id)
  }

  /// Makes copies of a repository in any state.
  private mutating func want(_ repo: RepoRecord) throws {
    for _ in 0..<Int.random(in: 1...2, using: &random) {
      let now = moment()
      let commit = try #require(
        Bool.random(using: &random) ? repo.describedCommit ?? self.commit(3) : self.commit(3))
      let path = try #require(RepoPath("m.\(["Q4_0", "Q8_0"].randomElement(using: &random) ?? "Q4_0").gguf"))
      let file = ModelFile(path: path, size: 1000, hash: .sha256(String(repeating: "a", count: 64)))
      let copy = try catalog.want(
        repo: repo.id, commit: commit, quantization: "Q4_0", files: [file], byHand: false, at: now)
      let state = CopyState.allCases.randomElement(using: &random) ?? .wanted
      if state == .tested {
        try catalog.setState(ofCopy: copy.id, .verified, reason: nil, at: now)
        let verdict = SmokeVerdict.allCases.randomElement(using: &random) ?? .pass
        try catalog.record(
          SmokeRecord(
            copy: copy.id, at: now, verdict: verdict, reasons: ["a finding"], tokensPerSecond: 9, perplexity: 9,
            sample: "Once"))
      } else {
        try catalog.setState(ofCopy: copy.id, state, reason: "reason of \(state)", at: now)
      }
    }
  }
}

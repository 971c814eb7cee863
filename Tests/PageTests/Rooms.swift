import Catalog
import Digest
import Domain
import Fit
import Foundation
import TestSupport
import Testing

@testable import Page

/// A catalog with one of everything, whose foreign texts are what a test says, and the page over it.
struct Rooms {
  let folder: TemporaryFolder
  let catalog: Catalog
  let now = Date(timeIntervalSince1970: 1_800_000_000)
  static let port: UInt16 = 4870

  /// - Parameter text: gives each foreign text; the benign ones are single words.
  init(_ text: (String) -> String = { $0 }) throws {
    folder = try TemporaryFolder()
    catalog = try Catalog(folder: folder.path)
    try fill(text)
  }

  static let shape = ModelShape(
    architecture: "llama", layers: 32, embedding: 4096, feedForward: 14336, heads: 32,
    kvHeads: Array(repeating: 8, count: 32), keyLength: 128, valueLength: 128, vocabulary: 128_256,
    contextLength: 131_072, parameters: 8_030_261_312)

  static func sheet() throws -> FitSheet {
    let layer: [TensorInventory.Tensor] = [
      .init(.attentionQuery, 4096, 4096), .init(.attentionKey, 4096, 1024), .init(.attentionValue, 4096, 1024),
      .init(.attentionOutput, 4096, 4096), .init(.feedForwardGate, 4096, 14336), .init(.feedForwardUp, 4096, 14336),
      .init(.feedForwardDown, 14336, 4096), .init(.vector, 4096, 1), .init(.vector, 4096, 1),
    ]
    let inventory = try #require(
      TensorInventory(
        common: [.init(.tokenEmbedding, 4096, 128_256), .init(.output, 4096, 128_256), .init(.vector, 4096, 1)],
        layers: Array(repeating: layer, count: 32)))
    let predictor = WeightPredictor(inventory: inventory, shape: shape)
    return FitSheet(
      shape: shape, isVerified: true,
      offers: [GGUFRecipe.q8_0, .q4_K_M, .q2_K].map {
        let layout = predictor.layout($0)
        return .init(quantization: $0.name, isPublished: true, fileBytes: layout.total, layout: layout)
      })
  }

  /// The ids of what is in it, with the state of each.
  static let names: [(String, RepoState)] = [
    ("maker/good-GGUF", .sized), ("maker/base", .described), ("other/big-GGUF", .sized), ("maker/closed", .gated),
    ("maker/new", .seen), ("third/out", .leftOut), ("third/odd", .broken), ("third/none", .noWeights),
  ]

  private func fill(_ text: (String) -> String) throws {
    let commit = try #require(CommitHash(String(repeating: "a", count: 40)))
    func tag(_ text: String) -> String { text.replacing("\n", with: " ") }
    let listed = try Self.names.enumerated().map { index, entry in
      var repo = ListedRepo(
        id: try #require(RepoID(entry.0)), commit: commit, createdAt: now - Double(index) * 3600,
        lastModified: now - 60,
        tags: TagList([
          "gguf", "license:\(tag(text("mit")))", tag(text("tag")),
          !entry.0.hasSuffix("-GGUF") ? "en" : "base_model:quantized:maker/base",
        ]),
        gated: entry.1 == .gated, downloads: 1000 * index, likes: index, trending: Double(index),
        architecture: text("llama"), parameters: 8_000_000_000)
      if entry.1 == .leftOut { repo.ruling = Ruling(isAdmitted: false, rule: .licences, finding: text("mit")) }
      return repo
    }
    let cycle = try catalog.beginCycle(at: now - 7200)
    _ = try catalog.record(listed, at: now - 7100)
    for (id, state) in zip(listed.map(\.id), Self.names.map(\.1)) {
      if state == .sized || state == .described {
        try describe(id, commit, state, text)
      } else if state != .seen, state != .leftOut {
        try catalog.setState(id, state, reason: text("reason"), at: now - 7000)
      }
    }
    while try catalog.derive(at: now, score: { Double($0.likes) + 1 }) > 0 {}
    try fetch(try #require(RepoID("maker/good-GGUF")), commit, text)
    try catalog.endCycle(cycle, trouble: text("trouble"), at: now - 6000)
    let tool = "https://github.com/ggml-org/llama.cpp"
    try catalog.watchUpstreams([(tool, text("tool"))])
    try catalog.recordTrouble(text("silent"), ofUpstream: tool, at: now - 200_000)
  }

  private func describe(_ id: RepoID, _ commit: CommitHash, _ state: RepoState, _ text: (String) -> String) throws {
    var facts = ModelDescription()
    var shape = Self.shape
    shape.architecture = text("llama")
    facts.licence = text("mit")
    facts.languages = [text("en")]
    facts.elementType = text("BF16")
    facts.quantizedBy = text("somebody")
    facts.forms = [.init(format: .safetensors, layout: text("gptq"), bytes: 1000, files: 2)]
    let sheet = try Self.sheet()
    let offers = state == .sized ? sheet.offers : []
    let weights = try offers.map { (offer: FitSheet.Offer) -> WeightsRecord in
      let path = try #require(RepoPath("\(path(text("file"))).\(offer.quantization).gguf"))
      return WeightsRecord(
        repo: id, path: path, commit: commit, quantization: try #require(Quantization(offer.quantization)),
        bytes: offer.fileBytes, evidence: .header, layout: offer.layout,
        files: [ModelFile(path: path, size: offer.fileBytes, hash: try hash(offer.fileBytes))])
    }
    try catalog.describe(
      id, DescriptionRecord(commit: commit, shape: shape, facts: facts, card: "# Card\n\(text("card"))"),
      state: state, reason: state == .sized ? nil : text("reason"), weights: weights, at: now - 7000)
    let isBig = id.owner == "other"
    try catalog.setFits(
      weights.map {
        FitRecord(
          repo: id, path: $0.path, device: text("card"), context: 4096, total: ByteCount($0.bytes * (isBig ? 9 : 1)),
          margin: ByteCount(200 << 20), verdict: isBig ? .no : .fits, maxContext: 32768)
      }, of: id)
  }

  /// What may stand in a path.
  private func path(_ text: String) -> String {
    let allowed = text.unicodeScalars.filter { $0.value >= 32 && $0.value != 127 && $0 != "/" && $0 != "\\" }
    return "f" + String(String.UnicodeScalarView(allowed)).prefix(60)
  }

  private func hash(_ number: Int64) throws -> ContentHash {
    try #require(ContentHash(String(format: "%064x", number)))
  }

  /// A tested copy with probes, and one in every stage that waits.
  private func fetch(_ id: RepoID, _ commit: CommitHash, _ text: (String) -> String) throws {
    let weights = try catalog.weights(of: id)
    for (index, state) in [CopyState.tested, .downloading, .waiting].enumerated() {
      let copy = try catalog.want(
        repo: id, commit: commit, quantization: text("Q4_K_M"), files: weights[index].files, byHand: index == 1,
        at: now - 5000 - Double(index))
      guard state == .tested else {
        try catalog.setState(ofCopy: copy.id, state, reason: text("reason"), at: now - 4000)
        continue
      }
      for part in try catalog.parts(ofCopy: copy.id) {
        try catalog.setVerified(copy: copy.id, path: part.file.path, origin: .fetched, boot: "b", at: now - 4500)
      }
      try catalog.setState(ofCopy: copy.id, .verified, reason: nil, at: now - 4400)
      var smoke = SmokeRecord(
        copy: copy.id, at: now - 4300, verdict: .pass, reasons: [text("reason")], tokensPerSecond: 12, perplexity: 9.5,
        sample: text("sample"))
      smoke.peakMemoryBytes = 5 << 30
      try catalog.record(smoke)
      _ = try catalog.record(
        [
          ProbeResult(
            name: text("probe"), capability: "reading", version: "1", outcome: .passed, right: 2, cases: 3,
            reason: text("reason"), answer: text("answer"))
        ], ofCopy: copy.id, classes: [12 << 30], at: now - 4200)
    }
  }

  /// The page over it.
  func site(
    _ text: (String) -> String = { $0 },
    perform: (@Sendable (PageAction) async -> PageAction.Outcome)? = nil
  ) throws -> Site {
    var house = try house(text)
    house.perform = perform
    return Site(house, port: Self.port, acts: perform != nil)
  }

  /// What the page is about.
  func house(_ text: (String) -> String = { $0 }) throws -> PageHouse {
    // The page keeps the folder as long as it is asked for anything.
    let (folder, catalog, now, sheet) = (folder, catalog, now, try Self.sheet())
    var standing = PageHouse.Standing()
    standing.worker = text("worker")
    standing.health = [text("health")]
    standing.cycleBeganAt = now - 7200
    standing.quotaBytes = 200_000_000_000
    standing.nextTries = [PageHouse.Standing.tryKey("maker/good-GGUF", text("Q4_K_M")): now + 600]
    var device = Device.card(gibibytes: 12)
    device.name = text("card")
    var house = PageHouse(
      catalog: { () throws(CatalogError) -> Catalog? in withExtendedLifetime(folder) { catalog } },
      standing: { [standing] _ in standing },
      sheet: { (_, repo) throws(CatalogError) -> FitSheet? in repo.state == .sized ? sheet : nil },
      arrived: { (_, copy) throws(CatalogError) -> Int64 in copy.bytes / 3 }, devices: [device, .card(gibibytes: 24)],
      cacheRoot: "/cache", versions: [("version", text("1.0"))])
    house.now = { now }
    return house
  }
}

/// A request as a browser of this machine makes it.
func request(
  _ target: String, _ method: PageRequest.Method = .get, _ headers: [String: String] = [:],
  form: [(name: String, value: String)] = []
) throws -> PageRequest {
  let sides = target.split(separator: "?", maxSplits: 1)
  let path = String(sides[0])
  return PageRequest(
    method: method, segments: try path.dropFirst().split(separator: "/").map { try #require(Percent.segment($0)) },
    path: path, query: sides.count == 2 ? try #require(Percent.pairs(sides[1])) : [],
    headers: ["host": "127.0.0.1:\(Rooms.port)"].merging(headers) { $1 }, form: form)
}

extension PageResponse {
  /// The body as text.
  var text: String { String(decoding: body, as: UTF8.self) }

  /// A header's value.
  func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

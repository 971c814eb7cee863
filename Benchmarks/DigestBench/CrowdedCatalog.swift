import BenchSupport
import Catalog
import Domain
import Foundation

/// A catalog of many models as a year of polls leaves it: three of five sized in four quantizations, the others waiting,
/// gated, without weights or left out by a rule; five forms a family.
struct CrowdedCatalog {
  /// Where its state lies.
  let folder: String
  /// The end of the first recording, after which the last 3 % were found, and a moment after everything.
  let (long, late, after): (Date, Date, Date)

  /// Fills a fresh catalog.
  init(models: Int, folder: String, now: Date) throws {
    self.folder = folder
    (long, late, after) = (now - 10 * 86_400, now - 43_200, now - 3600)
    let catalog = try Catalog(folder: folder)
    let first = models * 97 / 100
    try fill(catalog, 0..<first, at: long - 60)
    try fill(catalog, first..<models, at: late)
    while try catalog.derive(limit: 5000, at: late, score: { Double($0.likes % 997) / 100 }) > 0 {}
    let cycle = try catalog.beginCycle(at: late - 60)
    try catalog.endCycle(cycle, trouble: nil, at: late + 60)
  }

  private static let tags =
    "transformers\ngguf\nllama\ntext-generation\nchat\nconversational\nen\nde\narxiv:2407.21783\nlicense:llama3.1\n"
    + "endpoints_compatible\nregion:us"
  private static let owners = ["maker", "quantmill", "bitpress", "lm-bakery", "fewbits"]

  private func fill(_ catalog: Catalog, _ numbers: Range<Int>, at moment: Date) throws {
    guard let commit = CommitHash(String(repeating: "a", count: 40)),
      let hash = ContentHash(String(repeating: "c", count: 64))
    else { throw Child.Failure(description: "no hash") }
    let shape = ModelShape(
      architecture: "llama", layers: 32, embedding: 4096, feedForward: 14336, heads: 32,
      kvHeads: Array(repeating: 8, count: 32), keyLength: 128, valueLength: 128, vocabulary: 128_256,
      contextLength: 131_072, parameters: 8_030_261_312)
    let quantizations = ["Q8_0", "Q6_K", "Q4_K_M", "Q3_K_M"]
    for start in stride(from: numbers.lowerBound, to: numbers.upperBound, by: 1000) {
      var listed: [ListedRepo] = []
      for number in start..<min(numbers.upperBound, start + 1000) {
        let form = number % 5
        let name = "\(Self.owners[form])/Model-\(number / 5)" + (form == 0 ? "" : "-GGUF")
        guard let id = RepoID(name) else { throw Child.Failure(description: "no id") }
        var repo = ListedRepo(
          id: id, commit: commit, createdAt: moment - Double(number % 86_400), lastModified: moment,
          tags: TagList(lines: Self.tags), gated: number % 20 == 19, downloads: number * 37 % 100_003,
          likes: number * 13 % 1009, architecture: "llama", parameters: 8_030_261_312)
        let isLeftOut = number % 10 == 7
        repo.ruling = Ruling(isAdmitted: !isLeftOut, rule: isLeftOut ? .nsfw : .architectures, finding: "llama")
        listed.append(repo)
      }
      _ = try catalog.record(listed, at: moment)
      for (number, repo) in zip(start..., listed) {
        switch number % 10 {
        case 0...5:
          let weights = try quantizations.map { name in
            guard let path = RepoPath("model.\(name).gguf"), let quantization = Quantization(name) else {
              throw Child.Failure(description: "no path")
            }
            return WeightsRecord(
              repo: repo.id, path: path, commit: commit, quantization: quantization, bytes: 5 << 30,
              evidence: .header, layout: WeightLayout(tensors: [(name: "output.weight", bytes: 5 << 30)], layers: 32),
              files: [ModelFile(path: path, size: 5 << 30, hash: hash)])
          }
          try catalog.describe(
            repo.id, DescriptionRecord(commit: commit, shape: shape), state: .sized, reason: nil, weights: weights,
            at: moment)
          let isBig = number % 30 == 0
          try catalog.setFits(
            weights.enumerated().map { place, record in
              FitRecord(
                repo: repo.id, path: record.path, device: "12 GiB card, context 4096", context: 4096,
                total: .mebibytes(Int64(isBig ? 20_000 : 14_000 - place * 2000)), margin: .mebibytes(300),
                verdict: isBig || place == 0 ? .split : .fits, maxContext: 8192)
            }, of: repo.id)
        case 6: try catalog.setState(repo.id, .gated, reason: "its terms have to be accepted", at: moment)
        case 8: try catalog.setState(repo.id, .noWeights, reason: "no weights yet", at: moment)
        default: break
        }
      }
    }
  }
}

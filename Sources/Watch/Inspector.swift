import Catalog
import Domain
import Hub
import ModelFiles

/// Reads GGUF headers by range: the shape of a model, and where the bytes of each quantization lie.
struct Inspector {
  let hub: HubClient
  /// Quantizations whose headers are read; the others are judged by their size and a sibling's layout.
  let headerBudget: Int

  /// What the headers say.
  enum Finding {
    case sized(ModelShape, [WeightsRecord])
    /// None of the wanted architectures.
    case otherArchitecture(String)
  }

  /// Shard sets beyond this are judged by their size.
  static let shardLimit = 12

  /// Looks at what a commit offers.
  ///
  /// - Parameter architectures: the wanted ones; nil for any.
  /// - Throws: `HubError`; `ModelFileError` when no header at all can be read.
  func inspect(
    _ id: RepoID, _ commit: CommitHash, _ offers: [Offer], architectures: Set<String>?
  ) async throws -> Finding {
    let order = offers.sorted {
      (Ladder.readingRank($0.quantization), $0.path) < (Ladder.readingRank($1.quantization), $1.path)
    }
    var known: (shape: ModelShape, layout: WeightLayout)?
    var records: [WeightsRecord] = []
    var firstError: ModelFileError?
    var budget = headerBudget
    for offer in order {
      let layout: WeightLayout
      var evidence = FitEvidence.tree
      if budget > 0, offer.files.count <= Self.shardLimit {
        budget -= 1
        do {
          let headers = try await headers(id, commit, offer)
          let shape = try ModelShape(gguf: headers[0], otherParts: Array(headers.dropFirst()))
          if let architectures, !architectures.contains(shape.architecture) {
            return .otherArchitecture(shape.architecture)
          }
          layout = WeightLayout(
            tensors: headers.flatMap(\.tensors).map { (name: $0.name, bytes: $0.byteCount) }, layers: shape.layers)
          evidence = .header
          if known == nil { known = (shape, layout) }
        } catch let error as ModelFileError {
          // One damaged file does not speak for its siblings.
          if firstError == nil { firstError = error }
          continue
        }
      } else if let known {
        layout = WeightLayout(total: offer.bytes, like: known.layout)
      } else {
        continue
      }
      records.append(
        WeightsRecord(
          repo: id, path: offer.path, commit: commit, quantization: offer.quantization, bytes: offer.bytes,
          evidence: evidence, layout: layout, files: offer.files))
    }
    guard let known else {
      throw firstError ?? ModelFileError(.unreadable, file: "\(id)", "it has more shards than are looked at")
    }
    return .sized(known.shape, records)
  }

  private func headers(_ id: RepoID, _ commit: CommitHash, _ offer: Offer) async throws -> [GGUFHeader] {
    var headers: [GGUFHeader] = []
    for file in offer.files {
      let reader = HubRangeReader(client: hub, id: id, commit: commit, file: file)
      headers.append(try await GGUFHeader.read(from: reader, name: "\(id)/\(file.path)"))
    }
    return headers
  }
}

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
    case sized(ModelShape, [WeightsRecord], GGUFFacts, WeightBasis?)
    /// A rule keeps it out.
    case leftOut(Ruling, ModelShape)
  }

  /// Shard sets beyond this are judged by their size.
  static let shardLimit = 12

  /// Looks at what a commit offers.
  ///
  /// - Parameter objection: what the rules say against a shape; asked once, of the first header.
  /// - Throws: `HubError`; `ModelFileError` when no header at all can be read.
  func inspect(
    _ id: RepoID, _ commit: CommitHash, _ offers: [Offer], objection: (ModelShape) -> Ruling? = { _ in nil }
  ) async throws -> Finding {
    // What has no name in its file name is read first: only the header can tell.
    let order = offers.sorted {
      let ranks = ($0.quantization.map(Ladder.readingRank) ?? -1, $1.quantization.map(Ladder.readingRank) ?? -1)
      return (ranks.0, $0.path) < (ranks.1, $1.path)
    }
    var known: (shape: ModelShape, layout: WeightLayout, facts: GGUFFacts, basis: WeightBasis?)?
    var records: [WeightsRecord] = []
    var firstError: ModelFileError?
    var budget = headerBudget
    for offer in order {
      let layout: WeightLayout
      let quantization: Quantization
      var evidence = FitEvidence.tree
      if budget > 0, offer.files.count <= Self.shardLimit {
        budget -= 1
        do {
          let headers = try await headers(id, commit, offer)
          let shape = try ModelShape(gguf: headers[0], otherParts: Array(headers.dropFirst()))
          if known == nil, let ruling = objection(shape) { return .leftOut(ruling, shape) }
          // A repository may hold several models; a catalog row speaks of one.
          if let known, !known.shape.isSameModel(as: shape) { continue }
          guard let name = offer.quantization ?? GGUFHeader.commonType(of: headers).flatMap({ Quantization($0.name) })
          else { continue }
          quantization = name
          layout = WeightLayout(
            tensors: headers.flatMap(\.tensors).map { (name: $0.name, bytes: $0.byteCount) }, layers: shape.layers)
          evidence = .header
          if known == nil { known = (shape, layout, GGUFFacts(headers[0]), Self.basis(headers, shape)) }
        } catch let error as ModelFileError {
          // One damaged file does not speak for its siblings.
          if firstError == nil { firstError = error }
          continue
        }
      } else if let known, let name = offer.quantization, Self.isPlausible(offer.bytes, name, known.shape) {
        quantization = name
        layout = WeightLayout(total: offer.bytes, like: known.layout)
      } else {
        continue
      }
      records.append(
        WeightsRecord(
          repo: id, path: offer.path, commit: commit, quantization: quantization, bytes: offer.bytes,
          evidence: evidence, layout: layout, files: offer.files))
    }
    guard let known else {
      throw firstError ?? ModelFileError(.unreadable, file: "\(id)", "it has more shards than are looked at")
    }
    return .sized(known.shape, records, known.facts, known.basis)
  }

  /// The tensors of a file tell what other quantizations of the model would weigh.
  private static func basis(_ headers: [GGUFHeader], _ shape: ModelShape) -> WeightBasis? {
    TensorInventory(gguf: headers, layers: shape.layers).map {
      WeightBasis(inventory: $0, evidence: .header, isVerified: Architecture.named(shape.architecture) != nil)
    }
  }

  /// Whether a file of this size can be this quantization of that model at all: small models have large embeddings,
  /// and recipes differ, but not by half.
  private static func isPlausible(_ bytes: Int64, _ quantization: Quantization, _ shape: ModelShape) -> Bool {
    let bits = Double(bytes) * 8 / Double(max(1, shape.parameters))
    return (0.6...2).contains(bits / quantization.bitsPerWeight)
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

extension ModelShape {
  /// Whether two files are quantizations of one model, as far as shapes tell.
  func isSameModel(as other: ModelShape) -> Bool {
    architecture == other.architecture && layers == other.layers && embedding == other.embedding
      && feedForward == other.feedForward && heads == other.heads && vocabulary == other.vocabulary
  }
}

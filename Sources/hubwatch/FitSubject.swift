import Catalog
import Domain
import Fit
import Foundation
import ModelFiles

/// A model whose need is asked for: its shape, and what it offers.
struct FitSubject {
  /// One quantization.
  struct Offer {
    let quantization: String
    let file: String?
    let evidence: FitEvidence
    let fileBytes: Int64
    let layout: WeightLayout
  }

  let id: String
  let shape: ModelShape
  let offers: [Offer]

  /// What the catalog knows; nil when no header of the repository was read.
  init?(catalog: Catalog, repo: RepoRecord) throws {
    guard let shape = repo.shape, repo.state == .sized else { return nil }
    id = repo.id.description
    self.shape = shape
    offers = try catalog.weights(of: repo.id).map { record in
      Offer(
        quantization: record.quantization.description, file: record.path.description, evidence: record.evidence,
        fileBytes: record.bytes, layout: record.layout)
    }
  }

  /// A GGUF file on this disk.
  init(file path: String) throws {
    let files = try Self.parts(of: path)
    let headers = files.map(\.header)
    let shape = try ModelShape(gguf: headers[0], otherParts: Array(headers.dropFirst()))
    let name = URL(fileURLWithPath: path).lastPathComponent
    id = path
    self.shape = shape
    offers = [
      Offer(
        quantization: Quantization(fileName: name)?.description ?? GGUFHeader.commonType(of: headers)?.name ?? "?",
        file: name,
        evidence: .header, fileBytes: files.reduce(0) { $0 + $1.size },
        layout: WeightLayout(
          tensors: headers.flatMap(\.tensors).map { (name: $0.name, bytes: $0.byteCount) }, layers: shape.layers))
    ]
  }

  /// The file, and for the first of a split model the parts beside it.
  private static func parts(of path: String) throws(ModelFileError) -> [GGUFFile] {
    let first = try GGUFFile(path: path)
    guard let count = first.header["split.count"]?.int, count > 1 else { return [first] }
    let suffix = "-00001-of-\(padded(count)).gguf"
    guard count <= 99_999, path.hasSuffix(suffix) else {
      throw ModelFileError(
        .badMetadata, file: path, "is one of \(count) parts; name the first, which ends in \(suffix)")
    }
    var files = [first]
    for number in 2...count {
      files.append(try GGUFFile(path: "\(path.dropLast(suffix.count))-\(padded(number))-of-\(padded(count)).gguf"))
    }
    return files
  }

  private static func padded(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 5 - digits.count)) + digits
  }

  /// Whether the arithmetic of this architecture has been checked against an engine's own accounting.
  var isVerified: Bool { ["llama", "mistral", "qwen2", "qwen3"].contains(shape.architecture) }
}

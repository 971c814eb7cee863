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
    let file = try GGUFFile(path: path)
    let shape = try ModelShape(gguf: file.header)
    let name = URL(fileURLWithPath: path).lastPathComponent
    id = path
    self.shape = shape
    offers = [
      Offer(
        quantization: Quantization(fileName: name)?.description ?? Self.commonType(file.header), file: name,
        evidence: .header, fileBytes: file.size,
        layout: WeightLayout(
          tensors: file.header.tensors.map { (name: $0.name, bytes: $0.byteCount) }, layers: shape.layers))
    ]
  }

  /// The type that most of the weights have.
  private static func commonType(_ header: GGUFHeader) -> String {
    var elements: [TensorType: Int64] = [:]
    for tensor in header.tensors { elements[tensor.type, default: 0] += tensor.elements }
    return elements.max { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }?.key.name ?? "?"
  }

  /// Whether the arithmetic of this architecture has been checked against an engine's own accounting.
  var isVerified: Bool { ["llama", "mistral", "qwen2", "qwen3"].contains(shape.architecture) }
}

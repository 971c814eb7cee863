import ArgumentParser
import Console
import Domain
import Foundation
import ModelFiles

/// Shows what a model's files hold.
struct CoreInspect: Verb {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract:
      "Header, tensors and mixture of formats of a GGUF file or a folder of safetensors; 65 with the reason for a broken one."
  )

  @OptionGroup var common: CommonOptions
  @Flag(help: "One JSON document.") var json = false
  @Argument(help: "A GGUF file, a folder with config.json and safetensors, or one of these.") var file: String

  /// Longer texts are cut in the output: a chat template fills screens.
  static let textLimit = 200

  private struct Document: Encodable {
    struct Tensor: Encodable {
      let name: String
      let type: String
      let dimensions: [Int64]
      let offset: Int64
      let bytes: Int64
    }
    struct Share: Encodable {
      let type: String
      let tensors: Int
      let elements: Int64
      let bytes: Int64
      let share: Double
      let bitsPerWeight: Double
    }
    let schema = "hubwatch.core-inspect/1"
    let format: String
    let version: UInt32?
    let fileBytes: Int64
    let alignment: Int?
    let parameters: Int64
    let bitsPerWeight: Double
    let metadata: [String: String]
    let types: [Share]
    let tensors: [Tensor]
  }

  /// What is shown, of whatever kind of file.
  private struct Contents {
    let format: String
    var version: UInt32?
    var alignment: Int?
    let fileBytes: Int64
    let shape: ModelShape?
    let metadata: [(key: String, value: String)]
    let mixture: WeightMixture
    let tensors: [Document.Tensor]
  }

  func work() async throws -> Domain.ExitCode {
    guard FileManager.default.fileExists(atPath: file) else { throw InputError.unreadable(file) }
    let contents =
      SafetensorsFolder.isMeant(by: file)
      ? try Self.contents(SafetensorsFolder(path: file)) : Self.contents(try GGUFFile(path: file))
    if json {
      try common.print(JSONOutput.document(document(contents)))
    } else {
      try show(contents)
    }
    return .done
  }

  private static func contents(_ gguf: GGUFFile) -> Contents {
    let header = gguf.header
    return Contents(
      format: "GGUF version \(header.version)", version: header.version, alignment: header.alignment,
      fileBytes: gguf.size, shape: try? ModelShape(gguf: header),
      metadata: header.metadata.map { ($0.key, words($0.value)) }, mixture: WeightMixture(of: [header]),
      tensors: header.tensors.map {
        .init(name: $0.name, type: $0.type.name, dimensions: $0.dimensions, offset: $0.offset, bytes: $0.byteCount)
      })
  }

  private static func contents(_ folder: SafetensorsFolder) throws -> Contents {
    let files = folder.files.count
    // What cannot be read as a known family is still a sound folder.
    let metadata = (try? folder.configuration.ggufMetadata()) ?? []
    return Contents(
      format: files == 1 ? "safetensors" : "safetensors in \(files) files",
      fileBytes: folder.files.reduce(0) { $0 + $1.header.fileSize }, shape: try? folder.configuration.shape(),
      metadata: packing(folder) + metadata.map { ($0.key, words($0.value)) }, mixture: WeightMixture(of: folder),
      tensors: folder.tensors.map {
        // Row length first, as in GGUF.
        .init(
          name: $0.name, type: $0.type.rawValue, dimensions: $0.shape.reversed(), offset: $0.range.lowerBound,
          bytes: Int64($0.range.count))
      })
  }

  /// How weights are packed, in the words of the quantizers.
  private static func packing(_ folder: SafetensorsFolder) -> [(key: String, value: String)] {
    func group(_ size: Int?) -> String { size.map { "groups of \($0)" } ?? "whole rows" }
    return switch folder.packing {
    case .floats: []
    case .gptq(let bits, let size, let isOffset):
      [("quantization", "GPTQ \(isOffset ? "v1" : "v2"), \(bits) bits, \(group(size))")]
    case .awq(let size): [("quantization", "AWQ (GEMM), 4 bits, \(group(size))")]
    case .compressedTensors(let bits):
      [("quantization", "compressed-tensors, \(bits.map(String.init).joined(separator: " and ")) bits")]
    case .other(let words): [("quantization", "unsupported: \(words)")]
    }
  }

  private func document(_ contents: Contents) -> Document {
    Document(
      format: contents.version == nil ? "safetensors" : "gguf", version: contents.version,
      fileBytes: contents.fileBytes, alignment: contents.alignment, parameters: contents.mixture.elements,
      bitsPerWeight: contents.mixture.bitsPerWeight,
      metadata: Dictionary(contents.metadata.map { ($0.key, $0.value) }) { first, _ in first },
      types: contents.mixture.parts.map {
        .init(
          type: $0.format, tensors: $0.tensors, elements: $0.elements, bytes: $0.bytes,
          share: contents.mixture.share(of: $0), bitsPerWeight: $0.bitsPerWeight)
      }, tensors: contents.tensors)
  }

  private func show(_ contents: Contents) throws {
    let terminal = common.terminal
    let mixture = contents.mixture
    let size = ByteCount(contents.fileBytes).asDisk
    let bits = ByteCount.decimal(mixture.bitsPerWeight, places: 2)
    try common.print(
      terminal.style.paint(
        "\(contents.format), \(size), \(contents.tensors.count) tensors, "
          + "\(Self.short(mixture.elements)) weights at \(bits) bits", .heading))
    if let shape = contents.shape { try common.print(Self.words(shape)) }
    try common.print("")
    var table = Table([
      .init("TYPE"), .init("TENSORS", isRightAligned: true), .init("WEIGHTS", isRightAligned: true),
      .init("SIZE", isRightAligned: true), .init("SHARE", isRightAligned: true), .init("BITS", isRightAligned: true),
    ])
    for part in mixture.parts {
      table.add([
        "\(part.format)", "\(part.tensors)", "\(Self.short(part.elements))", "\(ByteCount(part.bytes).asDisk)",
        "\(ByteCount.decimal(100 * mixture.share(of: part), places: 1)) %",
        "\(ByteCount.decimal(part.bitsPerWeight, places: 2))",
      ])
    }
    for line in table.lines(width: terminal.width, style: terminal.style) { try common.print(line) }
    try common.print("")
    for (key, value) in contents.metadata {
      try common.print("\(ForeignText.safe(key)) = \(ForeignText.safe(value))")
    }
    try common.print("")
    var tensors = Table([.init("TENSOR", mayShrink: true), .init("TYPE"), .init("DIMENSIONS")])
    for tensor in contents.tensors {
      tensors.add([
        Table.Cell(ForeignText.safe(tensor.name)), Table.Cell(tensor.type),
        Table.Cell(tensor.dimensions.map(String.init).joined(separator: " × ")),
      ])
    }
    for line in tensors.lines(width: terminal.width, style: terminal.style) { try common.print(line) }
  }

  /// The dimensions in a line.
  private static func words(_ shape: ModelShape) -> String {
    var parts = ["\(shape.layers) layers of \(shape.embedding)"]
    let kvHeads = Set(shape.kvHeads)
    let keys = kvHeads.count == 1 ? " (\(kvHeads.first ?? 0) for keys)" : ""
    parts.append("\(shape.heads) heads of \(shape.keyLength)\(keys)")
    parts.append("feed-forward \(shape.feedForward)")
    if shape.experts > 0 { parts.append("\(shape.expertsUsed) of \(shape.experts) experts") }
    parts.append("\(shape.vocabulary) tokens")
    parts.append("context \(shape.contextLength)")
    return "\(shape.architecture): " + parts.joined(separator: ", ")
  }

  /// A count as the field writes it: `134.5M`, `8.03B`.
  private static func short(_ count: Int64) -> String {
    let number = Double(count)
    switch count {
    case ..<10_000: return "\(count)"
    case ..<1_000_000: return "\(ByteCount.decimal(number / 1e3, places: 1))K"
    case ..<1_000_000_000: return "\(ByteCount.decimal(number / 1e6, places: 1))M"
    default: return "\(ByteCount.decimal(number / 1e9, places: 2))B"
    }
  }

  private static func words(_ value: GGUFValue) -> String {
    switch value {
    case .string(let text): text.count > textLimit ? "\(text.prefix(textLimit))…" : text
    case .array(let array): "\(array.count) × \(array.elementType)"
    case .bool(let flag): "\(flag)"
    case .float32(let number): "\(number)"
    case .float64(let number): "\(number)"
    default: value.int.map(String.init) ?? "?"
    }
  }
}

import ArgumentParser
import Console
import Domain
import Foundation
import ModelFiles

/// Shows what a GGUF file holds.
struct CoreInspect: Verb {
  static let configuration = CommandConfiguration(
    commandName: "inspect", abstract: "Header, tensors and types of a GGUF file; 65 with the reason for a broken one.")

  @OptionGroup var common: CommonOptions
  @Flag(help: "One JSON document.") var json = false
  @Argument(help: "A GGUF file.") var file: String

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
    struct TypeShare: Encodable {
      let type: String
      let tensors: Int
      let bytes: Int64
    }
    let schema = "hubwatch.core-inspect/1"
    let version: UInt32
    let fileBytes: Int64
    let alignment: Int
    let metadata: [String: String]
    let types: [TypeShare]
    let tensors: [Tensor]
  }

  func work() async throws -> Domain.ExitCode {
    guard FileManager.default.fileExists(atPath: file) else { throw InputError.unreadable(file) }
    let gguf = try GGUFFile(path: file)
    let header = gguf.header
    let metadata = header.metadata.map { (key: $0.key, value: Self.words($0.value)) }
    let types = Dictionary(grouping: header.tensors, by: \.type).map { type, tensors in
      Document.TypeShare(
        type: type.name, tensors: tensors.count, bytes: tensors.reduce(0) { $0 + $1.byteCount })
    }.sorted { ($0.bytes, $0.type) > ($1.bytes, $1.type) }
    if json {
      let document = Document(
        version: header.version, fileBytes: gguf.size, alignment: header.alignment,
        metadata: Dictionary(metadata.map { ($0.key, $0.value) }) { first, _ in first }, types: types,
        tensors: header.tensors.map {
          .init(name: $0.name, type: $0.type.name, dimensions: $0.dimensions, offset: $0.offset, bytes: $0.byteCount)
        })
      common.print(try JSONOutput.document(document))
      return .done
    }
    let terminal = common.terminal
    let size = ByteCount(gguf.size).asDisk
    common.print(
      terminal.style.paint("GGUF version \(header.version), \(size), \(header.tensors.count) tensors", .heading))
    for (key, value) in metadata { common.print("\(ForeignText.safe(key)) = \(ForeignText.safe(value))") }
    var table = Table([
      .init("TYPE"), .init("TENSORS", isRightAligned: true), .init("BYTES", isRightAligned: true),
    ])
    for share in types { table.add(["\(share.type)", "\(share.tensors)", "\(share.bytes)"]) }
    for line in table.lines(width: terminal.width, style: terminal.style) { common.print(line) }
    var tensors = Table([.init("TENSOR", mayShrink: true), .init("TYPE"), .init("DIMENSIONS")])
    for tensor in header.tensors {
      tensors.add([
        Table.Cell(ForeignText.safe(tensor.name)), Table.Cell(tensor.type.name),
        Table.Cell(tensor.dimensions.map(String.init).joined(separator: " × ")),
      ])
    }
    for line in tensors.lines(width: terminal.width, style: terminal.style) { common.print(line) }
    return .done
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

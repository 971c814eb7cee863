import Domain
import Foundation
import Synchronization
import TestSupport
import Testing

@testable import ModelFiles

@Suite("GGUF headers")
struct GGUFHeaderTests {
  @Test func whatIsWrittenIsRead() throws {
    var writer = try TinyModel.writer()
    writer.set("a.u8", .uint8(250))
    writer.set("a.i64", .int64(-5))
    writer.set("a.f64", .float64(0.5))
    writer.set("a.bool", .bool(true))
    writer.set("a.text", .string("Grüße\n"))
    writer.set("a.ints", .array(GGUFArray(int32s: [1, -2, .max])))
    try writer.add("floats", dimensions: [3, 2], floats: [1, 2, 3, 4, 5, 6])
    let bytes = writer.bytes()
    let header = try #require(try TinyModel.header(bytes))

    #expect(header.version == 3 && header.alignment == 32)
    #expect(try header.int("a.u8") == 250)
    #expect(try header.int("a.i64") == -5)
    #expect(try header.float("a.f64") == 0.5)
    #expect(try header.bool("a.bool"))
    #expect(try header.string("a.text") == "Grüße\n")
    #expect(try header.array("a.ints").ints() == [1, -2, 2_147_483_647])
    #expect(try header.array("tokenizer.ggml.tokens").strings()?.last == "token15")
    #expect(try header.array("tokenizer.ggml.scores").floats()?.last == 15)
    #expect(header.metadata.first?.key == "general.architecture")
    let tensor = try #require(header.tensor("floats"))
    #expect(tensor.dimensions == [3, 2] && tensor.rows == 2 && tensor.byteCount == 24)
    #expect(tensor.offset % 32 == 0 && tensor.offset >= header.dataStart)
    #expect(bytes[Int(tensor.offset)..<Int(tensor.offset) + 4] == [0, 0, 0x80, 0x3F])
  }

  @Test func accessorsSayWhatIsMissingOrWrong() throws {
    let header = try #require(try TinyModel.header(try TinyModel.writer().bytes()))
    #expect { try header.int("llama.nothing") } throws: { "\($0)".contains("'llama.nothing' is missing") }
    #expect { try header.int("general.architecture") } throws: { "\($0)".contains("must be an integer") }
    #expect(throws: ModelFileError.self) { try header.float("llama.block_count") }
    #expect(try header.ifPresent("llama.nothing", header.string) == nil)
    #expect(throws: ModelFileError.self) { try header.ifPresent("llama.block_count", header.string) }
    #expect(try header.array("tokenizer.ggml.tokens").ints() == nil)
    #expect(try header.array("tokenizer.ggml.scores").strings() == nil)
  }

  @Test func everyTruncationIsNoticed() throws {
    let bytes = try TinyModel.writer().bytes()
    let header = try #require(try TinyModel.header(bytes))
    for length in 0..<Int(header.dataStart) {
      // The file itself is cut short: refused, or, inside the padding, beyond its end.
      #expect(throws: ModelFileError.self, "cut at \(length)") {
        let part = Array(bytes[..<length])
        if case .incomplete = try GGUFHeader.parse(part, fileSize: Int64(length), name: "cut") {
          throw ModelFileError(.truncated, file: "cut", "asks for more than there is")
        }
      }
    }
  }

  @Test func aPartialHeaderAsksForWhatItNeeds() throws {
    let bytes = try TinyModel.writer().bytes()
    let size = Int64(bytes.count)
    var length = 0
    var rounds = 0
    while true {
      switch try GGUFHeader.parse(Array(bytes[..<length]), fileSize: size, name: "part") {
      case .complete(let header):
        #expect(header.tensors.count == 12)
        #expect(rounds > 50)
        return
      case .incomplete(let needed):
        try #require(needed > Int64(length) && needed <= size)
        length = Int(needed)
        rounds += 1
      }
    }
  }

  @Test func bigEndianAndOldFilesHaveTheirReason() throws {
    var bytes = try TinyModel.writer().bytes()
    bytes[4...7] = [0, 0, 0, 3]
    #expect { try TinyModel.header(bytes) } throws: { "\($0)".contains("big-endian") }
    #expect { try TinyModel.header(Array("tjgg".utf8) + bytes) } throws: { "\($0)".contains("before GGUF") }
    #expect { try TinyModel.header(Array("<html>".utf8)) } throws: {
      ($0 as? ModelFileError)?.kind == .notThisFormat
    }
  }

  @Test func foreignTextInMessagesIsEscaped() {
    let error = ModelFileError(.malformed, file: "a\u{1B}[31m\nb", ModelFileError.quoted("x\u{202E}y\u{0}"))
    #expect(error.problem == "a\\u{1b}[31m\\u{a}b: 'x\\u{202e}y\\u{0}'")
    #expect(error.exitCode == .badInput)
  }

  @Test func mutantsNeverCrash() throws {
    let original = try TinyModel.writer().bytes()
    let dataStart = Int(try #require(try TinyModel.header(original)).dataStart)
    var random = Noise.Generator(seed: 2026)
    var opened = 0
    for _ in 0..<20_000 {
      var bytes = original
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let position = Int.random(in: 0..<dataStart, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: bytes[position] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[position] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2:
          let filler: UInt8 = Bool.random(using: &random) ? 0xFF : 0
          for offset in position..<min(position + 8, dataStart) { bytes[offset] = filler }
        default:
          bytes.removeSubrange(position..<min(position + Int.random(in: 1...16, using: &random), dataStart))
        }
      }
      if let header = try? TinyModel.header(bytes), (try? ModelShape(gguf: header)) != nil {
        opened += 1
        for tensor in header.tensors { #expect(tensor.offset + tensor.byteCount <= Int64(bytes.count)) }
        for entry in header.metadata {
          if case .array(let array) = entry.value { _ = (array.strings(), array.ints(), array.floats()) }
        }
      }
    }
    // Some mutations are harmless (a token's text), most are not: otherwise this test tries nothing.
    #expect((100..<15_000).contains(opened), "\(opened)")
  }
}

@Suite("GGUF files")
struct GGUFFileTests {
  /// Counts what is asked of it, over bytes whose tail is imagined.
  private final class CountingReader: RangeReader {
    let size: Int64
    private let start: [UInt8]
    let reads = Mutex<[Range<Int64>]>([])

    init(_ start: [UInt8], size: Int64) {
      self.start = start
      self.size = size
    }

    func read(_ range: Range<Int64>) async throws -> [UInt8] {
      reads.withLock { $0.append(range) }
      return range.map { $0 < start.count ? start[Int($0)] : 0 }
    }
  }

  @Test func aLongHeaderIsFetchedInStepsAndOnlyOnce() async throws {
    var writer = GGUFWriter()
    let text = String(repeating: "x", count: 100_000)
    writer.set("long", .array(GGUFArray(strings: [String](repeating: text, count: 95))))
    try writer.add("big", type: .f32, dimensions: [1 << 20, 1 << 10], data: nil)
    let header = writer.header()
    let reader = CountingReader(header, size: Int64(header.count) + (4 << 30))

    let read = try await GGUFHeader.read(from: reader, name: "far.gguf")
    #expect(read.tensors.first?.byteCount == 4 << 30)
    let reads = reader.reads.withLock { $0 }
    let bounds: [Int64] = [0, 1 << 20, 8 << 20, 16 << 20]
    #expect(reads.map(\.lowerBound) == Array(bounds.dropLast()))
    #expect(reads.map(\.upperBound) == Array(bounds.dropFirst()))
  }

  @Test func aHeaderWithoutEndIsGivenUp() async throws {
    var bytes = Array("GGUF".utf8)
    bytes.appendLittleEndian(UInt32(3))
    bytes.appendLittleEndian(UInt64(0))
    bytes.appendLittleEndian(UInt64(1))
    bytes.appendLittleEndian(UInt64(1))
    bytes += Array("k".utf8)
    bytes.appendLittleEndian(GGUFValueType.array.rawValue)
    bytes.appendLittleEndian(GGUFValueType.uint8.rawValue)
    bytes.appendLittleEndian(UInt64(200 << 20))
    let reader = CountingReader(bytes, size: 1 << 40)
    await #expect(throws: ModelFileError.self) { try await GGUFHeader.read(from: reader, name: "endless") }
    #expect(reader.reads.withLock { $0.count } == 1)
  }

  @Test func aWrittenFileIsMapped() async throws {
    let folder = try TemporaryFolder()
    var writer = try TinyModel.writer()
    try writer.add("floats", dimensions: [2], floats: [1.5, -2])
    try writer.write(to: "\(folder.path)/model.gguf")
    let file = try GGUFFile(path: "\(folder.path)/model.gguf")
    let tensor = try #require(file.header.tensor("floats"))
    #expect(Array(file.data(of: tensor).bindMemory(to: Float.self)) == [1.5, -2])
    #expect(file.size == Int64(writer.bytes().count))

    let reader = try FileRangeReader(path: "\(folder.path)/model.gguf")
    #expect(try await reader.read(tensor.offset..<tensor.offset + 8) == Array(file.data(of: tensor)))
    #expect(try await GGUFHeader.read(from: reader, name: "model.gguf").tensors == file.header.tensors)
    await #expect(throws: ModelFileError.self) { try await reader.read(0..<file.size + 1) }
  }

  @Test func aDeclaredTerabyteTakesNoSpace() throws {
    let folder = try TemporaryFolder()
    var writer = GGUFWriter()
    try writer.add("huge", type: .q4_0, dimensions: [1 << 16, 1 << 20], data: nil)
    try writer.write(to: "\(folder.path)/sparse.gguf")
    let file = try GGUFFile(path: "\(folder.path)/sparse.gguf")
    #expect(file.header.tensors[0].byteCount == 38_654_705_664)
    let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/sparse.gguf")
    #expect(attributes[.size] as? Int == Int(file.size))
  }

  @Test func whatIsNoUsableFileIsRefused() throws {
    let folder = try TemporaryFolder()
    try Data().write(to: URL(filePath: "\(folder.path)/empty"))
    let bytes = try TinyModel.writer().bytes()
    try Data(bytes.dropLast(40)).write(to: URL(filePath: "\(folder.path)/cut"))
    func kind(_ path: String) -> ModelFileError.Kind? {
      do {
        _ = try GGUFFile(path: path)
        return nil
      } catch { return error.kind }
    }
    #expect(kind("\(folder.path)/empty") == .truncated)
    #expect(kind("\(folder.path)/cut") == .truncated)
    #expect(kind("\(folder.path)/absent") == .unreadable)
    #expect(kind(folder.path) == .unreadable)
  }

  @Test func theWriterRefusesDataThatDoesNotFit() {
    var writer = GGUFWriter()
    #expect(throws: ModelFileError.self) { try writer.add("a", type: .q4_0, dimensions: [33], data: nil) }
    #expect(throws: ModelFileError.self) { try writer.add("a", type: .f32, dimensions: [2], data: [1]) }
    #expect(throws: ModelFileError.self) { try writer.add("a", type: .f32, dimensions: [], data: nil) }
    #expect(throws: ModelFileError.self) {
      try writer.add("a", type: .f32, dimensions: [.max, 3], data: nil)
    }
  }
}

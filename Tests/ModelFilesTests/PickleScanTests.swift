import Domain
import Foundation
import Testing

@testable import ModelFiles

@Suite("Pickles are scanned, never loaded")
struct PickleScanTests {
  /// Bytes in memory as a file.
  private struct Memory: RangeReader {
    let bytes: [UInt8]
    var size: Int64 { Int64(bytes.count) }
    func read(_ range: Range<Int64>) async throws -> [UInt8] {
      Array(bytes[Int(range.lowerBound)..<Int(range.upperBound)])
    }
  }

  private static func short(_ text: String) -> [UInt8] { [0x8C, UInt8(text.utf8.count)] + Array(text.utf8) + [0x94] }

  @Test(
    arguments: [
      (Array("cos\nsystem\n(S'true'\ntR.".utf8), "os.system"),
      (Array("(S'true'\nios\nsystem\n.".utf8), "os.system"),
      ([0x80, 4] + short("posix") + short("system") + [0x93, UInt8(ascii: ".")], "posix.system"),
      // Harmless names that are taken from the stack again before the import.
      (
        [0x80, 4] + short("os") + short("system") + short("collections") + short("OrderedDict") + Array("00".utf8)
          + [0x93, UInt8(ascii: ".")], "?.?"
      ),
      // A name that was remembered under a number.
      (
        [0x80, 4] + short("os") + short("system") + Array("0".utf8) + Array("h".utf8) + [0] + Array("h".utf8) + [
          1, 0x93,
        ]
          + Array(".".utf8), "os.system"
      ),
    ] as [([UInt8], String)])
  func whatWouldBeImported(pickle: [UInt8], name: String) {
    let scan = PickleScan(pickle: pickle)
    #expect(scan.suspicious == [name] && !scan.isHarmless)
  }

  @Test func tensorsAreHarmless() {
    let pickle =
      Array(
        "ccollections\nOrderedDict\n)Rctorch._utils\n_rebuild_tensor_v2\nctorch\nFloatStorage\nctorch\nbfloat16\n.".utf8
      )
    let scan = PickleScan(pickle: pickle)
    #expect(scan.isHarmless && scan.imports.count == 4)
  }

  @Test(arguments: [[], [0x80], [0xFF], Array("c".utf8), [0x8E, 255, 255, 255, 255, 255, 255, 255, 255]] as [[UInt8]])
  func whatDoesNotReadIsNotHarmless(bytes: [UInt8]) async throws {
    #expect(!PickleScan(pickle: bytes).isHarmless)
    #expect(try await !PickleScan(Memory(bytes: bytes)).isHarmless)
  }

  /// What Python itself writes, as an archive such as `torch.save` makes.
  @Test func anArchive() async throws {
    for isCompressed in [false, true] {
      let script = """
        import io, pickle, sys, zipfile, os
        class Evil:
          def __reduce__(self): return (os.system, ("true",))
        out = io.BytesIO()
        kind = zipfile.ZIP_DEFLATED if \(isCompressed ? "True" : "False") else zipfile.ZIP_STORED
        with zipfile.ZipFile(out, "w", kind) as archive:
          archive.writestr("archive/data.pkl", pickle.dumps({"weight": Evil()}))
          archive.writestr("archive/data/0", b"x" * 100)
        sys.stdout.buffer.write(out.getvalue())
        """
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
      process.arguments = ["-c", script]
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      let bytes = Array(pipe.fileHandleForReading.readDataToEndOfFile())
      process.waitUntilExit()
      let scan = try await PickleScan(Memory(bytes: bytes))
      #expect(!scan.isHarmless)
      #expect(isCompressed ? scan.gap?.contains("compressed") == true : scan.suspicious == ["posix.system"])
      // Whatever is damaged, the scan ends, and calls nothing harmless that it cannot read.
      for index in stride(from: 0, to: bytes.count, by: 3) {
        var broken = bytes
        broken[index] ^= 0x55
        _ = try await PickleScan(Memory(bytes: broken))
        _ = try await PickleScan(Memory(bytes: Array(bytes.prefix(index))))
      }
    }
  }
}

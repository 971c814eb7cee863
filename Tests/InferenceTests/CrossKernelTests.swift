import Foundation
import TestSupport
import Testing

@testable import Inference

/// The program `kernel-check`, which compares all tables of kernels with plain C: as it was built with these tests, and
/// built for 64-bit ARM and run under an emulator.
@Suite("Kernels of this and of other processors")
struct CrossKernelTests {
  @Test(.enabled(if: Program.built("kernel-check") != nil, "needs the program kernel-check"))
  func allSetsHereAgreeWithPlainC() async throws {
    let program = try #require(Program.built("kernel-check"))
    let expectations = KernelSet.allCases.flatMap { [Kernels.named($0) == nil ? "--lacks" : "--has", $0.rawValue] }
    let outcome = try await program.run(expectations, environment: [:])
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.error)")
    for set in KernelSet.allCases where Kernels.named(set) != nil {
      #expect(outcome.output.contains("\(set) attention: "), "\(outcome.output)")
    }
  }

  /// Processors with and without products of bytes. The emulator says nothing about speed.
  @Test(.enabled(if: CrossCompiler.arm64 != nil, CrossCompiler.reason))
  func armAgreesWithPlainC() async throws {
    let compiler = try #require(CrossCompiler.arm64)
    let folder = try TemporaryFolder()
    let program = "\(folder.path)/kernel-check"
    let built = try await compiler.build(program)
    try #require(built.status == 0 && built.error.isEmpty, "\(built.error)")
    for (processor, hasNEON) in [("max", true), ("cortex-a76", true), ("cortex-a53", false)] {
      let outcome = try await compiler.run(program, on: processor, [hasNEON ? "--has" : "--lacks", "neon"])
      #expect(outcome.status == 0, "\(processor): \(outcome.output)\(outcome.error)")
      for set in ["portable"] + (hasNEON ? ["neon"] : []) {
        for part in ["activations", "panels", "rows", "decoding", "vectors", "attention", "elementwise"] {
          #expect(outcome.output.contains("\(set) \(part): "), "\(processor): \(outcome.output)")
        }
      }
      #expect(outcome.output.contains("neon: not on this processor") != hasNEON)
    }
  }
}

/// Swift's own clang and linker with the C library of another processor, and an emulator for what they build.
private struct CrossCompiler: Sendable {
  let clang, emulator: String
  /// The folder with the C library.
  let root = "/usr/aarch64-linux-gnu"

  static let reason: Comment =
    "needs Swift's clang and lld, and the packages libc6-dev-arm64-cross and qemu-user"

  static let arm64: CrossCompiler? = {
    func executable(_ name: String) -> String? {
      let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
      return folders.split(separator: ":").map { "\($0)/\(name)" }
        .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
    guard let swift = executable("swift"),
      let emulator = executable("qemu-aarch64") ?? executable("qemu-aarch64-static")
    else { return nil }
    let tools = URL(fileURLWithPath: swift).resolvingSymlinksInPath().deletingLastPathComponent().path
    let compiler = CrossCompiler(clang: "\(tools)/clang", emulator: emulator)
    let needed = [compiler.clang, "\(tools)/ld.lld", "\(compiler.root)/lib/crt1.o", "\(compiler.root)/include/stdio.h"]
    return needed.allSatisfy(FileManager.default.fileExists) ? compiler : nil
  }()

  /// Builds the kernels and their check, with every warning an error.
  func build(_ program: String) async throws -> Program.Outcome {
    let kernels = "\(SharedData.packageRoot)/Sources/CKernels"
    let check = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/KernelCheck"
    let sources = try [kernels, check].flatMap { folder in
      try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".c") }.map {
        "\(folder)/\($0)"
      }
    }
    // The C library's own start and end, since the compiler's runtime for ARM would be 9 MB more, for nothing that
    // this program calls.
    let library = "\(root)/lib"
    return try await Program(path: clang).run(
      [
        "--target=aarch64-linux-gnu", "-O2", "-Wall", "-Wextra", "-Werror", "-isystem", "\(root)/include", "-I",
        "\(kernels)/include", "-I", kernels, "-nostdlib", "-fuse-ld=lld", "\(library)/crt1.o", "\(library)/crti.o",
      ] + sources.sorted() + ["-L", library, "-lc", "-lm", "\(library)/crtn.o", "-o", program],
      environment: ["PATH": "/usr/bin:/bin"])
  }

  func run(_ program: String, on processor: String, _ arguments: [String]) async throws -> Program.Outcome {
    try await Program(path: emulator).run(
      ["-cpu", processor, "-L", root, program] + arguments, environment: ["PATH": "/usr/bin:/bin"])
  }
}

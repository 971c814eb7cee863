import Domain
import Foundation
import TestSupport
import Testing

@testable import ModelFiles

/// A crafted file and what must become of it.
struct BadFile: Decodable, Sendable, CustomTestStringConvertible {
  let file: String
  let expect: String
  let why: String

  var testDescription: String { "\(file): \(why)" }

  static let all: [BadFile] =
    (try? JSONDecoder().decode([BadFile].self, from: Data(try Shared.bytes("bad/INDEX-gguf.json")))) ?? []
}

@Suite("Crafted GGUF files", .enabled(if: Shared.has("bad/gguf"), "needs ../shared/bad/gguf"))
struct BadFilesTests {
  /// Broken in what only a tokenizer reads; refused where the tokenizer is made.
  private static let tokenizerFaults: Set<String> = [
    "gguf/m27-scores-u8.gguf", "gguf/m29-scores-short.gguf", "gguf/m30-types-short.gguf",
    "gguf/m31-tokens-short.gguf", "gguf/m32-tokens-empty.gguf", "gguf/m33-tokens-i32.gguf",
    "gguf/m42-model-unknown.gguf",
  ]
  /// Valid containers that hold no model.
  private static let containersOnly: Set<String> = [
    "gguf/h07-version2.gguf", "gguf/h19-empty-valid.gguf", "gguf/a08-align-64-valid.gguf",
    "gguf/a09-align-8-valid.gguf",
  ]

  @Test func theIndexIsThere() { #expect(BadFile.all.count > 100) }

  @Test(arguments: BadFile.all)
  func verdict(_ bad: BadFile) throws {
    let path = Shared.path("bad/" + bad.file)
    let refusal: ModelFileError?
    do throws(ModelFileError) {
      let header = try GGUFFile(path: path).header
      if !Self.containersOnly.contains(bad.file) { _ = try ModelShape(gguf: header) }
      refusal = nil
    } catch {
      refusal = error
    }
    switch bad.expect {
    case "reject" where !Self.tokenizerFaults.contains(bad.file):
      #expect(refusal?.exitCode == .badInput, "\(bad.why)")
    case "accept": #expect(refusal == nil, "\(bad.why)")
    default: break
    }
  }
}

import Checksums
import Domain
import ModelFiles
import Testing

@testable import hubwatch

@Suite("The demo's generated models")
struct DemoTests {
  /// The announced hash of the big model was computed once; it is right as long as the header is the same.
  @Test func theBigModelIsStillTheOneThatWasHashed() throws {
    let header = try BigModel.writer().header()
    #expect(Checksums.sha256(header) == BigModel.headerSHA256)
  }

  @Test func theGeneratedModelsAreWhatTheyClaim() throws {
    let tiny = try TinyModel.writer(architecture: "llama").bytes()
    guard case .complete(let header) = try GGUFHeader.parse(tiny, fileSize: Int64(tiny.count), name: "tiny") else {
      Issue.record("the header is not complete")
      return
    }
    #expect(try ModelShape(gguf: header).layers == 1)
  }
}

import Domain
import Foundation
import ModelFiles
import TestSupport
import Testing

@testable import Inference

@Suite("Models of random weights")
struct RandomModelTests {
  @Test(arguments: RandomLlama.Mix.allCases)
  func theyRunAndAreWhatTheySay(_ mix: RandomLlama.Mix) throws {
    let folder = try TemporaryFolder()
    let (path, again) = ("\(folder.path)/a.gguf", "\(folder.path)/b.gguf")
    var random = RandomLlama(mix)
    random.layers = 9
    #expect(!random.isThere(path))
    try random.write(to: path)
    #expect(random.isThere(path))
    let model = try LanguageModel(file: path, options: .init(threads: 1, contextLength: 32))
    #expect(model.quantizationName == mix.rawValue)
    let logits = try model.session().prefill([1, 5, 300, 511])
    // Neither silence nor an explosion.
    let mean = logits.reduce(0) { $0 + $1 * $1 } / Float(logits.count)
    #expect((0.01...100).contains(mean))
    try random.write(to: again)
    #expect(try Data(contentsOf: URL(filePath: path)) == Data(contentsOf: URL(filePath: again)))
    random.seed = 2
    #expect(!random.isThere(path))
    try FileHandle(forUpdating: URL(filePath: again)).truncate(atOffset: 4096)
    random.seed = 1
    #expect(!random.isThere(again))
  }

  @Test func theTensorsOfQ4KM() throws {
    let folder = try TemporaryFolder()
    var random = RandomLlama(.q4_K_M)
    random.layers = 16
    try random.write(to: "\(folder.path)/m.gguf")
    let header = try GGUFFile(path: "\(folder.path)/m.gguf").header
    let better = (0..<16).filter { header.tensor("blk.\($0).ffn_down.weight")?.type == .q6_K }
    #expect(better == [0, 1, 4, 7, 10, 13, 14, 15])
    #expect(header.tensor("output.weight")?.type == .q6_K && header.tensor("blk.3.attn_v.weight")?.type == .q4_K)
  }
}

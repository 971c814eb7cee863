import Domain
import Foundation
import HubServer
import ModelFiles

/// The repositories of the practice hub: one sound model with real weights, and five that a watcher has to tell
/// from it.
struct DemoRepos {
  private let root: String
  private let weights: String
  private let now: Date

  /// - Parameters:
  ///   - root: the practice hub's folder.
  ///   - weights: SmolLM2-135M-Instruct Q4_1 as GGUF.
  ///   - now: repositories are made in the hours before it.
  init(root: String, weights: String, now: Date) {
    self.root = root
    self.weights = weights
    self.now = now
  }

  /// Builds all of them.
  ///
  /// - Throws: `ModelFileError` when the weights are no GGUF, or the error of the file system.
  func build() throws {
    try sound()
    try damaged()
    try big()
    try gated()
    try empty()
    try otherArchitecture()
  }

  private func sound() throws {
    let folder = try repo("practice/SmolLM2-135M-Instruct-GGUF", hoursAgo: 2) { sidecar in
      sidecar.downloads = 1200
      sidecar.likes = 41
      sidecar.baseModels = .init(relation: "quantized", models: ["practice/SmolLM2-135M-Instruct"])
    }
    let file = "\(folder)/SmolLM2-135M-Instruct.Q4_1.gguf"
    do {
      try FileManager.default.linkItem(atPath: weights, toPath: file)
    } catch {
      // Another file system: a copy does as well.
      try FileManager.default.copyItem(atPath: weights, toPath: file)
    }
    try card(folder, "SmolLM2 135M Instruct as GGUF.", license: "apache-2.0")
  }

  /// The same model with the scales of one tensor destroyed: perfect in every hash, and useless.
  private func damaged() throws {
    let folder = try repo("practice/SmolLM2-135M-Reupload-GGUF", hoursAgo: 3)
    let path = "\(folder)/SmolLM2-135M-Reupload.Q4_1.gguf"
    try FileManager.default.copyItem(atPath: weights, toPath: path)
    let header = try GGUFFile(path: path).header
    let name = "blk.17.ffn_down.weight"
    guard let tensor = header.tensor(name) else {
      throw ModelFileError(.badTensors, file: weights, "has no tensor \(name), so it is not the demo's model")
    }
    let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
    // The first two bytes of a block are its scale as a half-precision number; 0x7E00 is not a number.
    for block in 0..<64 {
      try handle.seek(toOffset: UInt64(tensor.offset) + UInt64(block * tensor.type.blockBytes))
      try handle.write(contentsOf: Data([0x00, 0x7E]))
    }
    try handle.close()
    try card(folder, "A re-upload that nobody tested.", license: "apache-2.0")
  }

  /// A model too big for a card of 12 GiB. Its weights are a hole in the file, which takes no room on disk.
  private func big() throws {
    let folder = try repo("practice/Llama-13B-GGUF", hoursAgo: 4) { sidecar in
      sidecar.files[BigModel.fileName] = .init(sha256: BigModel.sha256)
    }
    try BigModel.writer().write(to: "\(folder)/\(BigModel.fileName)")
    try card(folder, "Thirteen billion parameters.", license: "llama2")
  }

  private func gated() throws {
    let folder = try repo("practice/Llama-Gated-GGUF", hoursAgo: 5) { $0.gated = .manual }
    try TinyModel.writer(architecture: "llama").write(to: "\(folder)/llama-gated.F32.gguf")
    try card(folder, "Behind a gate.", license: "llama3.1")
  }

  private func empty() throws {
    let folder = try repo("practice/Llama-Coming-Soon", hoursAgo: 1) { $0.tags = ["llama"] }
    try card(folder, "Weights will follow.", license: "mit")
  }

  private func otherArchitecture() throws {
    let folder = try repo("practice/Qwen-Tiny-GGUF", hoursAgo: 6)
    try TinyModel.writer(architecture: "qwen2").write(to: "\(folder)/qwen-tiny.F32.gguf")
    try card(folder, "Another family.", license: "apache-2.0")
  }

  private func repo(
    _ name: String, hoursAgo: Double, _ change: (inout RepoSidecar) -> Void = { _ in }
  ) throws -> String {
    let folder = "\(root)/\(name)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    var sidecar = RepoSidecar()
    sidecar.createdAt = now.addingTimeInterval(-3600 * hoursAgo)
    sidecar.lastModified = now.addingTimeInterval(-3600 * hoursAgo + 600)
    change(&sidecar)
    try sidecar.write(toRepoFolder: folder)
    return folder
  }

  private func card(_ folder: String, _ text: String, license: String) throws {
    let card = "---\nlicense: \(license)\n---\n\n\(text)\n"
    try Data(card.utf8).write(to: URL(fileURLWithPath: "\(folder)/README.md"))
  }
}

import Foundation
import LoopbackServer

/// A hub with one repository of one file, whose bytes are with another server.
final class StubHub {
  static let repo = "bench/model"
  private static let commit = String(repeating: "c0ffee42", count: 5)
  private let server: LoopbackServer

  var endpoint: String { server.address("") }

  /// - Parameter location: where the file's bytes are.
  init(content: Content, location: String) {
    let (bytes, hash) = (content.bytes, content.hash)
    let model = """
      {"_id":"5f00000000000000000000aa","id":"\(Self.repo)","modelId":"\(Self.repo)","sha":"\(Self.commit)",\
      "private":false,"gated":false,"disabled":false,"downloads":1,"likes":1,"pipeline_tag":"text-generation",\
      "createdAt":"2026-01-01T00:00:00.000Z","lastModified":"2026-01-01T00:00:00.000Z",\
      "tags":["safetensors","llama"],"config":{"architectures":["LlamaForCausalLM"],"model_type":"llama"},\
      "siblings":[{"rfilename":"big.safetensors"}]}
      """
    let tree = """
      [{"type":"file","oid":"\(Self.commit)","size":\(bytes),"path":"big.safetensors",\
      "lfs":{"oid":"\(hash)","size":\(bytes),"pointerSize":135}}]
      """
    server = LoopbackServer { request in
      switch request.path {
      case let path where path.contains("/tree/"):
        return LoopbackServer.answer(headers: ["Content-Type: application/json"], text: tree)
      case let path where path.hasPrefix("/api/models/\(Self.repo)"):
        return LoopbackServer.answer(headers: ["Content-Type: application/json"], text: model)
      case let path where path.hasSuffix("/big.safetensors"):
        return LoopbackServer.answer(
          302,
          headers: [
            "Location: \(location)", "X-Repo-Commit: \(Self.commit)", "X-Linked-Size: \(bytes)",
            "X-Linked-ETag: \"\(hash)\"", "Accept-Ranges: bytes",
          ])
      default: return LoopbackServer.answer(404, headers: ["X-Error-Code: EntryNotFound"])
      }
    }
  }
}

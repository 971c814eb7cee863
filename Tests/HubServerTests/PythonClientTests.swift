import Foundation
import HubServer
import Testing

/// The proof that the practice hub speaks the hub's protocol: the reference client understands it.
@Suite("The real huggingface_hub client", .enabled(if: PythonClient.interpreter != nil, PythonClient.reason))
struct PythonClientTests {
  static let weights = patternBytes(700_000)

  static func fill(_ folder: TestFolder) throws {
    try folder.write("org/llama/llama-Q4_K_M.gguf", weights)
    try folder.write("org/llama/sub/part.safetensors", patternBytes(5000, seed: 2))
    try folder.write("org/llama/config.json", #"{"model_type":"llama"}"#)
    try folder.write(
      "org/llama/README.md", "---\nbase_model: org/llama-base\ntags: [tiny]\n---\n# A tiny one\n")
    try folder.describe("org/llama") {
      $0.createdAt = date(1_700_000_000)
      $0.lastModified = date(1_700_000_500)
      $0.downloads = 7
      $0.likes = 3
      $0.gguf = .init(total: 1234, architecture: "llama", contextLength: 4096)
      $0.renamedFrom = ["old/name"]
    }
    try folder.write(
      "org/llama-base/config.json", #"{"model_type":"llama","architectures":["LlamaForCausalLM"]}"#)
    try folder.write("org/llama-base/README.md", "---\nlicense: llama3.1\n---\n")
    try folder.describe("org/llama-base") { $0.createdAt = date(1_690_000_000) }
    try folder.write("org/gated/gated.gguf", "gated weights")
    try folder.write("org/gated/README.md", "open card")
    try folder.describe("org/gated") {
      $0.createdAt = date(1_690_000_001)
      $0.gated = .manual
    }
    try folder.describe("org/empty") { $0.createdAt = date(1_690_000_002) }
    for index in 0..<25 {
      try folder.describe("many/m\(index)") { $0.createdAt = date(1_710_000_000 + index) }
    }
  }

  private static func options(_ change: (inout HubServerOptions) -> Void = { _ in }) -> HubServerOptions {
    var options = HubServerOptions()
    options.tokens = ["hf_practice": .init(name: "me", gated: ["org/gated"])]
    change(&options)
    return options
  }

  @Test(
    "it gets what lies in the folder",
    arguments: ["listing", "paging", "info", "tree", "snapshot", "errors"])
  func anonymous(command: String) async throws {
    try await PracticeHub.with(options: Self.options(), Self.fill) { hub in
      let (status, output) = try await PythonClient.run(command, hub)
      #expect(status == 0 && output.contains("ok \(command)"), "\(output)")
    }
  }

  @Test("it resumes a download that was cut, and sends no token to the CDN")
  func resume() async throws {
    // The client writes pieces of 10 MiB, and goes on behind the last whole one.
    let size = 11 << 20
    let cut = Int64(size - 1000)
    let options = Self.options {
      $0.faults = [Fault(path: "org/llama/llama-Q4_K_M.gguf", action: .cut(afterBytes: cut))]
    }
    try await PracticeHub.with(options: options) { folder in
      try Self.fill(folder)
      try folder.write("org/llama/llama-Q4_K_M.gguf", patternBytes(size))
    } _: { hub in
      let (status, output) = try await PythonClient.run("download", hub, token: "hf_practice")
      #expect(status == 0 && output.contains("ok download"), "\(output)")
      let records = await hub.server.requests
      let cdn = records.filter { $0.port == .cdn && $0.method == "GET" }
      #expect(cdn.count == 2)
      #expect(cdn.first?.bodyBytes == cut)
      #expect(cdn.last?.range == "bytes=\(10 << 20)-" && cdn.last?.status == 206)
      #expect(cdn.last?.bodyBytes == Int64(1 << 20))
      #expect(cdn.allSatisfy { !$0.hadAuthorization })
      #expect(records.contains { $0.port == .hub && $0.hadAuthorization })
    }
  }

  @Test("with a token it passes the gate")
  func account() async throws {
    try await PracticeHub.with(options: Self.options(), Self.fill) { hub in
      let (status, output) = try await PythonClient.run("account", hub, token: "hf_practice")
      #expect(status == 0 && output.contains("ok account"), "\(output)")
    }
  }
}

/// A Python interpreter that has huggingface_hub.
enum PythonClient {
  static let reason: Comment =
    "needs a Python with huggingface_hub==2.4.0, in ~/.cache/hubwatch-dev/venv or named by HUBWATCH_PYTHON"

  static let interpreter: String? = {
    let named = ProcessInfo.processInfo.environment["HUBWATCH_PYTHON"]
    let usual = NSHomeDirectory() + "/.cache/hubwatch-dev/venv/bin/python"
    let path = named ?? usual
    guard FileManager.default.isExecutableFile(atPath: path),
      let (status, output) = try? Subprocess.run(
        path, ["-c", "import huggingface_hub as h; print(h.__version__)"]),
      status == 0, output.hasPrefix("2.4.")
    else { return nil }
    return path
  }()

  /// Runs one command of `hub_client.py` with a home and cache of its own.
  static func run(_ command: String, _ hub: PracticeHub, token: String? = nil) async throws -> (Int32, String) {
    let home = try TestFolder()
    defer { home.remove() }
    let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "hub_client.py").path
    var environment = [
      "HF_ENDPOINT": hub.endpoint.absoluteString, "HF_HOME": home.path, "HF_HUB_DISABLE_TELEMETRY": "1",
      "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_UPDATE_CHECK": "1", "PYTHONDONTWRITEBYTECODE": "1",
      // Nothing of the machine's own setup may reach the client.
      "HF_TOKEN": "", "HF_HUB_CACHE": home.path + "/hub", "HTTP_PROXY": "", "http_proxy": "", "ALL_PROXY": "",
      "NO_PROXY": "127.0.0.1",
    ]
    if let token { environment["HF_TOKEN"] = token }
    guard let interpreter else { return (-1, "no interpreter") }
    return try await withCheckedThrowingContinuation { [environment] continuation in
      Thread.detachNewThread {
        continuation.resume(
          with: Result {
            try Subprocess.run(
              interpreter, [script, hub.root, command], environment: environment, seconds: 100)
          })
      }
    }
  }
}

import BenchSupport
import Foundation

/// Somebody who fetches the file.
enum Client: String, CaseIterable, Codable {
  case hubwatch
  case aria2 = "aria2c -x8 -s8"
  case curl
  case wget
  case huggingfaceHub = "huggingface_hub"

  /// Whether it fetches with one connection, which on a limited one takes minutes.
  var isSingleStream: Bool { [.curl, .wget, .huggingfaceHub].contains(self) }

  /// Fetches the file into a new folder.
  ///
  /// - Returns: what it took until the file was verified and durable, and where it lies. hubwatch does both by
  ///   itself; for everybody else a pass of `openssl dgst` and an fsync of file and folder are counted with it.
  func fetch(_ content: Content, from server: Int, hub: StubHub, into folder: String, tools: Tools) throws
    -> (run: Run, file: String)
  {
    let errors = "\(folder)/errors.txt"
    let address = "http://127.0.0.1:\(server)/big.safetensors"
    let file = "\(folder)/big.safetensors"
    switch self {
    case .hubwatch: return try fetchWithHubwatch(hub: hub, folder: folder, tools: tools)
    case .aria2:
      let child = try Child(
        tools.aria2,
        ["-q", "-x8", "-s8", "-k1M", "--file-allocation=falloc", "-d", folder, "-o", "big.safetensors", address],
        errors: errors)
      return (try verified(child, file, content: content, tools: tools), file)
    case .curl:
      let child = try Child(tools.curl, ["-sfL", "-o", file, address], errors: errors)
      return (try verified(child, file, content: content, tools: tools), file)
    case .wget:
      let child = try Child(tools.wget, ["-q", "-O", file, address], errors: errors)
      return (try verified(child, file, content: content, tools: tools), file)
    case .huggingfaceHub:
      let script = "from huggingface_hub import hf_hub_download as d; print(d('\(StubHub.repo)', 'big.safetensors'))"
      let child = try Child(
        tools.python, ["-c", script],
        environment: [
          "HF_ENDPOINT": hub.endpoint, "HF_HOME": "\(folder)/home", "HF_HUB_DISABLE_XET": "1",
          "HF_HUB_DISABLE_PROGRESS_BARS": "1", "HF_HUB_DISABLE_TELEMETRY": "1",
        ], errors: errors)
      let path = String(decoding: child.output, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
      return (try verified(child, path, content: content, tools: tools), path)
    }
  }

  private func fetchWithHubwatch(hub: StubHub, folder: String, tools: Tools) throws -> (run: Run, file: String) {
    let configuration = "\(folder)/config.toml"
    try Data("[tools]\nenabled = false\n[downloads]\nreserve = \"1G\"\n".utf8)
      .write(to: URL(fileURLWithPath: configuration))
    let environment = [
      "HF_ENDPOINT": hub.endpoint, "HUBWATCH_STATE": "\(folder)/state", "HF_HUB_CACHE": "\(folder)/cache/hub",
      "HUBWATCH_CONFIG": configuration, "HOME": folder,
    ]
    let errors = "\(folder)/errors.txt"
    let child = try Child(
      tools.hubwatch, ["pull", StubHub.repo, "--file", "big.safetensors"], environment: environment, errors: errors)
    let path = try Child(tools.hubwatch, ["path", StubHub.repo], environment: environment, errors: errors)
    let lines = String(decoding: path.output, as: UTF8.self).split(separator: "\n")
    guard let file = lines.last else { throw Child.Failure(description: "hubwatch path says nothing") }
    return (Run(seconds: child.seconds, fetchSeconds: child.seconds, cpu: child.cpu, peak: child.peak), String(file))
  }

  private func verified(_ child: Child, _ file: String, content: Content, tools: Tools) throws -> Run {
    let hash = try Child(tools.openssl, ["dgst", "-sha256", "-r", file], errors: "/dev/null")
    guard String(decoding: hash.output.prefix(64), as: UTF8.self) == content.hash else {
      throw Child.Failure(description: "\(rawValue) fetched wrong content")
    }
    let folder = URL(fileURLWithPath: file).deletingLastPathComponent().path
    let sync = try Child(tools.sync, [file, folder], errors: "/dev/null")
    return Run(
      seconds: child.seconds + hash.seconds + sync.seconds, fetchSeconds: child.seconds,
      cpu: child.cpu + hash.cpu + sync.cpu, peak: child.peak)
  }
}

/// What one fetch took.
struct Run: Codable {
  /// Until the file was verified and durable.
  var seconds: Double
  /// Until the client ended.
  var fetchSeconds: Double
  /// User and system time of everything, in seconds.
  var cpu: Double
  /// The most memory of the client, in bytes.
  var peak: Int
}

import ArgumentParser
import Console
import Digest
import Domain
import Fit
import Foundation
import HubServer
import Settings
import Watch

/// The whole ritual against the practice hub, without internet.
struct DemoVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "demo", abstract: "The whole ritual against a practice hub on this machine, without internet.",
    discussion: """
      A practice hub with a real small model and a few made-up repositories is started on the loopback interface; one
      cycle runs against it with a state folder and a cache of its own, and the digest is printed. Your own
      state and cache are not touched.
      """)

  @OptionGroup var common: CommonOptions
  @Option(help: "SmolLM2-135M-Instruct Q4_1 as GGUF; `make demo` fetches it.")
  var weights: String =
    ProcessInfo.processInfo.environment["HUBWATCH_SMOLLM2"] ?? "SmolLM2-135M-Instruct.Q4_1.gguf"
  @Option(help: "Keep everything in this folder instead of a temporary one.") var folder: String?
  @Flag(help: "Only run the practice hub, and say how to use it; ends with Ctrl-C.") var serve = false

  func work() async throws -> Domain.ExitCode {
    guard FileManager.default.fileExists(atPath: weights) else { throw DemoError.noWeights(weights) }
    let stage = try DemoStage(folder: folder)
    defer { stage.clear() }
    common.note("Building a practice hub in \(stage.folder)")
    try DemoRepos(root: stage.hub, weights: weights, now: .now).build()
    var options = HubServerOptions()
    options.quotas = .init(api: 100_000, resolvers: 100_000, pages: 100_000)
    let server = try HubServer(root: stage.hub, options: options)
    let addresses = try await server.start()
    let endpoint = addresses.endpoint.absoluteString
    if serve {
      try common.print("export HF_ENDPOINT=\(endpoint)")
      try common.print("export HUBWATCH_STATE=\(stage.state)")
      try common.print("export HF_HUB_CACHE=\(stage.cache)")
      common.note("The practice hub is open; Ctrl-C ends it.")
      await StopSignal.arrival()
      await server.stop()
      return .done
    }
    let code = try await walk(stage, endpoint: endpoint)
    await server.stop()
    return code
  }

  private func walk(_ stage: DemoStage, endpoint: String) async throws -> Domain.ExitCode {
    var environment = common.environment
    environment["HF_ENDPOINT"] = endpoint
    environment["HUBWATCH_STATE"] = stage.state
    environment["HF_HUB_CACHE"] = stage.cache
    environment["HUBWATCH_CONFIG"] = nil
    environment["XDG_CONFIG_HOME"] = "\(stage.folder)/config"
    // The practice hub knows no tokens, and a person's own has no business there.
    for name in ["HF_TOKEN", "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "CREDENTIALS_DIRECTORY"] {
      environment[name] = nil
    }
    environment["HF_HOME"] = "\(stage.folder)/home"
    var loaded = try LoadedSettings(environment: environment)
    loaded.settings.device.vram = 12
    loaded.settings.downloads.reserve = DiskFloor(bytes: ByteCount(0))
    loaded.settings.downloads.perCycle = 10
    // The internet is no part of the demo; a repository on this disk shows the watch over tools.
    let tool = await DemoTool(path: stage.tool)
    loaded.settings.tools.repositories = tool == nil ? [] : [try stage.toolAddress()]
    loaded.settings.tools.intervalSeconds = 0
    let narrator = Narrator(terminal: common.errorTerminal)
    let terminal = common.terminal
    try await House.open(loaded, observe: narrator.observer) { house in
      if let tool {
        _ = try await house.street.upstreams.check()
        _ = await tool.publish("v1.1")
      }
      try await house.street.cycle()
      let subjects = try house.catalog.repos(in: [.sized])
        .compactMap { try FitSubject(catalog: house.catalog, repo: $0) }
      let request = DeviceChoice.request(loaded.settings.device)
      let rows = subjects.map { FitRow(subject: $0, devices: [house.device], request: request, only: nil) }
      let fit = FitOutput(rows: rows, devices: [house.device], request: request, showsAll: false)
      try common.print("\n$ hubwatch fit --vram 12\n\(fit.text(terminal))\n\n$ hubwatch digest")
      let story = try StoryTeller(catalog: house.catalog, cacheRoot: stage.cache).story(since: nil, until: .now)
      try common.print(TextDigest(endpoint: endpoint, width: terminal.width, style: terminal.style).render(story))
    }
    if folder != nil {
      common.note("Everything lies in \(stage.folder); delete it when you are done.")
    }
    return .done
  }
}

/// The demo cannot be given.
enum DemoError: ReportableError, Equatable {
  case noWeights(String)
  case folder(String)

  var problem: String {
    switch self {
    case .noWeights(let path): "the demo's model is not at \(path)"
    case .folder(let path): "\(path) cannot be used for the demo: it exists and is not empty, or cannot be made"
    }
  }
  var advice: String? {
    switch self {
    case .noWeights: "`make demo` fetches it; or name a GGUF file of SmolLM2-135M with --weights"
    case .folder: "name another one with --folder"
    }
  }
  var exitCode: Domain.ExitCode { .failed }
}

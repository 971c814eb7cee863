import ArgumentParser
import Console
import Domain
import Foundation
import Settings
import Smoke
import Watch

/// Does it really run?
struct SmokeVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "smoke", abstract: "Runs a model in a child process and says whether it works.",
    discussion: """
      A path to a GGUF file or a folder of safetensors needs no state. A model's id tests the copy that hubwatch fetched, and remembers it.
      --devices tests nothing and says which cards are there.

      EXIT STATUS: 0 pass; 1 suspect, fail or unsupported; 65 a broken file.
      """)

  @OptionGroup var common: CommonOptions
  @Argument(help: "A GGUF file, a folder of safetensors, or the id of a fetched model.") var model: String?
  @Flag(help: "Print one JSON document.") var json = false
  @Flag(help: "Ask what passes the questions of `hubwatch probes`, too.") var probes = false
  @Flag(help: "Say which graphics cards there are.") var devices = false
  @Option(help: "Threads; the configuration's by default.") var threads: Int?

  func validate() throws {
    guard devices == (model == nil) else { throw ValidationError("give a model, or --devices") }
    if let threads, !(1...256).contains(threads) { throw ValidationError("--threads takes 1 to 256") }
  }

  func work() async throws -> Domain.ExitCode {
    var loaded = try LoadedSettings(environment: common.environment)
    if let threads { loaded.settings.smoke.threads = threads }
    guard let model else {
      let answer = await DeviceAnswer.visible(loaded.settings.smoke)
      try common.print(json ? JSONOutput.document(DevicesReport(answer)) : DevicesReport(answer).text)
      return .done
    }
    if InputPath.isFile(model) || InputPath.isModelFolder(model) {
      let (report, asked) = try await testFile(model, loaded)
      try common.print(SmokeText.render(report, asked, json: json, style: common.terminal.style))
      return report.exitCode
    }
    var wish = SmokeWish(model: model)
    (wish.json, wish.probes, wish.threads) = (json, probes, threads)
    let (work, settled, voice) = (try SmokeWork(wish), loaded, Voice(common))
    return try await Handover(loaded.places, common).perform(.smoke(wish)) {
      try await House.open(settled, observe: voice.observer) { try await work.perform($0, voice) }
    }
  }

  private func testFile(_ path: String, _ loaded: LoadedSettings) async throws -> (SmokeReport, ProbeReport?) {
    let runner = SmokeRunner(program: SmokeRunner.thisProgram, options: .init(loaded.settings.smoke))
    let report = try await runner.test(path)
    guard probes, report.verdict == .pass else { return (report, nil) }
    let budget = loaded.settings.probes.budgetSeconds
    return (report, try await runner.probe(path, try loaded.probeSuite(), budgetSeconds: budget))
  }
}

/// Tells a path from the id of a model.
enum InputPath {
  /// Whether something other than a folder lies there: a folder may be named as a model is.
  static func isFile(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && !isFolder.boolValue
  }

  /// Whether a folder lies there that holds a model, or that was named as a path and not as a model.
  static func isModelFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue else { return false }
    if path.hasPrefix("/") || path.hasPrefix(".") || path.hasSuffix("/") { return true }
    // A folder that cannot be read is taken for a model's name, which then says what is wrong.
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.contains { $0 == "config.json" || $0.hasSuffix(".gguf") || $0.hasSuffix(".safetensors") }
  }
}

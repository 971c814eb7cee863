import ArgumentParser
import BenchSupport
import Foundation
import Inference

struct Measure: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Measures everything and prints tables.")

  /// What can be measured by itself.
  enum Part: String, ExpressibleByArgument, CaseIterable { case quiet, loaded, start }

  @Flag(help: "One model, few tokens, two rounds.") var quick = false
  @Flag(help: "Prints JSON instead of a text.") var json = false
  @Option(
    parsing: .upToNextOption,
    help: "Models: \(BenchModel.all.joined(separator: ", ")), or paths of GGUF files.") var models: [String] = []
  @Option(parsing: .upToNextOption, help: "Numbers of threads; 1 and 2 unless said otherwise.") var threads: [Int] = [
    1, 2,
  ]
  @Option(help: "Rounds of each test; 5 unless said otherwise.") var rounds: Int?
  @Option(
    parsing: .upToNextOption,
    help: "Only these parts: quiet, loaded (a busy process on each processor), start (time to the first token).")
  var only: [Part] = []
  @Option(help: "Only kernels of this kind on our side: \(KernelSet.allCases.map(\.rawValue).joined(separator: ", ")).")
  var kernels: KernelSet?
  @Option(help: "A Python with llama-cpp-python; the one in the cache unless said otherwise.") var python: String?
  @Option(help: "The hubwatch whose start is measured; the one beside this program unless said otherwise.")
  var program: String?
  @Option(help: "Where the models lie.") var cache = "\(NSHomeDirectory())/.cache/hubwatch-dev"

  func validate() throws {
    guard threads.allSatisfy({ (1...256).contains($0) }), !threads.isEmpty else {
      throw ValidationError("--threads takes 1 to 256")
    }
    if let rounds, rounds < 1 { throw ValidationError("--rounds takes 1 or more") }
  }

  func run() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "core-bench-\(getpid())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let tools = try tools(folder: folder.path)
    let rounds = rounds ?? (quick ? 2 : 5)
    let parts = only.isEmpty ? Part.allCases : only
    let names = models.isEmpty ? quick ? BenchModel.quick : BenchModel.all : models
    var report = Report(machine: try .current(threads: threads))
    for name in names {
      let model = try BenchModel.named(name, cache: cache)
      for part in [Part.quiet, .loaded] where parts.contains(part) {
        // A model that only has to reach its share of the bandwidth does so on a machine of its own.
        guard part == .quiet || model.isRace else { continue }
        for threads in model.isRace ? threads : [threads.max() ?? 1] {
          report.rows += try rows(of: model, threads: threads, part, rounds, tools)
        }
      }
      if parts.contains(.start), model.isRace {
        report.starts.append(try Start(model, threads: threads.max() ?? 1, rounds: rounds, tools: tools))
      }
    }
    print(json ? try report.json : report.text)
  }

  private func tools(folder: String) throws -> Tools {
    let itself = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    let interpreter = python ?? "\(cache)/llama-native/bin/python"
    let hasPython =
      (try? Child(interpreter, ["-c", "import llama_cpp"], errors: "\(folder)/python.errors")) != nil
    guard hasPython || python == nil else {
      throw Child.Failure(description: "\(interpreter) has no llama_cpp")
    }
    if !hasPython { note("\(interpreter) has no llama_cpp: only our side is measured; run: make llama") }
    return Tools(
      itself: itself.path, program: program ?? itself.deletingLastPathComponent().appending(path: "hubwatch").path,
      python: hasPython ? interpreter : nil,
      script: URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "llama_bench.py").path,
      folder: folder, kernels: kernels)
  }

  private func rows(
    of model: BenchModel, threads: Int, _ part: Part, _ rounds: Int, _ tools: Tools
  ) throws -> [Report.Row] {
    note("\(model.name), \(threads) threads, \(part.rawValue)")
    let bytesPerToken = try model.bytesPerToken
    let burners = part == .loaded ? try Burners(tools) : nil
    defer { burners?.stop() }
    let race = try Race(model, threads: threads, tools: tools)
    let tests = [
      Race.Test(name: "pp", tokens: quick ? min(model.prompt, 128) : model.prompt),
      Race.Test(name: "tg", tokens: quick ? min(model.generation, 16) : model.generation),
    ]
    let measured = try tests.filter { $0.tokens > 0 }.map { try race.run($0, rounds: rounds) }
    return try measured.map { measured in
      Report.Row(
        model: model.name, threads: threads, isLoaded: part == .loaded, measured: measured,
        bytesPerToken: bytesPerToken, shareBar: model.shareBar, ours: race.ourGreeting, theirs: race.theirGreeting,
        peak: try race.ourPeak)
    }
  }
}

/// A busy process for each processor.
final class Burners {
  private var processes: [Process] = []

  init(_ tools: Tools) throws {
    for _ in 0..<ProcessInfo.processInfo.activeProcessorCount {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: tools.itself)
      process.arguments = ["burn"]
      try process.run()
      processes.append(process)
    }
  }

  func stop() {
    for process in processes {
      process.terminate()
      process.waitUntilExit()
    }
  }
}

/// How long a fresh process takes to say its first token, the file being in the page cache.
struct Start: Codable {
  let model: String
  let threads: Int
  /// From the start of the program to its end, with one token between them.
  let seconds: [Double]

  init(_ model: BenchModel, threads: Int, rounds: Int, tools: Tools) throws {
    note("\(model.name), first token")
    self.model = model.name
    self.threads = threads
    let arguments = [
      "core", "generate", "--threads", "\(threads)", "--prompt", "The capital of France is", "-n", "1", model.path,
    ]
    // The first one brings program and file into the page cache.
    seconds =
      try (0..<rounds + 1).map { _ in
        try Child(tools.program, arguments, errors: tools.errors("start")).seconds
      }.dropFirst() + []
  }
}

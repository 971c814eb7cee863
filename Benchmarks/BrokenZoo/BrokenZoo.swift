import ArgumentParser
import Foundation
import Smoke
import TestSupport

/// Breaks sound models in every known way, and shows what the smoke test says of each.
@main
struct BrokenZoo: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "broken-zoo", abstract: "Breaks sound models and shows what the smoke test says of each.")

  @Option(help: "Threads of the core.") var threads = 2
  @Option(help: "Only breakages whose name contains this.") var only: String?
  @Option(help: "The layer that is broken when only one is; the middle unless said otherwise.") var layer: Int?
  @Option(help: "Only writes the first such broken model to this file.") var write: String?
  @Flag(help: "All reasons of each verdict.") var verbose = false
  @Argument(help: "Sound GGUF files.") var models: [String]

  func run() throws {
    let folder = try TemporaryFolder()
    let breakages = Breakage.all.filter { breakage in only.map { breakage.name.contains($0) } ?? true }
    if let write {
      guard let breakage = breakages.first, let path = models.first else { throw ValidationError("no such breakage") }
      var model = try EditableModel(path: path)
      model.brokenLayer = layer
      try breakage.applied(to: model).write(to: write)
      return print("\(write): \(breakage.name)")
    }
    var (detected, visible) = (0, 0)
    for model in models {
      print("\n\(model)")
      let zoo = try Zoo(
        model, breakages: breakages, layer: layer, folder: folder.path,
        test: { SmokeTest.run($0, SmokeTest.Options(threads: threads)) },
        onAnimal: { animal in
          print(Zoo.line(animal))
          if verbose { for reason in animal.report.reasons { print("      \(reason)") } }
        })
      print("sound: \(zoo.sound.verdict.rawValue) \(zoo.sound.reasons.joined(separator: "; "))")
      print(zoo.sound.texts.map { "\($0.name) \(Int($0.perplexity)) \($0.bitsPerByte)" }.joined(separator: "\n"))
      print("detected: \(zoo.score.detected) of \(zoo.score.visible) whose damage shows")
      detected += zoo.score.detected
      visible += zoo.score.visible
    }
    print("\nall: \(detected) of \(visible)")
  }
}

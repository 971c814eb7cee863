import ArgumentParser
import Catalog
import Console
import Domain
import Foundation
import Settings
import Smoke
import Watch

/// Which of two models is better, and at what?
struct CompareVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "compare", abstract: "Puts two models side by side: shape, memory, speed, verdict and probes.",
    discussion: """
      Files and folders are tested and asked now; of models that hubwatch fetched, what is stored is shown. Perplexity
      is by token: it decides only where both have the same vocabulary. Bits a byte compare between all models.
      """)

  @OptionGroup var common: CommonOptions
  @Argument(help: "A GGUF file, a folder of safetensors, or the id of a fetched model.") var a: String
  @Argument(help: "Another one.") var b: String
  @Flag(help: "Print one JSON document.") var json = false

  func work() async throws -> Domain.ExitCode {
    let loaded = try LoadedSettings(environment: common.environment)
    let subjects = (try ModelSubject(a, loaded), try ModelSubject(b, loaded))
    let comparison = Comparison(try await model(subjects.0, loaded), try await model(subjects.1, loaded))
    if json {
      try common.print(JSONOutput.document(comparison))
    } else {
      let text = ComparisonText(width: max(40, min(common.terminal.width, 100)), style: common.terminal.style)
      try common.print(text.render(comparison))
    }
    return .done
  }

  private func model(_ subject: ModelSubject, _ loaded: LoadedSettings) async throws -> ComparedModel {
    var model = ComparedModel(subject)
    switch subject {
    case .path(let path):
      let runner = SmokeRunner(program: SmokeRunner.thisProgram, options: .init(loaded.settings.smoke))
      let report = try await runner.test(path)
      model.take(report)
      if report.verdict == .pass || report.verdict == .suspect {
        model.results = try await runner.probe(
          path, try loaded.probeSuite(), budgetSeconds: loaded.settings.probes.budgetSeconds
        ).results
      }
    case .copy(let copy, _):
      guard let catalog = try Catalog.ifPresent(folder: loaded.places.state) else { return model }
      if let repo = try catalog.repo(copy.repo), model.architecture == nil, let shape = repo.shape { model.take(shape) }
      if let smoke = try catalog.lastSmoke(ofCopy: copy.id) { model.take(smoke) }
      model.results = try catalog.probes(ofCopy: copy.id).map(\.result)
      if let fit = try catalog.fits(of: copy.repo).first(where: { $0.path == copy.path }) {
        model.neededBytes = (fit.total + fit.margin).bytes
      }
    }
    return model
  }
}

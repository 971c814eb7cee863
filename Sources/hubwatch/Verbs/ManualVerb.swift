import ArgumentParser
import Domain
import Foundation

/// Writes the manual pages, for whoever installs the program.
struct ManualVerb: Verb {
  static let configuration = CommandConfiguration(
    commandName: "manual", abstract: "Writes the manual pages into man1 and man5 of a folder.", shouldDisplay: false)

  @OptionGroup var common: CommonOptions
  @Argument(help: "The folder; it is made when it is missing.") var folder: String

  func work() async throws -> Domain.ExitCode {
    let pages = ManualPages(try CommandDescription.read(Hubwatch._dumpHelp())).pages
    for page in pages {
      let file = URL(fileURLWithPath: "\(folder)/\(page.file)")
      do {
        try FileManager.default.createDirectory(
          at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(page.text.utf8).write(to: file)
      } catch {
        throw ManualError(path: file.path)
      }
    }
    return .done
  }
}

/// A page cannot be written.
struct ManualError: ReportableError {
  let path: String

  var problem: String { "\(path) cannot be written" }
  var advice: String? { "name a folder that you may write to, on a disk with room" }
  var exitCode: Domain.ExitCode { .failed }
}

import Foundation
import TestSupport
import Testing

@testable import hubwatch

/// What is generated from the commands: manual pages and completions.
@Suite("Manual and completions")
struct ManualTests {
  private static func isThere(_ path: String) -> Bool { FileManager.default.isExecutableFile(atPath: path) }
  private static let hasMan = isThere("/usr/bin/man") && isThere("/usr/bin/groff")

  private func verbs() throws -> [String] {
    let verbs = try CommandDescription.read(Hubwatch._dumpHelp()).shownSubcommands.map(\.commandName)
    #expect(verbs.count >= 22)
    return verbs
  }

  private func written(_ folder: TemporaryFolder) async throws -> [String] {
    let outcome = try await hubwatch().run(["manual", folder.path], environment: [:])
    #expect(outcome.status == 0 && outcome.error.isEmpty, "\(outcome.error)")
    return try FileManager.default.subpathsOfDirectory(atPath: folder.path).filter { $0.contains(".") }
  }

  @Test func everyVerbHasAPage() async throws {
    let folder = try TemporaryFolder()
    let files = try await written(folder)
    let verbs = try verbs()
    #expect(
      Set(files) == Set(verbs.map { "man1/hubwatch-\($0).1" } + ["man1/hubwatch.1", "man5/hubwatch.toml.5"]))
    let overview = try String(contentsOfFile: "\(folder.path)/man1/hubwatch.1", encoding: .utf8)
    for verb in verbs { #expect(overview.contains("hubwatch\\-\(verb)\\fR(1)")) }
    #expect(overview.contains(".SH \"EXIT STATUS\"\n.TP\n\\fB0\\fR\ndone"))
    #expect(!overview.contains("manual\\fR"))
    let fit = try String(contentsOfFile: "\(folder.path)/man1/hubwatch-fit.1", encoding: .utf8)
    #expect(fit.contains("\\fB\\-\\-vram\\fR \\fIvram\\fR"))
    let configuration = try String(contentsOfFile: "\(folder.path)/man5/hubwatch.toml.5", encoding: .utf8)
    #expect(configuration.contains("#quota = \"200 GB\""))
  }

  @Test(.enabled(if: hasMan, "needs man and groff"))
  func thePagesAreWellFormed() async throws {
    let folder = try TemporaryFolder()
    for file in try await written(folder) {
      let outcome = try await Program(path: "/usr/bin/man").run(
        ["--warnings", "--local-file", "\(folder.path)/\(file)"],
        environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "MANWIDTH": "80", "MANROFFSEQ": ""])
      #expect(outcome.status == 0 && outcome.error.isEmpty, "\(file): \(outcome.error)")
      #expect(outcome.output.contains("NAME") && outcome.output.contains("SEE ALSO"), "\(file)")
      // No macro has reached the reader.
      #expect(!outcome.output.contains("\n.TP") && !outcome.output.contains("\\fB"), "\(file)")
    }
  }

  @Test(arguments: ["bash", "zsh", "fish"])
  func completionsNameEveryVerb(_ shell: String) async throws {
    let outcome = try await hubwatch().run(["--generate-completion-script", shell], environment: [:])
    #expect(outcome.status == 0)
    for verb in try verbs() { #expect(outcome.output.contains(verb), "\(verb)") }
    #expect(!outcome.output.contains("manual") && !outcome.output.contains("smoke-child"))
    guard let program = ["/bin/\(shell)", "/usr/bin/\(shell)"].first(where: Self.isThere) else { return }
    let folder = try TemporaryFolder()
    try Data(outcome.output.utf8).write(to: URL(fileURLWithPath: "\(folder.path)/completion"))
    let check = try await Program(path: program).run(
      ["-n", "\(folder.path)/completion"], environment: ["HOME": folder.path])
    #expect(check.status == 0 && check.error.isEmpty, "\(check.error)")
  }

  /// bash, asked as it asks: a verb's beginning becomes the verb.
  @Test func bashCompletesAVerb() async throws {
    let outcome = try await hubwatch().run(["--generate-completion-script", "bash"], environment: [:])
    let folder = try TemporaryFolder()
    try Data(outcome.output.utf8).write(to: URL(fileURLWithPath: "\(folder.path)/completion"))
    let line = """
      source '\(folder.path)/completion'
      COMP_WORDS=(hubwatch dig) COMP_CWORD=1 COMP_LINE='hubwatch dig' COMP_POINT=12
      COMP_TYPE=9 COMP_KEY=9
      function="$(complete -p hubwatch | sed -E 's/.*-F ([^ ]+).*/\\1/')"
      "$function" hubwatch dig hubwatch
      echo "${COMPREPLY[@]}"
      """
    let completed = try await Program(path: "/bin/bash").run(["-c", line], environment: ["PATH": "/usr/bin:/bin"])
    #expect(completed.output.contains("digest"), "\(completed)")
  }

  @Test func aFolderThatCannotBeMadeIsSaid() async throws {
    let outcome = try await hubwatch().run(["manual", "/dev/null/x"], environment: [:])
    #expect(outcome.status == 1 && outcome.error.contains("/dev/null/x/man1/hubwatch.1 cannot be written"))
  }

  @Test func nothingInATextIsACommand() {
    var roff = Roff()
    roff.text(".TH is `no` command, nor is \\n, and -- stays")
    roff.text("'tis")
    roff.entry("\\fBx\\fR", "")
    #expect(
      roff.page == "\\&.TH is \\fBno\\fR command, nor is \\en, and \\-\\- stays\n\\&'tis\n.TP\n\\fBx\\fR\n\\&\n")
  }
}

import Foundation
import Glibc
import TestSupport
import Testing

@Suite("What others on the machine may see")
struct PrivacyTests {
  /// Every entry below a folder, and the folder itself, whose mode lets anybody else in.
  private func open(_ folder: String) -> [String] {
    let names = (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
    return ([folder] + names.map { "\(folder)/\($0)" }).filter { path in
      var info = stat()
      return lstat(path, &info) == 0 && info.st_mode & S_IFMT != S_IFLNK && info.st_mode & 0o077 != 0
    }
  }

  @Test("S2 S3 nobody else reads the state, its copies or what is not complete")
  func modes() async throws {
    let house = try await PracticeHouse()
    try house.addRepo("tiny/llama-GGUF", ["tiny.F16.gguf": try TinyLlama.bytes()])
    // The usual mask of a person lets everybody read.
    let line = "umask 022; \"$0\" run && \"$0\" digest --mark-read >/dev/null && \"$0\" scrub --all >/dev/null"
    let outcome = try await house.shell(line)
    #expect(outcome.code == 0, "\(outcome.errors)")
    #expect(open(house.program.home.state) == [])
    let partial = open(house.program.home.partial)
    #expect(partial.filter { $0 == house.program.home.partial || $0.hasSuffix(".part") } == [])
    // A folder that was there before, and a database of an older hubwatch, are closed as well.
    for path in ["", "/hubwatch.sqlite"] { try #require(chmod("\(house.program.home.state)\(path)", 0o755) == 0) }
    #expect(try await house.program.run("poll").code == 0)
    #expect(open(house.program.home.state).filter { $0.contains("sqlite") } == [])
    await house.stop()
  }
}

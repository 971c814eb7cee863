import Digest
import Domain
import Foundation
import Smoke
import Subprocess
import Watch

/// Tells somebody the digest who has no state of their own: `hubwatch digest` in a child of the daemon, whose words go to
/// them as they come.
///
/// A whole catalog may be told, which takes memory that a daemon should never have had; a child gives it back.
struct DigestChild {
  private let arguments: [String]
  private let width: Int
  private let environment: [String: String]

  /// - Parameters:
  ///   - wish: what is asked for.
  ///   - environment: of the daemon, which says where the state is.
  /// - Throws: `InputError` for a wish that the command line would not take either.
  init(_ wish: DigestWish, _ environment: [String: String]) throws(InputError) {
    guard Beginning(wish.since) != nil else { throw .unusable(wish.since) }
    guard let format = DigestVerb.Format(rawValue: wish.format) else { throw .unusable(wish.format) }
    var arguments = ["digest", "--since", wish.since, "--format", format.rawValue]
    if wish.marksRead { arguments.append("--mark-read") }
    for name in wish.places {
      guard let place = Story.Place(rawValue: name) else { throw .unusable(name) }
      arguments.append(place.rawValue)
    }
    self.arguments = arguments
    width = min(max(wish.width, 20), 1000)
    self.environment = environment
  }

  /// Tells it.
  ///
  /// - Returns: how the child ended.
  func tell(_ session: ControlSession, isColoured: Bool) async throws -> ExitCode {
    var environment = environment
    environment["COLUMNS"] = "\(width)"
    environment["NO_COLOR"] = isColoured ? nil : "1"
    environment["CLICOLOR_FORCE"] = isColoured ? "1" : nil
    let variables = environment.reduce(into: [:]) { $0[Environment.Key(stringLiteral: $1.key)] = $1.value }
    let result = try await run(
      .path(.init(SmokeRunner.thisProgram)), arguments: Arguments(arguments), environment: .custom(variables),
      input: .none, output: .sequence, error: .string(limit: 64 << 10)
    ) { execution in
      var text = CharacterStream()
      for try await buffer in execution.standardOutput {
        let words = text.take(buffer.withUnsafeBytes { Array($0) })
        guard await session.sendInTurn(.output(text: words, lineEnd: "")) else {
          // Nobody listens any more.
          return try execution.send(signal: .kill)
        }
      }
    }
    for line in result.standardError.split(separator: "\n") { session.send(.note(text: String(line))) }
    guard case .exited(let status) = result.terminationStatus else { return .failed }
    return ExitCode(rawValue: status) ?? .failed
  }
}

/// Makes text of bytes that come in pieces, none of which ends where a character does.
struct CharacterStream {
  private var rest: [UInt8] = []

  /// The text up to the last whole character.
  mutating func take(_ bytes: [UInt8]) -> String {
    rest += bytes
    // The last character is complete when it has as many bytes as its first one says (RFC 3629).
    var whole = rest.count
    if let first = rest.lastIndex(where: { $0 & 0xC0 != 0x80 }), rest.count - first < Self.length(rest[first]) {
      whole = first
    }
    let text = String(decoding: rest[..<whole], as: UTF8.self)
    rest.removeFirst(whole)
    return text
  }

  private static func length(_ first: UInt8) -> Int {
    switch first {
    case 0xF0...: 4
    case 0xE0...: 3
    case 0xC0...: 2
    default: 1
    }
  }
}

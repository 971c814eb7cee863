import Domain
import Foundation

/// What came back from the process that runs foreign models.
public enum ChildReply<Answer: Sendable>: Sendable {
  /// It answered. The answer may still be a lie: the process may have been taken over by what it read.
  case answer(Answer)
  /// It did not.
  case mishap(ChildMishap)
}

/// Reads what the process wrote. Nothing in it is believed but its form.
enum ChildAnswer {
  /// How the process ended, as far as that is known.
  enum Ending: Sendable, Equatable {
    case exited(Int32)
    case signaled(Int32)
    /// The connection to the service was closed, whose process had begun.
    case closed
  }

  /// The answer, or what happened instead.
  ///
  /// - Parameters:
  ///   - output: everything that it wrote, at most `SmokeRequest.byteLimit` bytes.
  ///   - budget: the memory that it may take, for words.
  /// - Throws: `SmokeError` when the test could not be carried out.
  static func read<Answer: Decodable>(
    _ type: Answer.Type, from output: Data, _ ending: Ending, budget: ByteCount
  ) throws(SmokeError) -> ChildReply<Answer> {
    let line = lastLine(output)
    if let note = try? JSONDecoder().decode(MishapNote.self, from: line) {
      return .mishap(try mishap(note, budget: budget))
    }
    switch ending {
    case .signaled(9): return .mishap(.killed)
    case .signaled(24): return .mishap(.outOfTime)
    case .signaled(31): return .mishap(.forbidden(call: nil))
    case .signaled(let signal): return .mishap(.crashed(signal: signal))
    case .exited(0), .closed:
      if let answer = try? JSONDecoder().decode(Answer.self, from: line) { return .answer(answer) }
      // The service cannot be asked how its process ended: one that crashed has left a note, one that was killed has not.
      if ending == .closed { return .mishap(line.isEmpty ? .killed : .silent(status: nil)) }
      return .mishap(.silent(status: 0))
    case .exited(let status): return .mishap(.silent(status: status))
    }
  }

  private static func mishap(_ note: MishapNote, budget: ByteCount) throws(SmokeError) -> ChildMishap {
    switch note.mishap {
    case "crash": return .crashed(signal: note.signal.flatMap { (1...64).contains($0) ? $0 : nil } ?? 0)
    case "memory": return .memoryBomb(budget: budget)
    case "tooBig": return .tooBig(budget: budget)
    case "threads": return .threadBomb
    case "forbidden": return .forbidden(call: note.call)
    case MishapNote.refusal:
      throw SmokeError(String((note.words ?? "the test process could not begin").prefix(1000)))
    default: return .silent(status: nil)
    }
  }

  /// The last line that is not empty.
  static func lastLine(_ output: Data) -> Data {
    Data(output.split(separator: UInt8(ascii: "\n")).last ?? Data())
  }
}

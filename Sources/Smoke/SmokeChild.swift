import CLinux
import Dispatch
import Domain
import Foundation
import Glibc

/// The process that runs foreign models: it reads one request from standard input, confines itself, does the work, and writes
/// the answer to standard output.
///
/// It is started by `SmokeRunner`, or by systemd for a connection to the socket of the service; then standard input and output
/// are that connection. It has to be the first thing that a program does: the walls hold all threads only while there is one.
public enum SmokeChild {
  /// The argument by which the program knows that it is to be this process.
  public static let verb = "smoke-child"
  /// The exit status of a process that could not begin.
  static let refusalStatus: Int32 = 92

  /// Serves one request and ends the process.
  ///
  /// - Parameter devices: finds out which cards there are, and encodes it. No model is read for that, and drivers need more than
  ///   the walls allow.
  public static func run(devices: @escaping @Sendable () async throws -> Data) -> Never {
    do {
      let request = try begin()
      switch request.kind {
      case .devices:
        Task {
          do { finish(try await devices()) } catch { refuse(SmokeError("the cards cannot be told: \(error)")) }
        }
        dispatchMain()
      case .smoke:
        let isolation = try enter(request)
        // What is left of the time pays for what was begun before half of it was over.
        let options = SmokeTest.Options(
          threads: request.threads, memory: request.memory, budgetSeconds: Double(request.timeoutSeconds) / 2,
          expected: request.expected)
        var report = SmokeTest.run(request.path, options)
        report.isolation = isolation
        answer(report)
      case .probes:
        _ = try enter(request)
        let options = ProbeRun.Options(
          threads: request.threads, budgetSeconds: Double(request.probeSeconds ?? request.timeoutSeconds),
          memory: request.memory)
        answer(ProbeRun.run(request.path, request.probes ?? [], options))
      }
    } catch {
      refuse(error)
    }
  }

  /// Reads the request.
  ///
  /// - Throws: `SmokeError` for what is no request, or comes from somebody else.
  public static func begin() throws(SmokeError) -> SmokeRequest {
    // Which descriptors this process inherited is not its own choice.
    _ = hubwatch_close_from(3)
    hubwatch_tell_mishaps(STDOUT_FILENO)
    try PeerCheck.require(on: STDIN_FILENO)
    let request = try SmokeRequest.read(from: STDIN_FILENO)
    // Who asks the service cannot see how its process ends; an empty line says that it has begun.
    write(Data())
    return request
  }

  /// Raises the walls for a request and starts the guard.
  ///
  /// - Returns: the walls that stand, for a person.
  /// - Throws: `SmokeError` when the kernel refuses one that it has.
  public static func enter(_ request: SmokeRequest) throws(SmokeError) -> [String] {
    let places = ModelPlaces(request.path)
    let watch = ProcessGuard(request, places: places)
    let walls = try Confinement(request, places: places).apply()
    watch.begin()
    return walls
  }

  /// Writes an answer and ends the process.
  public static func answer(_ value: some Encodable) -> Never {
    do { finish(try JSONEncoder().encode(value)) } catch {
      refuse(SmokeError("the answer cannot be written: \(error)"))
    }
  }

  private static func finish(_ document: Data) -> Never {
    write(document)
    _exit(0)
  }

  /// Says why nothing can be said about the model, and ends the process.
  static func refuse(_ error: SmokeError) -> Never {
    if let note = try? JSONEncoder().encode(MishapNote(mishap: MishapNote.refusal, words: error.problem)) {
      write(note)
    }
    _exit(refusalStatus)
  }

  private static func write(_ line: Data) {
    var rest = line[...]
    rest.append(UInt8(ascii: "\n"))
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      // Nobody listens any more.
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}

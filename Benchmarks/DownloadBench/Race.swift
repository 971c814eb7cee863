import BenchSupport
import Foundation

/// The way between server and client.
enum Course: String, Codable {
  case unthrottled = "loopback, unthrottled"
  case throttled = "20 MB/s for each connection, 20 ms latency"

  /// Bytes a second of each connection.
  var rate: Int? { self == .throttled ? 20_000_000 : nil }
  /// Milliseconds each way.
  var delay: Int { self == .throttled ? 10 : 0 }
  /// The aim for the ratio of seconds to those of the best peer.
  var aim: Double { self == .throttled ? 0.8 : 1 }
}

/// Everybody on one course, in turns, so that a noisy neighbour is everybody's.
final class Race {
  private let course: Course
  private let content: Content
  private let place: String
  private let tools: Tools
  private let nginx: Nginx
  private let delay: DelayProcess?
  private let hub: StubHub
  private var port: Int { delay?.port ?? nginx.port }

  init(course: Course, content: Content, place: String, tools: Tools) throws {
    self.course = course
    self.content = content
    self.place = place
    self.tools = tools
    nginx = try Nginx(folder: content.folder, place: place, rate: course.rate, tools: tools)
    let port = nginx.port
    delay = course.delay == 0 ? nil : try DelayProcess(tools.itself, port: port, milliseconds: course.delay)
    hub = StubHub(content: content, location: "http://127.0.0.1:\(delay?.port ?? port)/big.safetensors")
  }

  /// - Parameter rounds: for those with several connections; on a limited course the others run once.
  func run(rounds: Int) throws -> Report.Race {
    var runs: [Client: [Run]] = [:]
    for round in 0..<rounds {
      for client in Client.allCases where round == 0 || course.rate == nil || !client.isSingleStream {
        runs[client, default: []].append(try measure(client))
      }
    }
    return Report.Race(
      course: course, clients: Client.allCases.map { .init(client: $0, runs: runs[$0] ?? []) })
  }

  /// One fetch, whose content is checked afterwards.
  func measure(_ client: Client) throws -> Run {
    let folder = "\(place)/run"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let (run, file) = try client.fetch(content, from: port, hub: hub, into: folder, tools: tools)
    guard try Content.hash(file, tools: tools) == content.hash else {
      throw Child.Failure(description: "\(client.rawValue) left wrong content")
    }
    return run
  }
}

/// The proxy that delays, in a process of its own.
final class DelayProcess {
  let port: Int
  private let process = Process()

  init(_ program: String, port target: Int, milliseconds: Int) throws {
    let output = Pipe()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = ["delay", "--port", "\(target)", "--milliseconds", "\(milliseconds)"]
    process.standardOutput = output
    try process.run()
    let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
    guard let port = Int(line.trimmingCharacters(in: .newlines)) else {
      throw Child.Failure(description: "the delay proxy did not start")
    }
    self.port = port
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
  }
}

import Domain
import Foundation
import Glibc

/// What the process that runs foreign models is asked to do: one JSON document of at most 1 MiB on its standard input,
/// ended by a line end or by the end of the input.
public struct SmokeRequest: Sendable, Codable, Equatable {
  /// The work.
  public enum Kind: String, Sendable, Codable {
    /// Test a model; the answer is a `SmokeReport`.
    case smoke
    /// Ask a model the questions of a suite; the answer is a `ProbeReport`.
    case probes
    /// Say which cards there are; no model is read.
    case devices
  }

  /// The form of the document. A process of another version refuses it.
  public static let currentVersion = 1
  /// The most bytes of a request, and of an answer.
  public static let byteLimit = 1 << 20

  /// The form of the document.
  public var version = currentVersion
  /// The work.
  public var kind: Kind
  /// The model, as an absolute path; empty when none is read.
  public var path: String
  /// Threads of the core.
  public var threads: Int
  /// Wall time that the asker will wait, in seconds.
  public var timeoutSeconds: Int
  /// Memory beside the mapped files, in bytes.
  public var memoryBytes: Int64
  /// What is known of the model from elsewhere.
  public var expected = Expectation()
  /// The process whose end ends the work; nil when the end of the connection does.
  public var parent: Int32?
  /// The questions; nil for other work.
  public var probes: [Probe]?
  /// Seconds after which no question is begun.
  public var probeSeconds: Int?

  /// A request.
  public init(
    _ kind: Kind, path: String, threads: Int, timeoutSeconds: Int, memory: ByteCount, parent: Int32? = nil
  ) {
    self.kind = kind
    self.path = path
    self.threads = threads
    self.timeoutSeconds = timeoutSeconds
    self.memoryBytes = memory.bytes
    self.parent = parent
  }

  /// Memory beside the mapped files.
  public var memory: ByteCount { ByteCount(memoryBytes) }

  /// The document, on one line.
  ///
  /// - Throws: `SmokeError` when it is too long.
  func document() throws(SmokeError) -> Data {
    guard var data = try? JSONEncoder().encode(self), data.count < Self.byteLimit else {
      throw SmokeError("the request to the test process is too long")
    }
    data.append(UInt8(ascii: "\n"))
    return data
  }

  /// Reads a request from a descriptor and checks it.
  ///
  /// - Throws: `SmokeError` for what is no request of this version, or asks for the impossible.
  public static func read(from descriptor: Int32) throws(SmokeError) -> SmokeRequest {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 1 << 16)
    while bytes.count <= byteLimit, bytes.last != UInt8(ascii: "\n") {
      let count = Glibc.read(descriptor, &piece, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += piece.prefix(count)
    }
    guard bytes.count <= byteLimit else { throw SmokeError("the request is longer than a request may be") }
    return try SmokeRequest(document: Data(bytes))
  }

  /// A request out of a document.
  ///
  /// - Throws: `SmokeError`.
  init(document: Data) throws(SmokeError) {
    guard let request = try? JSONDecoder().decode(SmokeRequest.self, from: document) else {
      throw SmokeError("the request cannot be read")
    }
    guard request.version == Self.currentVersion else {
      throw SmokeError(
        "the request is of version \(request.version), and this hubwatch knows \(Self.currentVersion): restart the "
          + "service after an update")
    }
    guard request.kind == .devices || request.path.hasPrefix("/"), !request.path.utf8.contains(0),
      (1...256).contains(request.threads), (1...86_400).contains(request.timeoutSeconds),
      (1 << 20...1 << 50).contains(request.memoryBytes)
    else { throw SmokeError("the request asks for what cannot be") }
    self = request
  }
}

import Foundation

/// What a client asks of the daemon: one line of JSON on the control socket, `{"version":1,"command":{"status":{…}}}`.
///
/// A connection carries one request; the only line that may follow it is `cancel`.
public struct ControlRequest: Sendable, Codable, Equatable {
  /// The version of the conversation that this program speaks.
  public static let currentVersion = 1
  /// The most bytes of a request, its line end not counted.
  public static let byteLimit = 64 << 10

  /// The version that the client speaks.
  public var version: Int
  /// What is to be done.
  public var command: ControlCommand
  /// Whether the words of the answer may have colours.
  public var isColoured: Bool

  /// A request in the version of this program.
  public init(_ command: ControlCommand, isColoured: Bool = false) {
    version = Self.currentVersion
    self.command = command
    self.isColoured = isColoured
  }

  private enum CodingKeys: String, CodingKey { case version, command, isColoured }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    version = try container.decode(Int.self, forKey: .version)
    // What another version asks for cannot be read, and need not be.
    guard version == Self.currentVersion else { throw ControlError.otherVersion(version) }
    command = try container.decode(ControlCommand.self, forKey: .command)
    isColoured = try container.decodeIfPresent(Bool.self, forKey: .isColoured) ?? false
  }
}

/// What can be asked of the daemon.
public enum ControlCommand: Sendable, Codable, Equatable {
  /// The words of `hubwatch status`; `width` is the columns of the terminal.
  case status(json: Bool, width: Int)
  /// What the daemon does now, as a `LiveReport`.
  case live
  /// Everything rests until it is resumed, or for so many seconds.
  case pause(seconds: Int?)
  /// The end of a pause.
  case resume
  /// The configuration is read again; the answer comes when that is done.
  case reload
  /// One poll now.
  case poll
  /// One whole cycle now.
  case run
  /// A model is fetched.
  case pull(PullWish)
  /// A copy stays, or need not stay any longer.
  case keep(model: String, quantization: String?, undo: Bool)
  /// A copy is deleted.
  case drop(model: String, quantization: String?)
  /// What nothing needs any more is deleted.
  case gc(json: Bool)
  /// What was fetched is read again.
  case scrub(all: Bool, json: Bool)
  /// A fetched model is tested.
  case smoke(SmokeWish)
  /// Models that a person named are looked at, so that their need can be told from the catalog.
  case describe(models: [String])
  /// The words of `hubwatch digest`.
  case digest(DigestWish)
  /// The digest has been read up to this moment, in seconds since 1970.
  case markRead(until: Double)
  /// The digest that is due is written, and what waits in the outbox is sent.
  case deliver
  /// Ends what this connection has asked for. What has been done of it stays, and what can go on later does.
  case cancel
}

/// What `hubwatch pull` may say.
public struct PullWish: Sendable, Codable, Equatable {
  /// `organisation/name`.
  public var model: String
  /// A quantization's name; nil for the best that fits.
  public var quantization: String?
  /// Exactly this file.
  public var file: String?
  /// A branch, tag or commit.
  public var revision: String?
  /// An absolute folder instead of the cache.
  public var folder: String?
  /// The most bytes a second, as a size such as `20M`.
  public var limitRate: String?
  /// Whether a file that can run code may be named.
  public var allowsPickle = false
  /// Whether it is only said what would be fetched.
  public var isDry = false

  /// The best that fits of a model.
  public init(model: String) { self.model = model }
}

/// What `hubwatch smoke MODEL` may say.
public struct SmokeWish: Sendable, Codable, Equatable {
  /// `organisation/name`.
  public var model: String
  /// Whether the answer is one JSON document.
  public var json = false
  /// Whether a model that passes is asked the probes, too.
  public var probes = false
  /// Threads; nil for the configuration's.
  public var threads: Int?

  /// A plain test.
  public init(model: String) { self.model = model }
}

/// What `hubwatch digest` may say.
public struct DigestWish: Sendable, Codable, Equatable {
  /// Places whose models are all listed, by their names; none for the story.
  public var places: [String] = []
  /// From when on, in the words of `--since`.
  public var since = "last"
  /// How it is written: `text`, `markdown`, `html` or `json`.
  public var format = "text"
  /// Columns of the terminal.
  public var width = 100
  /// Whether it counts as read.
  public var marksRead = false

  /// What is new since it was read last, as text.
  public init() {}
}

/// How lines are written and read.
enum ControlCoding {
  /// One line, with its end.
  static func line(_ value: some Encodable) throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.dateEncodingStrategy = .iso8601
    var line = try encoder.encode(value)
    line.append(UInt8(ascii: "\n"))
    return line
  }

  /// What a line says.
  static func read<Value: Decodable>(_ type: Value.Type, _ line: some DataProtocol) throws -> Value {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return try decoder.decode(type, from: Data(line))
  }
}

import Console
import Foundation
import Glibc

/// Units of systemd that have failed: `hubwatch-failed@.service` writes one file a unit into the state folder, and digest
/// and status tell it.
public struct UnitFailure: Codable, Sendable, Equatable {
  /// The form.
  public var schema = "hubwatch.failure/1"
  /// The unit.
  public var unit: String
  /// When it was told.
  public var at: Date
  /// How it ended, as systemd says it: `exit-code`, `timeout`, `watchdog` …; nil when it did not say.
  public var result: String?
  /// The exit status or the signal; nil when it did not say.
  public var status: String?

  /// A failure.
  public init(unit: String, at: Date, result: String? = nil, status: String? = nil) {
    self.unit = unit
    self.at = at
    self.result = result
    self.status = status
  }

  /// So long a failure is told, in seconds.
  private static let isNews: TimeInterval = 7 * 86_400
  private static let fileLimit = 4096
  private static let most = 64

  /// For a person.
  public var trouble: String {
    let name = ForeignText.oneLine(unit, limit: 100)
    let how = [result, status].compactMap { $0 }.map { ForeignText.oneLine($0, limit: 40) }.joined(separator: " ")
    let time = String(at.formatted(.iso8601).prefix(16)).replacing("T", with: " ")
    return "\(name) failed at \(time) UTC\(how.isEmpty ? "" : " (\(how))"): `journalctl -u \(name)` says why"
  }

  /// Writes it down, in the place of an earlier one of the same unit.
  ///
  /// - Throws: `OutboxError.unusable`.
  public func record(state: String) throws(OutboxError) {
    let folder = "\(state)/failures"
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      encoder.dateEncodingStrategy = .iso8601
      try encoder.encode(self).write(to: URL(fileURLWithPath: "\(folder)/\(Self.fileName(unit))"), options: .atomic)
    } catch {
      throw .unusable(folder, "cannot be written")
    }
  }

  /// What was written down in the last week, oldest first; what makes no sense is left out.
  public static func recent(state: String, at now: Date) -> [UnitFailure] {
    let folder = "\(state)/failures"
    let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    return names.filter { $0.hasSuffix(".json") }.prefix(most).compactMap { name in
      guard let data = beginning("\(folder)/\(name)") else { return nil }
      return try? decoder.decode(UnitFailure.self, from: data)
    }.filter { abs(now.timeIntervalSince($0.at)) < isNews }.sorted { $0.at < $1.at }
  }

  /// A name for a file that no unit's name leads astray.
  private static func fileName(_ unit: String) -> String {
    let plain = unit.unicodeScalars.prefix(150).map { scalar -> Character in
      let isPlain = scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
      return isPlain || "@-_".unicodeScalars.contains(scalar) ? Character(scalar) : "_"
    }
    return String(plain) + ".json"
  }

  private static func beginning(_ path: String) -> Data? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: fileLimit)
    let count = read(file, &buffer, buffer.count)
    return count > 0 ? Data(buffer[..<count]) : nil
  }
}

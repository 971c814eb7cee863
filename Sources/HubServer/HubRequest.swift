import FlyingFox
import Foundation

/// A request in the terms of the hub: its path cut and decoded, its query as pairs.
struct HubRequest: Sendable {
  /// The method in upper case.
  let method: String
  /// The path as sent.
  let path: String
  /// The query as sent.
  let rawQuery: String
  /// The decoded segments of the path; nil when it cannot be decoded or holds empty segments.
  let segments: [String]?
  /// The query's pairs.
  let query: [(name: String, value: String)]
  /// The first bytes of the body, up to `largestBody`.
  let body: [UInt8]
  private let headers: HTTPHeaders

  /// Longer paths and queries are refused unread.
  static let longestTarget = 16 << 10
  /// More than a thousand paths of paths-info need.
  static let largestBody = 2 << 20

  /// Reads the request; what the body holds beyond `largestBody` is drained and dropped.
  init(_ request: HTTPRequest) async throws {
    method = request.method.rawValue
    path = request.target.path()
    rawQuery = request.target.query()
    headers = request.headers
    let isShort = path.utf8.count + rawQuery.utf8.count <= Self.longestTarget
    segments = isShort ? Self.segments(path) : nil
    query = isShort ? PercentEncoding.form(rawQuery) : []
    var body: [UInt8] = []
    for try await chunk in request.bodySequence where body.count < Self.largestBody { body += chunk }
    self.body = body
  }

  /// Whether the address was too long to be read.
  var isTooLong: Bool { path.utf8.count + rawQuery.utf8.count > Self.longestTarget }

  /// A header's value.
  func header(_ name: String) -> String? { headers[HTTPHeader(name)] }

  /// The first value of a name in the query.
  func queryValue(_ name: String) -> String? { query.first { $0.name == name }?.value }

  /// All values of a name in the query, with or without brackets behind it.
  func queryValues(_ name: String) -> [String] {
    query.filter { $0.name == name || $0.name == name + "[]" }.map(\.value)
  }

  /// Whether a name in the query is `true` or `1`.
  func queryFlag(_ name: String) -> Bool {
    queryValue(name).map { ["true", "1", "True"].contains($0) } ?? false
  }

  /// Whether the client wants no body.
  var isHead: Bool { method == "HEAD" }

  private static func segments(_ path: String) -> [String]? {
    guard path.hasPrefix("/") else { return nil }
    var segments: [String] = []
    for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard !part.isEmpty, let segment = PercentEncoding.decodedSegment(part) else { return nil }
      segments.append(segment)
    }
    return segments
  }
}

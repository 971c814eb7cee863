/// One request as the practice hub saw it.
public struct RequestRecord: Sendable, Equatable {
  /// Which of the two ports.
  public enum Port: String, Sendable {
    /// The endpoint.
    case hub
    /// The origin that redirects for large files lead to.
    case cdn
  }

  /// The method, such as `GET`.
  public var method: String
  /// The path as sent, percent-encoded, without the query.
  public var path: String
  /// The query as sent; empty on the CDN, where it is a secret.
  public var query: String
  /// The `Range` header.
  public var range: String?
  /// The status of the answer.
  public var status: Int
  /// Bytes of the body handed to the connection so far; the last 128 KiB may have been lost by a closed one.
  public var bodyBytes: Int64
  /// Whether an `Authorization` header arrived.
  public var hadAuthorization: Bool
  /// Which port it came to.
  public var port: Port
}

/// The latest requests, oldest first, up to a capacity.
actor RequestLog {
  private let capacity: Int
  private var records: [RequestRecord] = []
  private var dropped = 0

  init(capacity: Int) { self.capacity = max(1, capacity) }

  /// The records that are kept.
  var all: [RequestRecord] { records }

  /// Adds a record and returns its number, by which its body is counted.
  func add(_ record: RequestRecord) -> Int {
    records.append(record)
    if records.count > capacity {
      // Half is dropped at once, so that a full log costs no copy for every request.
      let surplus = max(1, capacity / 2)
      records.removeFirst(surplus)
      dropped += surplus
    }
    return dropped + records.count - 1
  }

  /// Counts bytes of the body of the request with this number.
  func sent(_ bytes: Int, by number: Int) {
    guard number >= dropped else { return }
    records[number - dropped].bodyBytes += Int64(bytes)
  }

  func clear() {
    dropped += records.count
    records = []
  }
}
